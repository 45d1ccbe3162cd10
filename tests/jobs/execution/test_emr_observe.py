"""Following jobs by the engine `emr`, against the stand-in: true phases and ends with few calls."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from connections.errors import PortalError
from jobs.execution import emr_questions
from jobs.execution.base import Handle, Phase
from jobs.execution.emr_serverless import EmrServerless
from tests.emr import DATABASE, STANDARD, StandIn, wait_for
from tests.jobs.execution.submissions import handle, submission

engine = EmrServerless()
pytestmark = pytest.mark.usefixtures("no_waiting")


def test_a_job_is_followed_to_its_end_with_what_it_was_billed(emr: StandIn) -> None:
    job = submission()
    external_id = engine.submit(job)
    emr.await_state(external_id, "SUCCESS")

    seen = engine.observe([handle(job, external_id)])[external_id]

    assert (seen.phase, seen.raw) == (Phase.SUCCEEDED, "SUCCESS")
    assert set(seen.resources) == {"vcpu_hours", "memory_gb_hours", "storage_gb_hours"}
    # Two workers of two vCPUs beside the driver's two, a minute at least.
    assert seen.resources["vcpu_hours"] == pytest.approx(6 / 60, abs=0.01)


@pytest.mark.parametrize("state", ["SUBMITTED", "PENDING", "SCHEDULED"])
def test_a_job_that_is_stuck_before_it_runs_is_waiting(emr: StandIn, state: str) -> None:
    emr.fault("job", stuck=state)
    job = submission()
    external_id = engine.submit(job)
    emr.await_state(external_id, state)

    assert engine.observe([handle(job, external_id)])[external_id].phase == Phase.WAITING


def test_jobs_beyond_the_room_of_the_application_are_queued_and_run_later(emr: StandIn) -> None:
    emr.pace(running=0.5)
    emr.room(DATABASE, 1)
    jobs = [submission() for _ in range(3)]
    handles = [handle(job, engine.submit(job)) for job in jobs]
    emr.await_state(handles[2].external_id, "QUEUED")

    assert engine.observe(handles)[handles[2].external_id].phase == Phase.WAITING
    for one in handles:
        emr.await_state(one.external_id, "SUCCESS")


def test_a_state_that_is_not_known_is_waited_out(emr: StandIn) -> None:
    emr.fault("job", shown="HIBERNATING")
    job = submission()
    external_id = engine.submit(job)

    seen = engine.observe([handle(job, external_id)])[external_id]

    assert (seen.phase, seen.raw) == (Phase.WAITING, "HIBERNATING")


def test_a_job_that_vanished_is_lost_but_not_in_its_first_moments(emr: StandIn) -> None:
    job = submission()
    external_id = engine.submit(job)
    emr.change(external_id, vanished=True)
    old = datetime.now(UTC) - timedelta(minutes=2)

    assert engine.observe([handle(job, external_id)])[external_id].phase == Phase.WAITING
    assert engine.observe([handle(job, external_id, submitted_at=old)])[external_id].phase == Phase.LOST


def test_many_jobs_cost_one_list_per_page_and_application_and_one_get_per_ended_job(emr: StandIn) -> None:
    emr.pace(running=60)
    emr.room(DATABASE, 1000)
    waiting = [submission() for _ in range(60)]
    others = [submission(application_id=STANDARD) for _ in range(10)]
    handles = [handle(job, engine.submit(job)) for job in (*waiting, *others)]
    engine.cancel(handles[0])
    emr.await_state(handles[0].external_id, "CANCELLED")
    before = len(emr.calls())

    seen = engine.observe(handles)

    assert len(seen) == 70
    assert [call["operation"] for call in emr.calls()[before:]].count("ListJobRuns") == 3
    assert [call["operation"] for call in emr.calls()[before:]].count("GetJobRun") == 1
    assert seen[handles[0].external_id].phase == Phase.CANCELLED


def test_a_single_job_is_one_call(emr: StandIn) -> None:
    job = submission()
    external_id = engine.submit(job)
    before = len(emr.calls())

    engine.observe([handle(job, external_id)])

    assert [call["operation"] for call in emr.calls()[before:]] == ["GetJobRun"]


@pytest.mark.parametrize(("most", "active", "ending", "rounds"), [(6, 8, 12, 4), (2, 2, 4, 8)])
def test_however_many_end_at_once_a_question_takes_few_calls_and_none_is_forgotten(
    emr: StandIn, monkeypatch: pytest.MonkeyPatch, most: int, active: int, ending: int, rounds: int
) -> None:
    """Also where others' jobs fill the first pages of what has ended, and the lists take all the room there is."""
    monkeypatch.setattr(emr_questions, "_PAGE", 5)
    monkeypatch.setattr(emr_questions, "MOST_CALLS", most)
    emr.pace(running=600)
    emr.room(DATABASE, 1000)
    ours, others = _started(active + ending), _started(6)
    for one in (*ours[:ending], *others):
        engine.cancel(one)
    wait_for(lambda: Counter(job["state"] for job in emr.jobs) == {"CANCELLED": ending + 6, "RUNNING": active})

    ended: set[str] = set()
    for _ in range(rounds):
        before = len(emr.calls())
        seen = engine.observe([one for one in ours if one.external_id not in ended])
        assert len(emr.calls()) - before <= max(most, 3)
        ended |= {name for name, one in seen.items() if one.phase == Phase.CANCELLED}

    assert ended == {one.external_id for one in ours[:ending]}


def _started(count: int) -> list[Handle]:
    return [handle(job, engine.submit(job)) for job in (submission() for _ in range(count))]


def test_the_list_goes_no_further_back_than_the_oldest_job(emr: StandIn) -> None:
    job = submission()
    external_id = engine.submit(job)
    since = datetime.now(UTC) - timedelta(hours=3)
    engine.observe([handle(job, external_id), handle(job, external_id, submitted_at=since)])

    told = emr.calls("ListJobRuns")[0]["request"]["createdAtAfter"][0]

    assert timedelta() <= since - datetime.fromisoformat(told) <= timedelta(minutes=20)


def test_one_application_that_cannot_be_asked_hides_not_the_other(emr: StandIn) -> None:
    emr.fault("job", stuck="RUNNING", count=2)
    known = [handle(job, engine.submit(job)) for job in (submission(), submission())]
    foreign = Handle("t", "00other", "00fnotthere", datetime.now(UTC) - timedelta(hours=1))
    emr.fault("throttle", operation="GetJobRun", count=50)

    seen = engine.observe([*known, replace(foreign, application_id=STANDARD)])

    assert seen.keys() == {one.external_id for one in known}


def test_nothing_that_could_be_asked_is_an_error(emr: StandIn) -> None:
    handles = [handle(job, engine.submit(job)) for job in (submission(), submission())]
    emr.fault("throttle", operation="ListJobRuns", count=50)

    with pytest.raises(PortalError) as caught:
        engine.observe(handles)

    assert caught.value.code == "EMR_BUSY"


# Ends.


def test_a_cancelled_job_is_alive_until_the_service_confirms(emr: StandIn) -> None:
    emr.pace(running=60, cancelling=0.6)
    job = submission()
    asked = handle(job, engine.submit(job))
    emr.await_state(asked.external_id, "RUNNING")

    engine.cancel(asked)

    during = engine.observe([asked])[asked.external_id]
    assert (during.phase, during.raw) == (Phase.RUNNING, "CANCELLING")
    emr.await_state(asked.external_id, "CANCELLED")
    assert engine.observe([asked])[asked.external_id].phase == Phase.CANCELLED


def test_cancelling_what_has_ended_or_is_gone_is_no_error(emr: StandIn) -> None:
    job = submission()
    ended = handle(job, engine.submit(job))
    emr.await_state(ended.external_id, "SUCCESS")

    engine.cancel(ended)
    engine.cancel(replace(ended, external_id="00nosuchjob"))

    assert engine.observe([ended])[ended.external_id].phase == Phase.SUCCEEDED


def test_a_job_past_its_limit_ends_through_cancelling_as_timed_out(emr: StandIn) -> None:
    emr.pace(running=60, minute=0.05)
    job = submission(timeout=timedelta(minutes=5))
    late = handle(job, engine.submit(job))
    emr.await_state(late.external_id, "CANCELLED")

    seen = engine.observe([late])[late.external_id]

    assert (seen.phase, seen.raw, seen.reason) == (Phase.FAILED, "CANCELLED", "timeout")


def test_a_failed_job_tells_its_details(emr: StandIn) -> None:
    emr.fault("job", fail=True, details="Job failed, please check complete logs. ExitCode: 137.")
    job = submission()
    failed = handle(job, engine.submit(job))
    emr.await_state(failed.external_id, "FAILED")

    seen = engine.observe([failed])[failed.external_id]

    assert (seen.phase, seen.reason) == (Phase.FAILED, "memory")
    assert "ExitCode: 137" in seen.details


# Finding again, and the Spark UI.


def test_a_job_whose_id_was_never_learnt_is_found_by_its_token(emr: StandIn) -> None:
    job = submission()
    external_id = engine.submit(job)
    near = handle(submission(run=job.token.removeprefix("run-").removesuffix("-1") + "0"), "")

    assert engine.find(handle(job, "")) == external_id
    assert engine.find(near) == ""


def test_the_spark_ui_has_an_address_once_the_job_runs(emr: StandIn) -> None:
    emr.pace(pending=0.5, running=60)
    job = submission()
    asked = handle(job, engine.submit(job))

    with pytest.raises(PortalError) as caught:
        engine.spark_ui(asked)
    emr.await_state(asked.external_id, "RUNNING")

    assert caught.value.code == "SPARK_UI_UNAVAILABLE"
    assert engine.spark_ui(asked).startswith(f"{emr.url}/dashboard/{asked.external_id}?")
