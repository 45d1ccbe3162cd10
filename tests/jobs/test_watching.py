"""Following the jobs of an engine: few questions, few statements, and no silence that fails a run."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import timedelta
from pathlib import Path

import pytest
from django.db import connection
from django.db.models.functions import Now
from django.test.utils import CaptureQueriesContext

from connections.errors import PortalError
from jobs import operations, supervisor, tasks
from jobs.execution.base import Handle, Observation, Phase
from jobs.models import CodeVersion, JobRun
from jobs.states import RunState, Target
from jobs.supervisor import pace
from tests.jobs.conftest import People
from tests.jobs.factories import RunFactory
from tests.jobs.fake_engine import FakeEngine, use_engine, write_result

MakeRuns = Callable[..., list[JobRun]]


@pytest.fixture
def engine(monkeypatch: pytest.MonkeyPatch, settings: pytest.FixtureRequest) -> FakeEngine:
    return use_engine(monkeypatch, settings, Target.EMR)


@pytest.fixture
def make_runs(version: CodeVersion, bucket: Path) -> MakeRuns:
    """Runs that are with EMR Serverless since a moment."""

    def make(count: int = 1, *, application: str = "app-1", **fields: object) -> list[JobRun]:
        runs = [
            RunFactory(
                code_version=version,
                state=RunState.RUNNING,
                target=Target.EMR,
                application_id=application,
                external_id=f"{application}-{number}",
                **fields,
            )
            for number in range(count)
        ]
        past = {"started_at": Now(), "deadline_at": Now() + timedelta(minutes=10)}
        JobRun.objects.filter(pk__in=[run.pk for run in runs]).update(next_action_at=Now(), **past)
        return runs

    return make


def watch(run: JobRun) -> JobRun:
    """The next question about the run, as if its time had come."""
    JobRun.objects.filter(pk=run.pk).update(next_action_at=Now())
    supervisor.watch_runs(run.target, run.application_id)
    run.refresh_from_db()
    return run


def waits(run: JobRun) -> float:
    """Seconds until the run is asked about again."""
    spans = JobRun.objects.filter(pk=run.pk).values_list("next_action_at", Now())
    ((due, now),) = spans
    return float((due - now).total_seconds())


def test_many_runs_of_one_application_are_one_question(engine: FakeEngine, make_runs: MakeRuns) -> None:
    make_runs(40)
    make_runs(3, application="app-2")
    supervisor.watch_runs(Target.EMR, "app-1")
    assert [len(handles) for handles in engine.asked] == [40]


def test_the_sweep_announces_an_application_once(
    engine: FakeEngine, make_runs: MakeRuns, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_runs(20)
    make_runs(20, application="app-2")
    published: list[tuple[object, ...]] = []
    monkeypatch.setattr(tasks, "_publish", lambda task, *arguments: published.append(arguments))
    tasks.sweep()
    tasks.sweep()
    assert sorted(published) == [("emr", "app-1"), ("emr", "app-2")]


def test_what_the_sweep_announced_is_still_due_for_the_one_who_takes_it(
    engine: FakeEngine, make_runs: MakeRuns, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_runs(2)
    monkeypatch.setattr(tasks, "_publish", lambda task, *arguments: None)
    tasks.sweep()
    supervisor.watch_runs(Target.EMR, "app-1")
    assert [len(handles) for handles in engine.asked] == [2]


@pytest.mark.parametrize("changed", [0, 1, 10])
def test_statements_are_constant_and_at_most_three_for_each_change(
    engine: FakeEngine, make_runs: MakeRuns, changed: int
) -> None:
    runs = make_runs(30)
    for run in runs:
        watch(run)
    JobRun.objects.filter(pk__in=[run.pk for run in runs]).update(next_action_at=Now())
    for run in runs[:changed]:
        engine.phases[run.external_id] = Phase.SUCCEEDED
    with CaptureQueriesContext(
        connection,
    ) as captured:
        supervisor.watch_runs(Target.EMR, "app-1")
    said = [query["sql"] for query in captured if not query["sql"].startswith(("SAVEPOINT", "RELEASE"))]
    assert len(said) <= 4 + 3 * changed
    assert JobRun.objects.filter(state=RunState.COLLECTING).count() == changed


def test_a_job_that_ended_well_has_more_to_do_at_once(engine: FakeEngine, make_runs: MakeRuns, bucket: Path) -> None:
    (run,) = make_runs()
    engine.phase = Phase.SUCCEEDED
    assert supervisor.watch_runs(Target.EMR, "app-1") == [run.pk]
    write_result(bucket, run)
    supervisor.advance_run(run.pk)
    run.refresh_from_db()
    assert run.state == RunState.SUCCEEDED


def test_questions_become_rarer_with_age(engine: FakeEngine, make_runs: MakeRuns) -> None:
    (run,) = make_runs()
    gaps = []
    for age in (timedelta(seconds=5), timedelta(minutes=5), timedelta(minutes=30)):
        JobRun.objects.filter(pk=run.pk).update(started_at=Now() - age, deadline_at=Now() + age)
        gaps.append(waits(watch(run)))
    assert [2 < gaps[0] < 4, 7 < gaps[1] < 13, 23 < gaps[2] < 37] == [True] * 3


def test_local_runs_are_asked_about_every_second() -> None:
    gaps = [pace.pause(Target.LOCAL, age=timedelta(hours=1)).total_seconds() for _ in range(50)]
    assert 0.8 <= min(gaps) < max(gaps) <= 1.2


def test_throttling_slows_down_to_a_minute_and_fails_nothing(engine: FakeEngine, make_runs: MakeRuns) -> None:
    (run,) = make_runs()
    engine.observe_error = PortalError("AWS_UNREACHABLE", service="EMR Serverless")
    gaps = [waits(watch(run)) for _ in range(9)]
    assert gaps[0] < gaps[2] < gaps[4] <= 73
    assert 47 <= gaps[-1] <= 73
    assert (run.state, run.poll_errors) == (RunState.RUNNING, 9)
    engine.observe_error = None
    assert watch(run).poll_errors == 0
    assert waits(run) < 4


@pytest.mark.parametrize(("minutes", "state"), [(9, "RUNNING"), (11, "FAILED")])
def test_a_run_is_given_up_ten_minutes_after_its_deadline(
    engine: FakeEngine, make_runs: MakeRuns, minutes: int, state: str
) -> None:
    (run,) = make_runs()
    JobRun.objects.filter(pk=run.pk).update(deadline_at=Now() - timedelta(minutes=minutes))
    engine.observe_error = PortalError("AWS_REFUSED", service="EMR Serverless", aws_code="AccessDeniedException")
    assert watch(run).state == state
    assert run.failure_code == ("ENGINE_SILENT" if state == "FAILED" else "")


def test_a_bug_in_an_answer_fails_no_run(engine: FakeEngine, make_runs: MakeRuns) -> None:
    (run,) = make_runs()
    engine.observe_error = KeyError("jobRuns")
    assert (watch(run).state, run.poll_errors) == (RunState.RUNNING, 1)


def test_a_state_that_nobody_knows_means_wait(engine: FakeEngine, make_runs: MakeRuns) -> None:
    (run,) = make_runs()
    engine.raw = "TELEPORTING"
    assert (watch(run).state, run.backend_state) == (RunState.RUNNING, "TELEPORTING")


def test_a_run_that_is_left_out_of_the_answer_is_asked_about_again(engine: FakeEngine, make_runs: MakeRuns) -> None:
    kept, left = make_runs(2)
    engine.left_out.add(left.external_id)
    watch(kept)
    left.refresh_from_db()
    assert (kept.poll_errors, left.poll_errors, left.state) == (0, 1, RunState.RUNNING)


def test_a_run_whose_turn_is_later_is_asked_about_soon_and_not_counted_as_silent(
    engine: FakeEngine, make_runs: MakeRuns
) -> None:
    kept, later = make_runs(2)
    old = timedelta(hours=2)
    JobRun.objects.update(started_at=Now() - old, deadline_at=Now() + old, poll_errors=1)
    engine.phases[later.external_id] = Phase.LATER
    watch(kept)
    later.refresh_from_db()
    assert (later.state, later.poll_errors, later.asked_at, later.lease_owner) == (RunState.RUNNING, 1, None, "")
    assert waits(later) < 4 < waits(kept)


def test_a_job_that_is_gone_fails_the_run_after_a_grace(engine: FakeEngine, make_runs: MakeRuns) -> None:
    (run,) = make_runs()
    engine.phase = Phase.LOST
    states = [watch(run).state for _ in range(pace.LOST_SIGHTINGS)]
    assert states == [RunState.RUNNING, RunState.RUNNING, RunState.FAILED]
    assert run.failure_code == "ENGINE_LOST"


def test_a_job_that_is_found_again_was_never_lost(engine: FakeEngine, make_runs: MakeRuns) -> None:
    (run,) = make_runs()
    engine.phase = Phase.LOST
    watch(run)
    engine.phase = Phase.RUNNING
    assert (watch(run).state, run.poll_errors) == (RunState.RUNNING, 0)


def test_a_job_that_is_gone_but_wrote_its_whole_result_succeeded(
    engine: FakeEngine, make_runs: MakeRuns, bucket: Path
) -> None:
    (run,) = make_runs()
    write_result(bucket, run)
    engine.phase = Phase.LOST
    for _ in range(pace.LOST_SIGHTINGS):
        watch(run)
    supervisor.advance_run(run.pk)
    run.refresh_from_db()
    assert run.state == RunState.SUCCEEDED


def test_a_job_beyond_its_time_limit_is_stopped_and_told_as_that(engine: FakeEngine, make_runs: MakeRuns) -> None:
    (run,) = make_runs()
    JobRun.objects.filter(pk=run.pk).update(deadline_at=Now() - timedelta(minutes=3))
    assert watch(run).state == RunState.CANCELLING
    assert engine.cancelled == [run.external_id]
    engine.phase = Phase.CANCELLED
    assert (watch(run).state, run.failure_code) == (RunState.FAILED, "RUN_TIMEOUT")


def test_the_time_limit_counts_from_when_the_job_works(engine: FakeEngine, make_runs: MakeRuns) -> None:
    (run,) = make_runs()
    JobRun.objects.filter(pk=run.pk).update(deadline_at=Now() + timedelta(hours=6))
    engine.phase, engine.raw = Phase.WAITING, "QUEUED"
    waiting = watch(run).deadline_at
    engine.phase, engine.raw = Phase.RUNNING, "RUNNING"
    working = watch(run).deadline_at
    assert waiting is not None
    assert working is not None
    assert waiting - working > timedelta(hours=5)


def test_a_wish_to_cancel_that_comes_during_a_question_is_seen_to_at_once(
    engine: FakeEngine, make_runs: MakeRuns, people: People, monkeypatch: pytest.MonkeyPatch
) -> None:
    (run,) = make_runs()
    monkeypatch.setattr(tasks, "_publish", lambda task, *arguments: None)

    def ask_and_be_interrupted(handles: Sequence[Handle]) -> dict[str, Observation]:
        operations.cancel_run(run=run, by=people.owner)
        return dict.fromkeys((handle.external_id for handle in handles), Observation(Phase.RUNNING, "RUNNING"))

    monkeypatch.setattr(engine, "observe", ask_and_be_interrupted)
    watch(run)
    assert waits(run) <= 0


def test_a_cancellation_that_cannot_be_passed_on_hides_nothing(
    engine: FakeEngine, make_runs: MakeRuns, people: People, bucket: Path
) -> None:
    (run,) = make_runs()
    engine.cancel_error = PortalError("AWS_REFUSED", service="EMR Serverless", aws_code="AccessDeniedException")
    operations.cancel_run(run=run, by=people.owner)
    supervisor.advance_run(run.pk)
    run.refresh_from_db()
    assert run.state == RunState.RUNNING
    engine.phase = Phase.SUCCEEDED
    write_result(bucket, run)
    supervisor.advance_run(run.pk)
    run.refresh_from_db()
    assert run.state == RunState.SUCCEEDED


def test_a_wish_that_was_passed_on_by_a_killed_worker_ends_as_cancelled(
    engine: FakeEngine, make_runs: MakeRuns, people: People
) -> None:
    """The engine has heard it, the row does not say so, and passing it on again gets no answer."""
    (run,) = make_runs()
    operations.cancel_run(run=run, by=people.owner)
    engine.cancel_error = PortalError("AWS_UNREACHABLE", service="EMR Serverless")
    engine.phase = Phase.CANCELLED
    supervisor.advance_run(run.pk)
    run.refresh_from_db()
    assert run.state == RunState.CANCELLED
    assert [event.to_state for event in run.events.all()][-2:] == [RunState.CANCELLING, RunState.CANCELLED]
