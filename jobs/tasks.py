"""Celery's tasks: ids in, one call, done. A message is a wake-up; the rows say what there is to do."""

from __future__ import annotations

from datetime import timedelta
from functools import partial
from typing import Any

import structlog
from celery import shared_task, signature
from celery.app.task import Task
from celery.canvas import Signature
from django.conf import settings
from django.db import transaction
from django.db.models.functions import Now
from kombu.exceptions import OperationalError

from jobs import crash_points, engines, generation, retention, supervisor
from jobs.models import DUE_SHORTLY, CodeVersion, JobRun, RunRepair

log = structlog.get_logger(__name__)

SWEEP_LIMIT = 100
# A row that the sweep has announced is announced again after this long, if nobody took it.
ANNOUNCED = timedelta(seconds=5)
# The same for engines to ask; still among the rows that the one who takes the message finds due.
ENGINE_ANNOUNCED = DUE_SHORTLY - timedelta(seconds=1)
# By the clocks of two machines: short enough to bound what piles up, longer than clocks go wrong.
EXPIRES_SECONDS = 3600

# By its name: what it does starts versions and runs, which needs this module.
ADVANCE_REPAIR: Signature[None] = signature("jobs.repairs.advance_repair")


# Only a bug reaches these limits: the generation stops by itself before.
@shared_task(
    name="jobs.tasks.advance_code",
    soft_time_limit=settings.PGSPARK_GENERATION_SECONDS + 60,
    time_limit=settings.PGSPARK_GENERATION_SECONDS + 90,
)
def advance_code(version_id: int) -> None:
    generation.advance_code(version_id)


@shared_task(name="jobs.tasks.advance_run")
def advance_run(run_id: int) -> None:
    supervisor.advance_run(run_id)


@shared_task(name="jobs.tasks.watch_runs")
def watch_runs(target: str, application_id: str) -> None:
    for run_id in supervisor.watch_runs(target, application_id):
        _publish(advance_run, run_id)


@shared_task(name="jobs.tasks.prestart")
def prestart(version_id: int) -> None:
    engines.prestart(CodeVersion.objects.get(pk=version_id))


@shared_task(name="jobs.tasks.sweep")
def sweep() -> None:
    """Announces what is due: rows whose message was lost or whose time has come, and engines to ask.

    As many statements however many rows there are; jobs that are with their engine are one message per application.
    """
    structlog.contextvars.clear_contextvars()
    for version_id in _take_due(CodeVersion.objects):
        _publish(advance_code, version_id)
    for run_id in _take_due(JobRun.objects.to_advance()):
        _publish(advance_run, run_id)
    for repair_id in _take_due(RunRepair.objects):
        _publish(ADVANCE_REPAIR, repair_id)
    for target, application_id in _take_due_groups():
        _publish(watch_runs, target, application_id)


@shared_task(name="jobs.tasks.prune_runs")
def prune_runs() -> None:
    """Once a day (`CELERY_BEAT_SCHEDULE`); a run that is missed is made up for by the next."""
    structlog.contextvars.clear_contextvars()
    retention.prune_runs()


@shared_task(name="jobs.tasks.bill_runs")
def bill_runs() -> None:
    """Every few minutes (`CELERY_BEAT_SCHEDULE`)."""
    structlog.contextvars.clear_contextvars()
    supervisor.bill_runs()


def _take_due(rows: Any) -> list[int]:
    """Two sweeps at once share the rows between them."""
    with transaction.atomic():
        due = list(rows.due().select_for_update(skip_locked=True).values_list("pk", flat=True)[:SWEEP_LIMIT])
        rows.filter(pk__in=due).update(next_action_at=Now() + ANNOUNCED)
    return due


def _take_due_groups() -> list[tuple[str, str]]:
    """Two sweeps at once may take the same one: the second message then finds nothing to claim."""
    due = JobRun.objects.with_engine().free().filter(next_action_at__lte=Now())
    groups = list(due.order_by().values_list("target", "application_id").distinct())
    if groups:
        due.update(next_action_at=Now() + ENGINE_ANNOUNCED)
    return groups


def wake_code(version: CodeVersion) -> None:
    """Announces a new version once its row is committed."""
    transaction.on_commit(partial(_publish, advance_code, version.pk))
    if settings.PGSPARK_EMR_PRESTART:
        transaction.on_commit(partial(_publish, prestart, version.pk))


def wake_run(run: JobRun) -> None:
    """Announces a new or changed run once its row is committed."""
    transaction.on_commit(partial(_publish, advance_run, run.pk))


def _publish(task: Task[..., None] | Signature[None], *arguments: int | str) -> None:
    """Losing the message costs at most one sweep: the row itself is the queue."""
    crash_points.reached("before_publish")
    try:
        task.apply_async(args=arguments, retry=False, expires=EXPIRES_SECONDS)
    except OperationalError as error:
        log.warning("queue_unreachable", task=task.name, of=arguments, error=type(error).__name__)
