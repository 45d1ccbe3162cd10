"""Celery's tasks: ids in, one call, done. A message is a wake-up; the rows say what there is to do."""

from __future__ import annotations

from datetime import timedelta
from functools import partial

import structlog
from celery import shared_task
from celery.app.task import Task
from django.conf import settings
from django.db import transaction
from django.db.models.functions import Now
from kombu.exceptions import OperationalError

from jobs import generation, supervisor
from jobs.models import CodeVersion, JobRun

log = structlog.get_logger(__name__)

SWEEP_LIMIT = 100
# A row that the sweep has announced is announced again after this long, if nobody took it.
ANNOUNCED = timedelta(seconds=5)


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


@shared_task(name="jobs.tasks.sweep")
def sweep() -> None:
    """Announces every row whose next action is due: new ones whose message was lost, and those to ask about."""
    structlog.contextvars.clear_contextvars()
    for model, task in ((CodeVersion, advance_code), (JobRun, advance_run)):
        for pk in _take_due(model):
            _publish(task, pk)


def _take_due(model: type[CodeVersion] | type[JobRun]) -> list[int]:
    """Two sweeps at once share the rows between them."""
    with transaction.atomic():
        rows = model.objects.due().select_for_update(skip_locked=True)
        due = list(rows.values_list("pk", flat=True)[:SWEEP_LIMIT])
        model.objects.filter(pk__in=due).update(next_action_at=Now() + ANNOUNCED)
    return due


def wake_code(version: CodeVersion) -> None:
    """Announces a new version once its row is committed."""
    transaction.on_commit(partial(_publish, advance_code, version.pk))


def wake_run(run: JobRun) -> None:
    """Announces a new or changed run once its row is committed."""
    transaction.on_commit(partial(_publish, advance_run, run.pk))


def _publish(task: Task[[int], None], pk: int) -> None:
    """Losing the message costs at most one sweep: the row itself is the queue."""
    try:
        task.apply_async(args=(pk,), retry=False, expires=600)
    except OperationalError as error:
        log.warning("queue_unreachable", task=task.name, row=pk, error=type(error).__name__)
