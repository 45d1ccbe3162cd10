"""The route of a selection with the settings as they are."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import timedelta
from typing import Any

from django.conf import settings

from jobs.execution import emr_settings, lambda_settings
from jobs.execution.registry import offered, unavailable
from jobs.execution.routing import Application, Route, Selection, route
from jobs.states import Target

_VPC, _STANDARD = "VPC application", "standard application"


def route_of(sources: Iterable[Mapping[str, Any]], *, wish: str = "") -> Route:
    """For sources as a version keeps them (`kind`, `statistics`). Raises what `route` raises."""
    sources = list(sources)
    return route(
        Selection(
            kinds={source["kind"] for source in sources},
            total_bytes=_total_bytes(sources),
            offered=offered(),
            database_application=Application(
                emr_settings.application_for(uses_database=True), emr_settings.lacking_for_database(), _VPC
            ),
            standard_application=Application(
                emr_settings.application_for(uses_database=False), emr_settings.lacking_for_files(), _STANDARD
            ),
            threshold_mb=settings.PGSPARK_FILE_SIZE_THRESHOLD_MB,
            wish=wish,
            unavailable=unavailable(),
        )
    )


def minutes_on(target: str, asked: int | None) -> int:
    """The time limit of a run: what was asked for or is usual, and no more than the engine can give."""
    minutes = asked or settings.PGSPARK_RUN_TIMEOUT_MINUTES
    longest = -(-lambda_settings.time_limit() // timedelta(minutes=1))
    return min(minutes, longest) if target == Target.LAMBDA else minutes


def limit_note(target: str, asked: int | None) -> str:
    """That the engine gives less time than was asked for or is usual; empty where it gives all of it."""
    asked = asked or settings.PGSPARK_RUN_TIMEOUT_MINUTES
    minutes = minutes_on(target, asked)
    if minutes == asked:
        return ""
    return f"Its time limit is {minutes} min and not {asked} min: {Target(target).label} gives no run more."


def is_engines_limit(target: str, minutes: int) -> bool:
    """Whether a run's time limit is all that its engine gives."""
    return target == Target.LAMBDA and minutes == minutes_on(target, minutes + 1)


def _total_bytes(sources: list[Mapping[str, Any]]) -> int | None:
    """Of all files together; None as soon as one's size is not known."""
    files = [source.get("statistics") or {} for source in sources if source["kind"] == "CSV"]
    if any(facts.get("size_bytes") is None for facts in files):
        return None
    return sum(int(facts["size_bytes"]) for facts in files)
