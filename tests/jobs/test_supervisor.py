"""Moving runs on: every step may run twice or be cut off, and the run still ends truthfully, started once."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.db.models.functions import Now

from connections.errors import PortalError
from jobs import operations, supervisor, tasks
from jobs.execution.base import Phase
from jobs.models import LEASE, CodeVersion, JobRun
from jobs.states import RunState, Target
from tests.jobs.conftest import People
from tests.jobs.factories import RunFactory
from tests.jobs.fake_engine import FakeEngine, use_engine, write_result


@pytest.fixture
def engine(monkeypatch: pytest.MonkeyPatch, settings: pytest.FixtureRequest) -> FakeEngine:
    return use_engine(monkeypatch, settings, Target.LOCAL)


@pytest.fixture
def run(version: CodeVersion, bucket: Path) -> JobRun:
    script = "print('the script')\n"
    digest = hashlib.sha256(script.encode()).hexdigest()
    return RunFactory(code_version=version, state=RunState.PENDING, script=script, script_sha256=digest)


def advance(run: JobRun) -> JobRun:
    """As far as it goes now: its next step or, when it is with its engine, the next question and what follows."""
    was_with_engine = run.state in (RunState.RUNNING, RunState.CANCELLING)
    supervisor.advance_run(run.pk)
    if was_with_engine and run.pk in supervisor.watch_runs(run.target, run.application_id):
        supervisor.advance_run(run.pk)
    run.refresh_from_db()
    return run


def test_a_run_goes_from_pending_to_running_and_its_script_is_stored(
    run: JobRun, engine: FakeEngine, bucket: Path
) -> None:
    assert advance(run).state == RunState.RUNNING
    assert (bucket / f"runs/{run.uuid}/script.py").read_text() == run.script
    assert engine.jobs[run.client_token].script == run.script


def test_a_job_that_ended_well_is_collected_at_once(run: JobRun, engine: FakeEngine, bucket: Path) -> None:
    advance(run)
    write_result(bucket, run)
    engine.phase = Phase.SUCCEEDED
    assert advance(run).state == RunState.SUCCEEDED
    assert run.row_count == 3
    assert [event.to_state for event in run.events.all()][-2:] == ["COLLECTING", "SUCCEEDED"]


@pytest.mark.parametrize("promised", [None, 5])
def test_a_result_that_is_missing_or_not_whole_is_no_success(
    run: JobRun, engine: FakeEngine, bucket: Path, promised: int | None
) -> None:
    advance(run)
    if promised:
        write_result(bucket, run, size=promised)
    engine.phase = Phase.SUCCEEDED
    assert advance(run).failure_code == "RESULT_MISSING"


@pytest.mark.parametrize("lost", ["move", "release"])
def test_a_worker_killed_after_the_engine_took_the_job_does_not_start_it_again(
    run: JobRun, engine: FakeEngine, monkeypatch: pytest.MonkeyPatch, lost: str
) -> None:
    """The kill is a BaseException that no handler of ours may swallow, and no cleanup runs after it."""

    class Killed(BaseException):
        pass

    def die(*args: object, **kwargs: object) -> None:
        raise Killed

    with monkeypatch.context() as patch:
        patch.setattr(type(JobRun.objects.all()), "release", lambda *args, **kwargs: None)
        if lost == "move":
            original: Callable[..., bool] = JobRun.move

            def move(self: JobRun, new: str, **fields: object) -> bool:
                return die() if new == RunState.RUNNING else original(self, new, **fields)  # type: ignore[func-returns-value,return-value]

            patch.setattr(JobRun, "move", move)
            with pytest.raises(Killed):
                supervisor.advance_run(run.pk)
        else:
            supervisor.advance_run(run.pk)
    run.refresh_from_db()
    supervisor.advance_run(run.pk)  # the lease still stands: nothing happens
    assert engine.submissions == 1
    JobRun.objects.filter(pk=run.pk).update(lease_until=Now() - LEASE)
    assert advance(run).state == RunState.RUNNING
    assert len(engine.jobs) == 1


def test_two_workers_at_once_share_no_row(run: JobRun, engine: FakeEngine) -> None:
    assert JobRun.objects.claim(run.pk, "one") is not None
    assert JobRun.objects.claim(run.pk, "two") is None


def test_cancel_before_the_start_starts_nothing(run: JobRun, engine: FakeEngine, people: People) -> None:
    operations.cancel_run(run=run, by=people.owner)
    assert advance(run).state == RunState.CANCELLED
    assert engine.jobs == {}


def test_cancel_reaches_the_engine_and_ends_when_the_engine_says_so(
    run: JobRun, engine: FakeEngine, people: People
) -> None:
    advance(run)
    operations.cancel_run(run=run, by=people.owner)
    assert advance(run).state == RunState.CANCELLING
    assert engine.cancelled
    engine.phase = Phase.CANCELLED
    assert advance(run).state == RunState.CANCELLED


def test_a_job_that_ends_well_while_it_is_cancelled_keeps_its_result(
    run: JobRun, engine: FakeEngine, people: People, bucket: Path
) -> None:
    advance(run)
    operations.cancel_run(run=run, by=people.owner)
    advance(run)
    write_result(bucket, run)
    engine.phase = Phase.SUCCEEDED
    assert advance(run).state == RunState.SUCCEEDED


def test_a_finished_run_never_changes(run: JobRun, engine: FakeEngine, people: People) -> None:
    advance(run)
    engine.phase = Phase.LOST
    assert advance(run).failure_code == "ENGINE_LOST"
    with pytest.raises(PortalError, match="RUN_FINISHED"):
        operations.cancel_run(run=run, by=people.owner)
    engine.phase = Phase.SUCCEEDED
    assert advance(run).state == RunState.FAILED


def test_a_script_that_was_changed_after_approval_is_not_submitted(run: JobRun, engine: FakeEngine) -> None:
    JobRun.objects.filter(pk=run.pk).update(script="print('other')")
    assert advance(run).state == RunState.FAILED
    assert engine.jobs == {}


@pytest.mark.parametrize("code", ["JAVA_MISSING", "JDBC_DRIVER_MISSING", "STORE_NOT_WRITABLE"])
def test_an_engine_that_cannot_start_the_job_ends_the_run_in_its_words(
    run: JobRun, engine: FakeEngine, code: str
) -> None:
    engine.submit_error = PortalError(code)
    assert advance(run).failure_code == code


def test_the_sweep_announces_a_row_whose_message_was_lost_once(
    run: JobRun, engine: FakeEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    announced: list[int] = []
    monkeypatch.setattr(tasks, "_publish", lambda task, pk: announced.append(pk))
    tasks.sweep()
    tasks.sweep()
    assert announced == [run.pk]


def test_a_file_that_was_deleted_after_picking_is_told_before_anything_starts(
    run: JobRun, engine: FakeEngine, settings: Any
) -> None:
    settings.PGSPARK_S3_SOURCES = ["s3://pgspark-demo/samples/"]
    gone = {"kind": "CSV", "alias": "a", "uri": "s3://pgspark-demo/samples/a.csv", "upload_id": None, "table": "a.csv"}
    run.code_version.sources = [*run.code_version.sources, gone]
    run.code_version.save(update_fields=["sources"])

    advance(run)

    assert (run.state, run.failure_code) == (RunState.FAILED, "FILE_GONE")
    assert engine.submissions == 0


def test_of_five_runs_at_once_none_starves(
    version: CodeVersion, bucket: Path, monkeypatch: pytest.MonkeyPatch, settings: Any
) -> None:
    """One sweep hands all of them over, the next one collects them all: each one job, and no run waits for another."""
    engine = use_engine(monkeypatch, settings, Target.EMR)
    monkeypatch.setattr(tasks, "_publish", lambda task, *arguments: task.run(*arguments))
    script = "print('the script')\n"
    digest = hashlib.sha256(script.encode()).hexdigest()
    facts = {"script": script, "script_sha256": digest, "target": Target.EMR, "application_id": "app-1"}
    runs = [RunFactory(code_version=version, state=RunState.PENDING, **facts) for _ in range(5)]
    tasks.sweep()
    assert [job.token for job in engine.jobs.values()] == [run.client_token for run in runs]
    assert engine.submissions == 5

    for run in runs:
        write_result(bucket, run)
    engine.phase = Phase.SUCCEEDED
    JobRun.objects.update(next_action_at=Now())
    tasks.sweep()
    assert [run.state for run in JobRun.objects.all()] == [RunState.SUCCEEDED] * 5
    assert [len(handles) for handles in engine.asked] == [5]
