"""Keeps what was picked: room in the session, a name in the code, and each place once. All kinds come through here."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from django.conf import settings
from django.db import transaction

from catalog import aliases
from catalog.models import AnalysisSession, CsvUpload, SelectedSource, SourceKind
from connections.errors import PortalError


@dataclass(frozen=True, slots=True)
class NewSource:
    """A source of Glue or a file as it was just read.

    Its name in the code comes from `alias_from`, else `table`; `qualifier` helps to tell two of one name apart.
    """

    kind: SourceKind
    table: str
    qualifier: str
    columns: list[dict[str, Any]]
    statistics: dict[str, Any]
    alias_from: str = ""
    database: str = ""
    uri: str = ""
    upload: CsvUpload | None = None
    read_options: dict[str, Any] = field(default_factory=dict)


def check_room(session: AnalysisSession, more: int) -> None:
    """Raises TOO_MANY_SOURCES."""
    if more and session.sources.count() + more > settings.PGSPARK_MAX_SOURCES:
        raise PortalError("TOO_MANY_SOURCES", limit=settings.PGSPARK_MAX_SOURCES)


def keep(session: AnalysisSession, wanted: Sequence[NewSource], *, renew: bool = False) -> list[SelectedSource]:
    """The rows of `wanted`. One that is picked already stays as it is, unless its facts shall be renewed.

    Raises TOO_MANY_SOURCES.
    """
    with transaction.atomic():
        AnalysisSession.objects.select_for_update().get(pk=session.pk)
        return [_keep(session, source, renew=renew) for source in wanted]


def _keep(session: AnalysisSession, new: NewSource, *, renew: bool) -> SelectedSource:
    place = {"kind": new.kind, "database": new.database, "table": new.table, "uri": new.uri}
    found = session.sources.filter(**place).first()
    if found and renew:
        found.columns, found.statistics, found.read_options = new.columns, new.statistics, new.read_options
        found.save(update_fields=["columns", "statistics", "read_options"])
    if found:
        return found
    check_room(session, 1)
    taken = list(session.sources.values_list("alias", flat=True))
    return SelectedSource.objects.create(
        session=session,
        alias=aliases.derive(new.alias_from or new.table, new.qualifier, taken),
        columns=new.columns,
        statistics=new.statistics,
        upload=new.upload,
        read_options=new.read_options,
        **place,
    )
