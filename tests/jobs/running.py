"""Runs a job to its end in the test's own process: the worker's steps, on the real local engine."""

from __future__ import annotations

import time

from django.conf import settings
from django.db.models.functions import Now

from connections.aws import client
from jobs.models import JobRun
from jobs.states import RunState
from jobs.supervisor import advance_run, watch_runs


def finish(run: JobRun, seconds: float = 120) -> JobRun:
    """The run when it has ended."""
    give_up = time.monotonic() + seconds
    while run.is_active:
        assert time.monotonic() < give_up, f"still {run.state}"
        advance_run(run.pk)
        for pk in watch_runs(run.target, run.application_id):
            advance_run(pk)
        run.refresh_from_db()
        time.sleep(0.2)
    return run


def advance(run: JobRun) -> JobRun:
    """What the worker does once it is told of the run, or of its application or engine."""
    JobRun.objects.filter(pk=run.pk).update(next_action_at=Now())
    run.refresh_from_db()
    if run.state in (RunState.RUNNING, RunState.CANCELLING):
        for pk in watch_runs(run.target, run.application_id):
            advance_run(pk)
    else:
        advance_run(run.pk)
    run.refresh_from_db()
    return run


def make_bucket() -> None:
    client("s3").create_bucket(Bucket=settings.PGSPARK_S3_BUCKET)
