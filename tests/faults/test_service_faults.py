"""EMR Serverless misbehaves: what it did counts, what it does not say fails no run, and nothing is started twice."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.db.models.functions import Now

from jobs import operations, supervisor
from jobs.models import JobRun
from jobs.run_files import manifest_key, output_prefix
from jobs.states import RunState
from jobs.supervisor.pace import LOST_SIGHTINGS, TRIES
from tests.emr import StandIn
from tests.faults.steps import KILLED, comes_due, history, in_a_process, lease_ends, step
from tests.jobs.conftest import People

# botocore tries so often by itself.
CALLS = 5


def go(run: JobRun) -> JobRun:
    comes_due(run)
    step(run)
    run.refresh_from_db()
    return run


def test_the_service_acts_and_answers_503(run: JobRun, emr: StandIn) -> None:
    """Fault 2: every answer of one whole call is lost; the next call repeats the token."""
    emr.fault("lose_answer", operation="StartJobRun", how="503", count=CALLS)
    assert go(run).state == RunState.SUBMITTING
    assert "failed once and is tried again" in page_sentence(run)
    assert go(run).state == RunState.RUNNING
    assert len(emr.jobs) == 1


def test_the_service_acts_and_hangs_up(run: JobRun, emr: StandIn) -> None:
    """Faults 2 and 3: the connection ends, or nothing comes, after the effect."""
    emr.fault("lose_answer", operation="StartJobRun", how="reset", count=CALLS)
    assert go(run).state == RunState.SUBMITTING
    assert go(run).state == RunState.RUNNING
    assert [job["id"] for job in emr.jobs] == [run.external_id]


def test_the_answer_takes_longer_than_the_portal_waits(
    run: JobRun, emr: StandIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Fault 3: botocore's own second try, with the same token, finds the job of the first."""
    import connections.aws

    monkeypatch.setattr(connections.aws, "CONFIG", connections.aws.CONFIG.merge(_Config(read_timeout=1)))
    connections.aws.forget_clients()
    emr.fault("lose_answer", operation="StartJobRun", how="slow", seconds=3, count=1)
    assert go(run).state == RunState.RUNNING
    assert len(emr.calls("StartJobRun")) > 1
    assert len(emr.jobs) == 1


def test_two_minutes_of_throttling(run: JobRun, emr: StandIn) -> None:
    """Fault 12: everything is refused; submission and polling slow down to a minute, and go on after it."""
    emr.fault("throttle", operation="*", count=1000)
    waits = []
    for _ in range(6):
        waits.append(_wait(go(run)))
    assert (run.state, emr.jobs) == (RunState.SUBMITTING, [])
    assert waits[0] < waits[2] < waits[4] <= 73
    emr.reset()
    emr.pace(running=600)
    assert go(run).state == RunState.RUNNING
    emr.fault("throttle", operation="*", count=1000)
    waits = [_wait(go(run)) for _ in range(6)]
    assert (run.state, run.poll_errors) == (RunState.RUNNING, 6)
    assert 30 < waits[-1] <= 73


def test_a_service_that_never_takes_the_job(run: JobRun, emr: StandIn) -> None:
    """The run ends in its words, and not before it was asked for ten minutes."""
    emr.fault("throttle", operation="StartJobRun", count=1000)
    for _ in range(TRIES - 1):
        assert go(run).state == RunState.SUBMITTING
    assert (go(run).state, run.failure_code) == (RunState.FAILED, "EMR_BUSY")
    assert emr.jobs == []


def test_a_refusal_after_an_answer_that_was_lost_does_not_leave_a_job_alone(run: JobRun, emr: StandIn) -> None:
    """The worker is killed with the job's id; before the next call, somebody takes a right from the portal."""
    emr.pace(running=600)
    assert in_a_process(lambda: step(run), crash_at="after_submit") == KILLED
    lease_ends(run)
    emr.fault("error", operation="StartJobRun", code="AccessDeniedException", status=403, count=CALLS)
    assert go(run).state == RunState.RUNNING
    assert [job["id"] for job in emr.jobs] == [run.external_id]


def test_a_job_whose_answers_were_all_lost_is_found_by_its_name(run: JobRun, emr: StandIn) -> None:
    """After ten minutes the token is not relied on; what was started is looked for first."""
    emr.pace(running=600)
    emr.fault("lose_answer", operation="StartJobRun", how="503", count=CALLS)
    assert go(run).state == RunState.SUBMITTING
    run.events.filter(to_state=RunState.SUBMITTING).update(at=Now() - timedelta(minutes=11))
    calls = len(emr.calls("StartJobRun"))
    assert go(run).state == RunState.RUNNING
    assert len(emr.calls("StartJobRun")) == calls
    assert "Found at EMR Serverless" in run.events.get(to_state=RunState.RUNNING).note


def test_a_state_that_nobody_knows(run: JobRun, emr: StandIn) -> None:
    """Fault 13."""
    emr.fault("job", shown="HIBERNATING")
    go(run)
    assert (go(run).state, run.backend_state) == (RunState.RUNNING, "HIBERNATING")
    emr.change(run.external_id, shown="")
    emr.await_state(run.external_id, "SUCCESS")
    assert go(run).state == RunState.SUCCEEDED


def test_a_job_that_vanishes(run: JobRun, emr: StandIn) -> None:
    """Fault 14: ResourceNotFound, again and again."""
    emr.fault("job", stuck="RUNNING")
    go(run)
    emr.change(run.external_id, vanished=True)
    JobRun.objects.filter(pk=run.pk).update(started_at=Now() - timedelta(minutes=5))
    states = [go(run).state for _ in range(LOST_SIGHTINGS)]
    assert states == [RunState.RUNNING] * (LOST_SIGHTINGS - 1) + [RunState.FAILED]
    assert run.failure_code == "ENGINE_LOST"


def test_cancel_races_with_success(run: JobRun, emr: StandIn, people: People) -> None:
    """Fault 15: the job was faster, so its result counts."""
    go(run)
    emr.await_state(run.external_id, "SUCCESS")
    operations.cancel_run(run=run, by=people.owner)
    go(run)
    go(run)
    assert go(run).state == RunState.SUCCEEDED


def test_a_token_that_was_used_for_another_request(run: JobRun, emr: StandIn, settings: Any) -> None:
    """Fault 26: settings changed between two tries; it is told and not tried for ever, and nothing runs on."""
    emr.pace(running=600)
    emr.fault("lose_answer", operation="StartJobRun", how="503", count=CALLS)
    go(run)
    settings.PGSPARK_EMR_LOG_GROUP = "/another/group"
    assert (go(run).state, run.failure_code) == (RunState.FAILED, "EMR_TOKEN_TAKEN")
    calls = len(emr.calls("StartJobRun"))
    supervisor.advance_run(run.pk)
    assert len(emr.calls("StartJobRun")) == calls
    assert emr.await_state(emr.jobs[0]["id"], "CANCELLED") == "CANCELLED"


@pytest.mark.parametrize(
    ("left", "end"),
    [
        ("nothing", "RESULT_MISSING"),
        ("empty manifest", "RESULT_MISSING"),
        ("a part missing", "RESULT_MISSING"),
        ("a part cut off", "RESULT_MISSING"),
        ("no rows", ""),
    ],
)
def test_what_the_job_left_in_the_store(run: JobRun, emr: StandIn, bucket: Path, left: str, end: str) -> None:
    """Fault 22: a result is whole or it is none; one without rows is whole."""
    go(run)
    emr.await_state(run.external_id, "SUCCESS")
    manifest = bucket / manifest_key(str(run.uuid))
    part = bucket / output_prefix(str(run.uuid)) / "part-0.parquet"
    part.parent.mkdir(parents=True, exist_ok=True)
    promised = '{"rows": 1, "columns": [], "files": [{"name": "part-0.parquet", "size": 4}]}'
    if left == "nothing":
        manifest.unlink()
    elif left == "empty manifest":
        manifest.write_text("")
    elif left != "no rows":
        manifest.write_text(promised)
    if left == "a part cut off":
        part.write_bytes(b"12")
    assert (go(run).state, run.failure_code) == (RunState.FAILED if end else RunState.SUCCEEDED, end)
    assert history(run)[-1] == run.state


def page_sentence(run: JobRun) -> str:
    from jobs import queries

    return " ".join(step.sentence for step in queries.timeline(run).steps)


def _wait(run: JobRun) -> float:
    ((due, now),) = JobRun.objects.filter(pk=run.pk).values_list("next_action_at", Now())
    return float((due - now).total_seconds())


def _Config(**options: Any) -> Any:
    from botocore.config import Config

    return Config(**options)
