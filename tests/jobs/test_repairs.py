"""Automatic repair: only where it was asked for and the code is to blame, never twice, and never without an end."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal

import pytest
from django.db.models.functions import Now
from pytest_django.fixtures import Settings

from connections.errors import PortalError
from jobs import asking, budgets, crash_points, operations, repairs, tasks
from jobs.generation import advance_code
from jobs.models import LEASE, JobRun, RunRepair
from jobs.states import CodeState, Proposal, RepairState, RunState
from tests.converse import ConverseServer, called
from tests.jobs.conftest import People
from tests.jobs.repairing import BROKEN, FIXED, Start, advance, broken, written

OTHERWISE = "def transform(spark, orders):\n    return orders.select(orders.total)\n"
BLOCKED = f"import os\n{FIXED}"


class Killed(BaseException):
    """No handler may swallow it, and no cleanup runs after it."""


def refused(run: JobRun) -> str:
    repair = RunRepair.objects.get(run=run)
    assert repair.state == RepairState.FAILED
    return repair.failure_code


# What follows a failure


def test_a_repaired_run_runs_again_as_it_was_to_run(start_repairable: Start) -> None:
    run = broken(start_repairable(timeout_minutes=30, row_limit=10))

    written(run)
    repair = advance(run)

    again = repair.next_run
    assert (repair.state, again.state, again.code_version.transform) == (RepairState.STARTED, RunState.PENDING, FIXED)
    as_it_was = (again.target, again.timeout_minutes, again.row_limit, again.title, again.owner)
    assert as_it_was == (run.target, 30, 10, run.title, run.owner)
    assert (again.repair_number, again.repairs_left) == (1, 2)
    assert repair.version.proposal == Proposal.ACCEPTED
    notes = [event.note for event in run.events.all()][-2:]
    assert notes == [
        f"Automatic repair 1 of 3: a model is asked for version {repair.version.number}.",
        f"Repaired as version {repair.version.number} and run again: #{again.pk}.",
    ]


def test_what_nobody_asked_for_is_not_repaired(start_repairable: Start) -> None:
    run = broken(start_repairable(repair=False))
    assert not RunRepair.objects.exists()
    assert run.session.code_versions.count() == 1


@pytest.mark.parametrize("code", ["RUN_AUTHENTICATION_FAILED", "RUN_TIMEOUT", "EMR_QUOTA", "RUN_S3_DENIED", "INTERNAL"])
def test_what_the_code_is_not_to_blame_for_is_not_repaired(start_repairable: Start, code: str) -> None:
    run = broken(start_repairable(), code)
    assert refused(run) == "REPAIR_NOT_OF_CODE"
    assert run.session.code_versions.count() == 1


def test_a_run_that_was_to_be_cancelled_is_not_repaired(start_repairable: Start, people: People) -> None:
    run = start_repairable()
    operations.cancel_run(run=run, by=people.owner)
    run.refresh_from_db()
    assert RunRepair.objects.get(run=broken(run)).state == RepairState.CANCELLED


def test_repairs_have_an_end(start_repairable: Start, converse: ConverseServer) -> None:
    first = run = start_repairable()
    for number in range(1, 4):
        converse.script(called(FIXED if number % 2 else OTHERWISE))
        written(broken(run))
        run = advance(run).next_run
        assert run.repair_number == number
    assert refused(broken(run)) == "REPAIRS_USED_UP"
    assert first.session.runs.count() == 4


# What is not run


def test_code_that_the_checks_refuse_is_not_run(
    start_repairable: Start, converse: ConverseServer, settings: Settings
) -> None:
    converse.script(called(BLOCKED))
    run = broken(start_repairable())
    settings.PGSPARK_MAX_RETRIES = 0
    written(run)
    repair = advance(run)
    assert refused(run) == "REPAIR_REFUSED"
    assert (repair.version.proposal, run.session.runs.count()) == (Proposal.OPEN, 1)


def test_the_same_code_is_not_run_again(start_repairable: Start, converse: ConverseServer) -> None:
    converse.script(called(BROKEN))
    run = broken(start_repairable())
    written(run)
    advance(run)
    assert refused(run) == "REPAIR_UNCHANGED"
    assert run.session.runs.count() == 1


def test_what_the_budget_does_not_allow_is_not_run(start_repairable: Start, monkeypatch: pytest.MonkeyPatch) -> None:
    run = broken(start_repairable())
    repair = written(run)
    monkeypatch.setattr(budgets, "most_usd", lambda *facts: Decimal(5))
    budgets.Budget.objects.create(hard_usd=Decimal(4))
    advance(run)
    repair.version.refresh_from_db()
    assert refused(run) == "BUDGET_REACHED"
    assert (repair.version.proposal, run.session.runs.count()) == (Proposal.OPEN, 1)


def test_what_the_model_cannot_answer_is_told(start_repairable: Start, converse: ConverseServer) -> None:
    converse.script(called(arguments={"transform": "", "question": "Which total?", "options": ["net"]}))
    run = broken(start_repairable())
    written(run)
    assert advance(run).failure["message"] == "Which total?"
    assert refused(run) == "CLARIFICATION_NEEDED"


def test_other_tables_than_the_run_read_are_not_read_by_itself(start_repairable: Start) -> None:
    run = broken(start_repairable())
    run.session.sources.update(table="customers")
    advance(run)
    assert refused(run) == "REPAIR_OTHER_SOURCES"
    assert run.session.code_versions.count() == 1


def test_a_repair_that_cannot_be_asked_for_gives_up(start_repairable: Start, settings: Settings) -> None:
    run = broken(start_repairable())
    settings.PGSPARK_GENERATORS = ["builtin"]
    advance(run)
    assert refused(run) == "NO_MODEL_OFFERED"


def test_for_a_closed_account_nothing_is_repaired(start_repairable: Start, people: People) -> None:
    run = broken(start_repairable())
    type(people.owner).objects.filter(pk=people.owner.pk).update(is_active=False)
    assert advance(run).state == RepairState.CANCELLED
    assert run.session.code_versions.count() == 1


def test_for_an_account_that_was_closed_meanwhile_nothing_runs_again(start_repairable: Start, people: People) -> None:
    run = broken(start_repairable())
    written(run)
    type(people.owner).objects.filter(pk=people.owner.pk).update(is_active=False)
    assert advance(run).state == RepairState.CANCELLED
    assert run.session.runs.count() == 1


def test_without_a_model_no_repair_can_be_asked_for(start_repairable: Start, settings: Settings) -> None:
    settings.PGSPARK_GENERATORS = ["builtin"]
    with pytest.raises(PortalError, match="NO_MODEL_OFFERED"):
        start_repairable()


# The person's word


def test_a_repair_is_stopped_with_the_model_that_writes_for_it(
    start_repairable: Start, people: People, converse: ConverseServer
) -> None:
    run = broken(start_repairable())
    version = advance(run).version
    repairs.stop_repair(run=run, by=people.owner)
    advance_code(version.pk)
    repair = advance(run)
    version.refresh_from_db()
    assert (repair.state, version.state, converse.billed) == (RepairState.CANCELLED, CodeState.CANCELLED, 0)


def test_a_repair_that_has_not_begun_is_stopped(start_repairable: Start, people: People) -> None:
    run = broken(start_repairable())
    repairs.stop_repair(run=run, by=people.owner)
    assert advance(run).state == RepairState.CANCELLED
    assert run.session.code_versions.count() == 1


def test_what_was_started_is_not_stopped_here(start_repairable: Start, people: People) -> None:
    run = broken(start_repairable())
    written(run)
    advance(run)
    with pytest.raises(PortalError, match="REPAIR_OVER"):
        repairs.stop_repair(run=run, by=people.owner)


@pytest.mark.parametrize("answer", [asking.reject, asking.accept])
def test_the_persons_own_answer_counts(start_repairable: Start, answer: Callable[..., None]) -> None:
    run = broken(start_repairable())
    answer(version=written(run).version)
    advance(run)
    assert run.session.runs.count() == (2 if answer == asking.accept else 1)


# Workers


def test_the_sweep_announces_a_repair(start_repairable: Start, monkeypatch: pytest.MonkeyPatch) -> None:
    repair = RunRepair.objects.get(run=broken(start_repairable()))
    published: list[tuple[str, object]] = []
    monkeypatch.setattr(tasks, "_publish", lambda task, *arguments: published.append((task.name, *arguments)))
    tasks.sweep()
    tasks.sweep()
    assert published.count((repairs.advance_repair.name, repair.pk)) == 1


def test_workers_know_the_task_that_the_sweep_names(settings: Settings) -> None:
    """It is in no module that Celery finds by itself."""
    assert repairs.advance_repair.__module__ in settings.CELERY_IMPORTS


@pytest.mark.parametrize("point", ["before_repair_asked", "after_repair_asked", "before_repaired_run"])
def test_a_killed_worker_leaves_all_of_a_step_or_nothing(
    start_repairable: Start, monkeypatch: pytest.MonkeyPatch, point: str
) -> None:
    run = broken(start_repairable())

    def die(reached: str) -> None:
        if reached == point:
            raise Killed

    def lease_ends() -> None:
        RunRepair.objects.update(lease_until=Now() - LEASE)

    with monkeypatch.context() as patch:
        patch.setattr(crash_points, "reached", die)
        if point == "before_repaired_run":
            written(run)
        with pytest.raises(Killed):
            advance(run)
    assert run.session.runs.count() == 1

    lease_ends()
    repair = RunRepair.objects.get(run=run)
    for _ in range(3):
        repair = advance(run)
        if repair.version is not None:
            advance_code(repair.version.pk)
    assert repair.state == RepairState.STARTED
    assert (run.session.code_versions.count(), run.session.runs.count()) == (2, 2)


def test_of_two_workers_at_once_one_starts_the_run(start_repairable: Start) -> None:
    """The second one's lease had run out while it looked at the version."""
    run = broken(start_repairable())
    repair = written(run)
    other = RunRepair.objects.select_related("version").get(pk=repair.pk)
    assert advance(run).state == RepairState.STARTED
    repairs._tried(other)
    other = RunRepair.objects.select_related("version").get(pk=repair.pk)
    other.state = RepairState.WRITING
    repairs._tried(other)
    assert run.session.runs.count() == 2
