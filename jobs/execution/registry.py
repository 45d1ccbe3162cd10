"""The engines that this installation offers. A new engine is one module and one line here."""

from __future__ import annotations

from collections.abc import Callable

from django.conf import settings

from connections.errors import PortalError
from jobs.execution.base import Engine, Handle
from jobs.execution.local_spark import LocalSpark
from jobs.models import JobRun
from jobs.states import Target

_ENGINES: dict[str, Callable[[], Engine]] = {
    Target.LOCAL: LocalSpark,
}


def offered() -> list[Target]:
    """The targets of the settings, in their order of preference."""
    return [Target(name) for name in settings.PGSPARK_TARGETS if name in _ENGINES]


def engine_for(target: str) -> Engine:
    """Raises TARGET_UNAVAILABLE for an engine that is not offered here."""
    if target not in offered():
        raise PortalError("TARGET_UNAVAILABLE", target=target, reason="it is not offered by this portal")
    return _ENGINES[target]()


def handle_of(run: JobRun) -> Handle:
    """How the run's engine knows it."""
    return Handle(run.client_token, run.external_id, run.application_id, run.started_at)
