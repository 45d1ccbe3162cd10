"""The history's filters and rights, and a run's timeline as its events tell it."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from django.utils import timezone

from catalog.models import AnalysisSession
from connections.errors import PortalError
from jobs import queries
from jobs.models import CodeVersion, JobRun
from jobs.timeline import TICK_AT, Step
from tests.jobs.conftest import People
from tests.jobs.factories import CodeVersionFactory, RunFactory, SessionFactory, manifest_of, passed_through

pytestmark = pytest.mark.django_db


def listed(history: queries.History) -> list[int]:
    return [row.run.pk for row in history.rows]


def step(run: JobRun, key: str) -> Step:
    return next(step for step in queries.timeline(run).steps if step.key == key)


def states(run: JobRun) -> list[str]:
    return [step.state for step in queries.timeline(run).steps]


def test_mine_is_my_sessions_and_team_is_all_i_may_see(people: People, version: CodeVersion) -> None:
    own = RunFactory(code_version=version)
    private = RunFactory(code_version__session=SessionFactory(owner=people.teammate))

    assert listed(queries.run_history(user=people.owner)) == [own.pk]
    assert listed(queries.run_history(user=people.teammate)) == [private.pk]
    assert listed(queries.run_history(user=people.teammate, scope="team")) == [private.pk, own.pk]
    assert listed(queries.run_history(user=people.outsider, scope="team")) == []
    assert listed(queries.run_history(user=people.staff, scope="team")) == []


def test_text_is_found_in_title_question_code_and_number(people: People, shared_session: AnalysisSession) -> None:
    by_title = RunFactory(code_version=_version(shared_session, 1), title="Weekly 100% refund_rate")
    by_prompt = RunFactory(code_version=_version(shared_session, 2, prompt="Which BASKETS grew?"))
    by_code = RunFactory(code_version=_version(shared_session, 3, transform="def transform(spark): return spark.x"))

    def found(text: str) -> list[int]:
        return listed(queries.run_history(user=people.owner, text=text))

    assert found("REFUND") == [by_title.pk]
    assert found("100%") == [by_title.pk]
    assert found("d_r") == [by_title.pk]
    assert found("baskets") == [by_prompt.pk]
    assert found("spark.x") == [by_code.pk]
    assert by_code.pk in found(f"#{by_code.pk}")
    assert found("a\x00b") == []


def _version(session: AnalysisSession, number: int, **fields: str) -> CodeVersion:
    return CodeVersionFactory(session=session, number=number, **({"prompt": "", "transform": ""} | fields))


def test_states_filter_knows_active_and_every_state(people: People, version: CodeVersion) -> None:
    running = RunFactory(code_version=version, state="RUNNING")
    failed = RunFactory(code_version=version, state="FAILED")

    def with_states(*names: str) -> list[int]:
        return listed(queries.run_history(user=people.owner, states=queries.states_of(names)))

    assert with_states("active") == [running.pk]
    assert with_states("failed") == [failed.pk]
    assert with_states("FAILED", "running") == [failed.pk, running.pk]
    assert with_states("nonsense") == [failed.pk, running.pk]


def test_older_runs_continue_where_the_page_ended(
    people: People, version: CodeVersion, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(queries, "HISTORY_PAGE", 2)
    runs = [RunFactory(code_version=version).pk for _ in range(5)][::-1]

    first = queries.run_history(user=people.owner)
    second = queries.run_history(user=people.owner, before=first.older)
    third = queries.run_history(user=people.owner, before=second.older)

    assert [listed(page) for page in (first, second, third)] == [runs[:2], runs[2:4], runs[4:]]
    assert (third.older, first.count, third.count) == (None, 5, 5)


def test_the_list_takes_two_queries_for_any_number_of_runs(
    people: People, version: CodeVersion, django_assert_num_queries: object
) -> None:
    RunFactory.create_batch(12, code_version=version, state="FAILED")

    with django_assert_num_queries(2):  # type: ignore[operator]
        for row in queries.run_history(user=people.owner, scope="team", text="top").rows:
            assert row.run.owner.get_username() == "analyst"
            assert (row.run.code_version.number, row.run.code_version.aliases) == (2, ["customers", "orders"])
            assert (row.run.session.uuid, row.run.row_count, row.run.failure) == (version.session.uuid, None, {})


def test_the_longest_run_has_the_full_bar(people: People, version: CodeVersion) -> None:
    now = timezone.now()
    for seconds in (30, 60):
        run = RunFactory(code_version=version, state="CANCELLED", finished_at=now)
        JobRun.objects.filter(pk=run.pk).update(created_at=now - timedelta(seconds=seconds))

    rows = queries.run_history(user=people.owner).rows

    assert [(round(row.seconds), round(row.share, 2)) for row in rows] == [(60, 1.0), (30, 0.5)]


def test_a_run_of_somebody_else_is_not_found(people: People, version: CodeVersion) -> None:
    run = RunFactory(code_version=version)

    assert queries.visible_run(user=people.teammate, run_uuid=run.uuid) == run
    for stranger in (people.outsider, people.staff):
        with pytest.raises(PortalError, match="NOT_FOUND"):
            queries.visible_run(user=stranger, run_uuid=run.uuid)


def _ended(run: JobRun, *moves: tuple[str, float]) -> JobRun:
    passed_through(run, *moves)
    JobRun.objects.filter(pk=run.pk).update(finished_at=run.created_at + timedelta(seconds=moves[-1][1]))
    run.refresh_from_db()
    return run


SUCCEEDED = (("SUBMITTING", 1), ("RUNNING", 3), ("COLLECTING", 13), ("SUCCEEDED", 14))


def test_a_succeeded_run_shows_where_its_time_went(version: CodeVersion) -> None:
    run = _ended(RunFactory(code_version=version, state="SUCCEEDED", manifest=manifest_of([], [], rows=10)), *SUCCEEDED)

    timeline = queries.timeline(run)

    assert states(run) == ["done"] * 5
    assert [round(step.seconds) for step in timeline.steps[:4] if step.seconds is not None] == [1, 2, 10, 1]
    assert round(timeline.seconds) == 14
    assert timeline.steps[-1].sentence == "10 rows written."


def test_a_running_run_has_one_live_stage_and_says_the_engines_word(version: CodeVersion) -> None:
    asked = timezone.now() - timedelta(seconds=2)
    run = passed_through(
        RunFactory(code_version=version, state="RUNNING", backend_state="RUNNING", asked_at=asked),
        ("SUBMITTING", 1),
        ("RUNNING", 2),
    )

    assert states(run) == ["done", "done", "live", "future", "future"]
    assert re.fullmatch(r"Local Spark says RUNNING, asked [23] s ago\.", step(run, "running").sentence)


def test_an_engine_that_does_not_answer_is_told_as_that_beside_its_last_word(version: CodeVersion) -> None:
    run = passed_through(
        RunFactory(
            code_version=version, state="RUNNING", backend_state="RUNNING", asked_at=timezone.now(), poll_errors=3
        ),
        ("SUBMITTING", 1),
        ("RUNNING", 2),
    )

    assert "has not answered since" in step(run, "running").sentence
    assert "the job goes on" in step(run, "running").sentence


def test_a_failed_run_marks_the_stage_and_what_was_not_reached(version: CodeVersion) -> None:
    run = _ended(RunFactory(code_version=version, state="FAILED"), ("SUBMITTING", 1), ("RUNNING", 2), ("FAILED", 9))

    assert states(run) == ["done", "done", "failed", "skipped", "skipped"]
    assert step(run, "collecting").sentence == "Not reached, no result was written."


def test_a_cancellation_counts_to_the_stage_it_came_in(version: CodeVersion) -> None:
    run = _ended(
        RunFactory(code_version=version, state="CANCELLED"),
        ("PENDING", 0),
        ("SUBMITTING", 1),
        ("RUNNING", 2),
        ("RUNNING", 5),
        ("CANCELLING", 6),
        ("CANCELLED", 8),
    )

    assert states(run) == ["done", "done", "skipped", "skipped", "skipped"]
    assert round(step(run, "running").seconds or 0) == 6
    assert step(run, "running").sentence == "Cancelled here."


def test_cancelling_is_told_in_two_phases(version: CodeVersion) -> None:
    asked = passed_through(
        RunFactory(code_version=version, state="RUNNING", cancel_requested_at=timezone.now()), ("RUNNING", 1)
    )
    passed_on = passed_through(
        RunFactory(code_version=version, state="CANCELLING", cancel_requested_at=timezone.now()), ("RUNNING", 1)
    )

    assert "a worker passes it on" in step(asked, "running").sentence
    assert "has not confirmed yet" in step(passed_on, "running").sentence


@pytest.mark.parametrize(("age", "sentence"), [(2, ""), (15, "Waiting for a worker.")])
def test_a_run_queued_for_long_says_that_it_waits_for_a_worker(version: CodeVersion, age: int, sentence: str) -> None:
    run = passed_through(RunFactory(code_version=version), begun=timezone.now() - timedelta(seconds=age))

    assert step(run, "queued").sentence.startswith(sentence)
    assert bool(step(run, "queued").sentence) == bool(sentence)


def test_usual_times_are_medians_of_succeeded_runs_on_the_same_engine(version: CodeVersion) -> None:
    for running in (8, 10, 30):
        run = RunFactory(code_version=version, state="SUCCEEDED")
        _ended(run, ("SUBMITTING", 1), ("RUNNING", 2), ("COLLECTING", 2 + running), ("SUCCEEDED", 3 + running))
    _ended(RunFactory(code_version=version, state="FAILED"), ("RUNNING", 1), ("FAILED", 500))
    run = _ended(RunFactory(code_version=version, state="SUCCEEDED"), *SUCCEEDED)

    typical = queries.runs_like(run)

    assert typical is not None
    assert (typical.count, round(typical.stages["running"]), round(typical.stages["collecting"])) == (3, 10, 1)
    assert step(run, "running").bar == TICK_AT


def test_the_first_run_of_an_engine_has_nothing_to_compare_with(version: CodeVersion) -> None:
    run = passed_through(RunFactory(code_version=version, state="RUNNING"), ("RUNNING", 1))

    assert queries.runs_like(run) is None
    assert step(run, "running").bar is None
