"""What the workspace page and its fragments show, gathered from the session, its versions and its runs."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.contrib.auth.models import User

import catalog.queries
from catalog.models import AnalysisSession, SelectedSource
from connections.errors import PortalError
from jobs import budgets, code_pages, queries, quotes
from jobs.codegen.registry import has_model
from jobs.execution.choosing import limit_note, minutes_on, route_of
from jobs.explanation.explain import explain
from jobs.forms import row_limit_choices, timeout_choices
from jobs.models import CodeVersion
from jobs.reading import readings
from jobs.states import Target

_QUOTED = ("kind", "connection_id", "database", "schema", "table", "uri", "upload_id", "statistics")
LISTED_SESSIONS = 12
LISTED_RUNS = 5


def page(session: AnalysisSession, user: User, version: CodeVersion | None) -> dict[str, Any]:
    """The whole page's context, without the rail's (that is `catalog.queries.rail_context`)."""
    return {
        **code_panel(session, user, version),
        **code_pages.writer_choice(session),
        "sessions": catalog.queries.recent_sessions(user, LISTED_SESSIONS),
        "prompt": session.draft_prompt,
    }


def code_panel(
    session: AnalysisSession, user: User, version: CodeVersion | None, *, unsaved: str | None = None
) -> dict[str, Any]:
    """Context of the code panel, the notes beside it and the run bar; `unsaved` text stands in the editor."""
    sources = list(session.sources.select_related("connection"))
    return {
        "session": session,
        "can_edit": session.owner_id == user.pk,
        "version": version,
        "versions": session.code_versions.only("number", "origin", "state", "proposal", "session", "created_at"),
        "findings": version.findings if version else [],
        "explained": explain(version.rehearsal, version.sources) if version else None,
        **code_pages.written(version),
        **code_pages.account(user),
        "aliases": [source.alias for source in sources],
        "editor_text": _editor_text(version, sources, unsaved),
        "readings": readings(sources),
        "last_runs": session.runs.select_related("code_version")[:LISTED_RUNS],
        **_run_bar(session, user, version, sources),
    }


def _editor_text(version: CodeVersion | None, sources: list[SelectedSource], unsaved: str | None) -> str | None:
    """What stands in the editor; None when there is nothing to write about yet."""
    if unsaved is not None:
        return unsaved
    if version is not None:
        return version.transform or None
    if not sources:
        return None
    names = [source.alias for source in sources]
    return f"def transform(spark, {', '.join(names)}):\n    return {names[0]}\n"


def _run_bar(
    session: AnalysisSession, user: User, version: CodeVersion | None, sources: list[SelectedSource]
) -> dict[str, Any]:
    cannot_run = ""
    if not sources:
        cannot_run = "Pick a table first."
    elif version is not None and version.is_active:
        cannot_run = "The code is being written."
    elif version is not None and version.is_unaccepted:
        waits = version.is_open_change
        cannot_run = "Accept or reject the change first." if waits else "This change is not part of the session's code."
    elif version is not None and not version.transform:
        cannot_run = "There is no code to run yet."
    route = engine(session)
    sizes = _sizes(route)
    return {
        **(_quote(session, user, sources, route, sizes) if session.owner_id == user.pk else {}),
        "engine": route,
        **sizes,
        "row_limits": row_limit_choices(),
        "timeouts": timeout_choices(),
        "run_defaults": {
            "row_limit": settings.PGSPARK_ROW_LIMIT,
            "timeout_minutes": settings.PGSPARK_RUN_TIMEOUT_MINUTES,
        },
        "may_repair": has_model() and settings.PGSPARK_MAX_RETRIES,
        "can_run": not cannot_run,
        "cannot_run": cannot_run,
    }


def quote_of(
    session: AnalysisSession, user: User, *, target: str = "", size: str = "", minutes: int | None = None
) -> dict[str, Any]:
    """What a run of the selection will probably take and cost, and what the person has spent; no quote of nothing."""
    route = engine(session)
    sources = list(session.sources.all())
    return _quote(session, user, sources, route, _sizes(route), target=target, size=size, minutes=minutes)


def repairs_of(told: dict[str, Any], *, is_wanted: bool) -> dict[str, Any]:
    """How often a run may be repaired and run again by itself, and the most that all of that can cost; see `quote_of`.

    What the model's calls cost comes to it: they count against the same budget.
    """
    if not is_wanted:
        return {}
    most = told["quote"].most_usd if "quote" in told else None
    repairs = settings.PGSPARK_MAX_RETRIES
    return {"repairs": repairs, "most_with_repairs": most * (1 + repairs) if most else None}


def _quote(
    session: AnalysisSession,
    user: User,
    sources: list[SelectedSource],
    route: dict[str, Any],
    sizes: dict[str, Any],
    *,
    target: str = "",
    size: str = "",
    minutes: int | None = None,
) -> dict[str, Any]:
    target = target or route.get("target", "")
    if not sources or not target:
        return {"session": session}
    profile = (size or sizes["default_size"]) if target == Target.EMR else ""
    limit = minutes_on(target, minutes)
    told = quotes.quote(
        sources=[{name: getattr(source, name) for name in _QUOTED} for source in sources],
        target=target,
        profile=profile,
        minutes=limit,
    )
    limits = {"limit_minutes": limit, "limit_note": limit_note(target, minutes)}
    return {"session": session, "quote": told, "spending": budgets.spending(user), **limits}


def application_of(session: AnalysisSession) -> str:
    """The application of EMR Serverless that the selection would run on; empty where it would not."""
    return str(engine(session).get("application_id", "")) if session.sources.exists() else ""


def _sizes(engine: dict[str, Any]) -> dict[str, Any]:
    """The sizes to choose from, where the engine or another that may be chosen has a choice."""
    targets = [engine.get("target"), *(target for target, _ in engine.get("alternatives", []))]
    sizes = queries.profiles() if Target.EMR in targets else []
    return {"sizes": sizes, "default_size": next((size.name for size in sizes if size.is_default), "")}


def engine(session: AnalysisSession) -> dict[str, Any]:
    """Where the selection will run, in words; `error` in place of it when nowhere."""
    try:
        chosen = route_of(session.sources.values("kind", "statistics"))
    except PortalError as error:
        return {"label": "No engine", "sentence": error.message, "reasons": [error.hint], "error": error}
    return {
        "target": chosen.target,
        "application_id": chosen.application_id,
        "label": chosen.target.label,
        "sentence": chosen.sentence if session.sources.exists() else "",
        "reasons": list(chosen.reasons),
        "alternatives": [(other, other.label) for other in chosen.alternatives],
    }
