"""What runs were billed: with their end, or some time after it."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from django.urls import reverse
from django.utils import timezone

from connections.errors import PortalError
from jobs import usage
from jobs.execution.base import Phase
from jobs.models import CodeVersion, JobRun
from jobs.states import Target
from jobs.supervisor import advance_run, bill_runs, watch_runs
from tests.jobs.browsing import html, signed_in
from tests.jobs.conftest import People
from tests.jobs.factories import RunFactory
from tests.jobs.fake_engine import FakeEngine, use_engine, write_result

pytestmark = pytest.mark.django_db

BILL = {"vcpu_hours": 0.5, "memory_gb_hours": 2.0, "storage_gb_hours": 0.0}
COST = Decimal("0.0379")


@pytest.fixture
def emr(settings: Any, monkeypatch: pytest.MonkeyPatch) -> FakeEngine:
    return use_engine(monkeypatch, settings, Target.EMR)


def with_emr(version: CodeVersion, state: str, **fields: Any) -> JobRun:
    return RunFactory(
        code_version=version, target=Target.EMR, application_id="00fexample", external_id="job-1", state=state, **fields
    )


@pytest.mark.parametrize("phase", [Phase.SUCCEEDED, Phase.FAILED])
def test_the_end_of_a_run_brings_its_bill(version: CodeVersion, emr: FakeEngine, bucket: Path, phase: Phase) -> None:
    run = with_emr(version, "RUNNING", reserved_usd=1)
    write_result(bucket, run)
    emr.phase, emr.resources = phase, BILL

    for run_id in watch_runs(Target.EMR, "00fexample"):
        advance_run(run_id)

    run.refresh_from_db()
    assert (run.state, run.resources, run.cost_usd) == (phase.upper(), BILL, COST)


def test_a_bill_that_comes_late_is_asked_for_until_it_is_there(version: CodeVersion, emr: FakeEngine) -> None:
    run = with_emr(version, "SUCCEEDED", reserved_usd=1)
    emr.phase = Phase.SUCCEEDED
    assert bill_runs() == 0
    emr.resources = BILL

    assert bill_runs() == 1

    run.refresh_from_db()
    assert (run.resources, run.cost_usd) == (BILL, COST)
    assert bill_runs() == 0
    assert len(emr.asked) == 2, "a run that is billed is not asked about"


def test_a_bill_without_a_price_is_kept_all_the_same(version: CodeVersion, emr: FakeEngine, settings: Any) -> None:
    settings.AWS_REGION = "eu-example-1"
    run = with_emr(version, "FAILED")
    emr.phase, emr.resources = Phase.FAILED, BILL

    assert bill_runs() == 1

    run.refresh_from_db()
    assert (run.resources, run.cost_usd) == (BILL, None)


def test_nobody_is_asked_about_old_runs_other_engines_and_what_never_ran(version: CodeVersion, emr: FakeEngine) -> None:
    old = with_emr(version, "SUCCEEDED")
    JobRun.objects.filter(pk=old.pk).update(finished_at=timezone.now() - timedelta(days=2))
    RunFactory(code_version=version, state="SUCCEEDED", target=Target.LOCAL, external_id="run-1")
    RunFactory(code_version=version, state="FAILED", target=Target.EMR)

    assert bill_runs() == 0
    assert emr.asked == []


def test_an_engine_that_does_not_answer_is_asked_the_next_time(version: CodeVersion, emr: FakeEngine) -> None:
    with_emr(version, "SUCCEEDED")
    emr.phase, emr.observe_error = Phase.SUCCEEDED, PortalError("EMR_BUSY")
    assert bill_runs() == 0
    emr.observe_error, emr.resources = None, BILL

    assert bill_runs() == 1


# What the usage page shows


def test_runs_are_added_up_by_day_person_and_engine(people: People, version: CodeVersion) -> None:
    for _ in range(2):
        with_emr(version, "SUCCEEDED", resources=BILL, cost_usd=COST)
    RunFactory(code_version=version, state="SUCCEEDED", target=Target.LOCAL)

    (row,) = usage.run_usage(people.owner)

    assert (row.engine, row.runs, row.vcpu_hours, row.memory_gb_hours) == ("EMR Serverless", 2, 1.0, 4.0)
    assert row.cost_usd == usage.runs_cost([row]) == 2 * COST


def test_a_bill_that_is_to_come_makes_no_sum(people: People, version: CodeVersion) -> None:
    with_emr(version, "SUCCEEDED", resources=BILL, cost_usd=COST)
    with_emr(version, "FAILED")

    (row,) = usage.run_usage(people.owner)

    assert row.cost_usd is None
    assert usage.runs_cost([row]) is None


def test_everybodys_runs_are_for_staff(people: People, version: CodeVersion) -> None:
    with_emr(version, "SUCCEEDED", resources=BILL, cost_usd=COST)

    assert usage.run_usage(people.outsider, everybody=True) == []
    assert [row.user for row in usage.run_usage(people.staff, everybody=True)] == ["analyst"]


def test_the_pages_show_what_runs_cost_beside_the_tokens(people: People, version: CodeVersion) -> None:
    run = with_emr(version, "FAILED", resources=BILL, cost_usd=COST)
    client = signed_in(people.owner)

    page = html(client, reverse("jobs:usage"))

    assert "Runs on AWS" in page
    assert "$0.0379" in page
    assert "cost $0.0379" in html(client, reverse("jobs:run_page", args=[run.uuid]))
