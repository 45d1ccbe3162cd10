"""Bills that come late: the service tells what a job used only some time after its end."""

from __future__ import annotations

from collections.abc import Mapping
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
MOST_AT_ONCE = 20


def bill_runs() -> int:
    """Asks about ended runs whose job is not billed yet, the longest waiting first; returns how many are now.

    An engine that does not answer is asked again the next time.
    """
    ended = JobRun.objects.filter(state__in=JobRun.FINAL, target=Target.EMR, resources={}).exclude(external_id="")
    waiting = list(ended.filter(finished_at__gt=Now() - PATIENCE).order_by("finished_at")[:MOST_AT_ONCE])
    if not waiting:
        return 0
    try:
        seen = engine_for(Target.EMR).observe([handle_of(run) for run in waiting])
    except PortalError as error:
        log.warning("bills_not_asked", code=error.code, runs=len(waiting))
        return 0
    return sum(_bill(run, seen[run.external_id].resources) for run in waiting if run.external_id in seen)


def _bill(run: JobRun, resources: Mapping[str, float]) -> int:
    if not resources:
        return 0
    unbilled = JobRun.objects.filter(pk=run.pk, resources={})
    return unbilled.update(resources=dict(resources), cost_usd=cost_usd(resources))
