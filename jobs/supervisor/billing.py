"""Bills that come late: the service tells what a job used only some time after its end."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import timedelta

import structlog
from django.db.models.functions import Now

from connections.errors import PortalError
from jobs.execution.prices import cost_usd
from jobs.execution.registry import engine_for, handle_of
from jobs.models import JobRun
from jobs.states import Target

log = structlog.get_logger(__name__)

# What was not billed in this time is not asked about any more; it stays reserved.
PATIENCE = timedelta(days=1)
# Each is a call of the service.
MOST_AT_ONCE = 60


def bill_runs() -> int:
    """Asks about ended runs whose job is not billed yet, the longest waiting first; returns how many are now.

    An engine that does not answer is asked again the next time.
    """
    ended = JobRun.objects.filter(state__in=JobRun.FINAL, target=Target.EMR, resources={}).exclude(external_id="")
    waiting = list(ended.filter(finished_at__gt=Now() - PATIENCE).order_by("finished_at")[:MOST_AT_ONCE])
    return sum(_bill(run, told) for run, told in _told(waiting))


def _told(runs: Iterable[JobRun]) -> Iterator[tuple[JobRun, Mapping[str, float]]]:
    """One by one: only so the service tells what it has billed. An application that does not answer is left alone."""
    silent: set[str] = set()
    for run in runs:
        if run.application_id in silent:
            continue
        try:
            seen = engine_for(Target.EMR).observe([handle_of(run)])
        except PortalError as error:
            log.warning("bills_not_asked", code=error.code, application=run.application_id)
            silent.add(run.application_id)
            continue
        yield run, seen[run.external_id].resources if run.external_id in seen else {}


def _bill(run: JobRun, resources: Mapping[str, float]) -> int:
    if not resources:
        return 0
    unbilled = JobRun.objects.filter(pk=run.pk, resources={})
    return unbilled.update(resources=dict(resources), cost_usd=cost_usd(resources))
