"""What the sweep announces, and how soon after a worker or Redis was lost."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from django.db.models.functions import Now
from kombu.exceptions import OperationalError

from jobs import tasks
from jobs.models import LEASE, CodeVersion, JobRun
from jobs.states import RunState, Target
from pgspark_site.celery import app
from tests.jobs.factories import RunFactory

APPLICATION = "00fexamplestandard"


@pytest.fixture
def announced(monkeypatch: pytest.MonkeyPatch) -> list[tuple[object, ...]]:
    """What each message is about."""
    about: list[tuple[object, ...]] = []
    monkeypatch.setattr(tasks, "_publish", lambda task, *arguments: about.append(arguments))
    return about


def run_of(version: CodeVersion, state: RunState) -> JobRun:
    return RunFactory(code_version=version, state=state, target=Target.EMR, application_id=APPLICATION)


@pytest.mark.parametrize("state", [RunState.PENDING, RunState.SUBMITTING, RunState.RUNNING, RunState.COLLECTING])
def test_a_run_that_a_worker_holds_is_announced_once_its_lease_is_over(
    version: CodeVersion, bucket: Path, announced: list[tuple[object, ...]], state: RunState
) -> None:
    """By the very next sweep: had those before it announced the run, it would not be due yet."""
    run = run_of(version, state)
    JobRun.objects.filter(pk=run.pk).update(lease_owner="killed", lease_until=Now() + LEASE, next_action_at=Now())
    tasks.sweep()
    assert announced == []

    JobRun.objects.filter(pk=run.pk).update(lease_until=Now() - timedelta(milliseconds=1))
    tasks.sweep()

    assert announced == [(Target.EMR, APPLICATION) if state == RunState.RUNNING else (run.pk,)]


def test_a_version_that_a_worker_holds_is_announced_once_its_lease_is_over(
    version: CodeVersion, announced: list[tuple[object, ...]]
) -> None:
    writing = {"state": "GENERATING", "finished_at": None, "next_action_at": Now(), "lease_owner": "killed"}
    CodeVersion.objects.filter(pk=version.pk).update(lease_until=Now() + LEASE, **writing)
    tasks.sweep()
    assert announced == []

    CodeVersion.objects.filter(pk=version.pk).update(lease_until=Now() - timedelta(milliseconds=1))
    tasks.sweep()

    assert announced == [(version.pk,)]


def test_a_redis_that_is_away_is_looked_for_every_second(monkeypatch: pytest.MonkeyPatch) -> None:
    """However long it has been away, and for ever; workers and beat connect this way."""
    monkeypatch.setattr("kombu.utils.functional.sleep", lambda seconds: None)
    pauses: list[float] = []
    with app.connection_for_read("redis://127.0.0.1:1/0") as connection, pytest.raises(OperationalError):
        connection.ensure_connection(lambda error, pause: pauses.append(pause), 40)
    assert pauses == [1.0] * 40
    assert app.conf.broker_connection_max_retries is None
