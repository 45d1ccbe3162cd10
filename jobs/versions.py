"""Makes rows of code versions, numbered without gaps, with what is known of their sources."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.contrib.auth.models import User
from django.db.models.functions import Now

from catalog.models import AnalysisSession, TableNote
from jobs.models import CodeVersion, next_version_number
from jobs.script_building import snapshot

TITLE_CHARS = 120


def new_version(session: AnalysisSession, by: User, **fields: Any) -> CodeVersion:
    """Call inside a transaction: the session's row is locked so that numbers have no gaps and no doubles."""
    AnalysisSession.objects.select_for_update().get(pk=session.pk)
    AnalysisSession.objects.filter(pk=session.pk).update(last_used_at=Now())
    version = CodeVersion.objects.create(session=session, number=next_version_number(session), created_by=by, **fields)
    # The database set it, by its own clock.
    version.refresh_from_db(fields=["finished_at"])
    return version


def sources_for_asking(session: AnalysisSession, by: User) -> list[dict[str, Any]]:
    """The selection as it is now, with what people noted of each table. Raises as `snapshot`."""
    sources = snapshot(session, by)
    notes = {
        (note.kind, note.connection_id, note.database, note.schema, note.table): note.text
        for note in TableNote.objects.filter(table__in=[source["table"] for source in sources])
    }
    return [source | {"note": notes.get(_place(source), "")} for source in sources]


def title_of(prompt: str) -> str:
    """One line for lists."""
    line = " ".join(prompt.split())
    return line if len(line) <= TITLE_CHARS else f"{line[: TITLE_CHARS - 1]}…"


def _place(source: Mapping[str, Any]) -> tuple[Any, ...]:
    return source["kind"], source["connection_id"], source["database"], source["schema"], source["table"]
