"""What the workspace page and its fragments show, gathered from the session, its versions and its runs."""

from __future__ import annotations

from typing import Any

import catalog.queries
from django.contrib.auth.models import User

from catalog.models import AnalysisSession, SelectedSource
from connections.errors import PortalError
from jobs.execution.registry import offered
from jobs.execution.routing import Route, route
from jobs.forms import row_limit_choices, timeout_choices
from jobs.models import CodeVersion
from jobs.script.read_plan import read_plan

LISTED_SESSIONS = 12
LISTED_RUNS = 5


def page(session: AnalysisSession, user: User, version: CodeVersion | None) -> dict[str, Any]:
    """The whole page's context, without the rail's (that is `catalog.queries.rail_context`)."""
    return {
        **code_panel(session, user, version),
        **run_bar(session),
        "sessions": catalog.queries.recent_sessions(user, LISTED_SESSIONS),
        "prompt": session.draft_prompt,
        "examples": _examples(session),
        "last_runs": session.runs.select_related("code_version")[:LISTED_RUNS],
    }


def code_panel(session: AnalysisSession, user: User, version: CodeVersion | None) -> dict[str, Any]:
    """Context of the code panel and of the notes beside it."""
    return {
        "session": session,
        "can_edit": session.owner_id == user.pk,
        "version": version,
        "versions": session.code_versions.only("number", "origin", "state", "session", "created_at", "findings"),
        "findings": version.findings if version else [],
        "steps": version.steps if version else [],
        "readings": _readings(session),
    }


def run_bar(session: AnalysisSession) -> dict[str, Any]:
    return {"engine": engine(session), "row_limits": row_limit_choices(), "timeouts": timeout_choices()}


def engine(session: AnalysisSession) -> dict[str, Any]:
    """Where the selection will run, in words; `error` in place of it when nowhere."""
    try:
        chosen: Route = route(kinds=session.sources.values_list("kind", flat=True), offered=offered())
    except PortalError as error:
        return {"label": "No engine", "sentence": error.message, "reasons": [error.hint], "error": error}
    return {
        "target": chosen.target,
        "label": chosen.target.label,
        "sentence": chosen.sentence if session.sources.exists() else "",
        "reasons": list(chosen.reasons),
        "alternatives": [(other, other.label) for other in chosen.alternatives],
    }


def _readings(session: AnalysisSession) -> list[dict[str, Any]]:
    return [
        {"alias": source.alias, "sentence": read_plan(source.statistics).sentence} for source in session.sources.all()
    ]


def _examples(session: AnalysisSession) -> list[str]:
    """Up to three questions that fit the picked tables, made from their names and columns."""
    examples = []
    for source in session.sources.all():
        measure = _first(source, ("numeric", "double precision", "real"))
        group = _first(source, ("text", "character varying"))
        name = source.alias.replace("_", " ")
        if measure and group:
            examples.append(f"Total {measure} of {name} per {group}")
        elif group:
            examples.append(f"Count {name} per {group}")
        else:
            examples.append(f"List {name}")
    return examples[:3]


def _first(source: SelectedSource, types: tuple[str, ...]) -> str:
    """The first column of one of these types that is no key, in words; empty when there is none."""
    plain = (c for c in source.columns if not c["is_primary_key"] and not c["is_foreign_key"])
    return next((c["name"].replace("_", " ") for c in plain if c["type"].startswith(types)), "")
