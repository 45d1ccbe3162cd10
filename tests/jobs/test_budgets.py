"""Budgets: what counts, who has which, and that runs which are started at once do not exceed one together."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.exceptions import ValidationError
from django.db import IntegrityError, connection
from django.urls import reverse
from django.utils import timezone

from connections.errors import PortalError
from jobs import budgets, operations
from jobs.models import Budget, CodeVersion, GenerationAttempt, JobRun
from jobs.states import Target
from jobs.supervisor import advance_run
from tests.emr import STANDARD
from tests.jobs.browsing import html, signed_in
from tests.jobs.conftest import People
from tests.jobs.factories import CodeVersionFactory, RunFactory, SessionFactory, UserFactory
from tests.jobs.fake_engine import FakeEngine, use_engine

SIZE = {
    "driver_cores": 2,
    "driver_memory_gb": 4,
    "executor_cores": 2,
    "executor_memory_gb": 8,
    "executors": 2,
    "disk_gb": 20,
}
# Six vCPUs and 20 GB for ten minutes, and two to stop: (6 x 0.052624 + 20 x 0.0057785) x 12 / 60.
MOST = Decimal("0.0863")


def emr_run(version: CodeVersion, **fields: Any) -> JobRun:
    return RunFactory(code_version=version, target=Target.EMR, size=SIZE, timeout_minutes=10, **fields)


def refused(run: JobRun) -> PortalError:
    with pytest.raises(PortalError) as caught:
        budgets.reserve(run)
    assert caught.value.code == "BUDGET_REACHED"
    return caught.value


@pytest.mark.django_db
class TestWhatCounts:
    def test_runs_as_billed_those_not_billed_yet_and_models(self, version: CodeVersion) -> None:
        emr_run(version, state="SUCCEEDED", cost_usd=Decimal("1.50"), reserved_usd=9, external_id="a")
        emr_run(version, state="RUNNING", reserved_usd=Decimal("0.25"), external_id="b")
        emr_run(version, state="FAILED", reserved_usd=Decimal("0.5"), external_id="c")
        attempt = {"version": version, "number": 1, "model": "m", "input_tokens": 1, "output_tokens": 1}
        GenerationAttempt.objects.create(**attempt, cost_usd=Decimal("0.125"))

        spent = budgets.spending(version.session.owner)

        assert (spent.runs, spent.reserved, spent.tokens) == (Decimal("1.5"), Decimal("0.75"), Decimal("0.125"))
        assert spent.committed == Decimal("2.375")

    def test_a_run_that_never_was_handed_over_gives_back_what_was_set_aside(self, version: CodeVersion) -> None:
        emr_run(version, state="FAILED", reserved_usd=5)
        emr_run(version, state="CANCELLED", reserved_usd=5)

        assert budgets.spending(version.session.owner).committed == 0

    def test_other_months_and_other_people_do_not_count(self, version: CodeVersion) -> None:
        emr_run(version, state="SUCCEEDED", cost_usd=1, external_id="a")
        emr_run(CodeVersionFactory(), state="SUCCEEDED", cost_usd=1, external_id="b")
        JobRun.objects.filter(owner=version.session.owner).update(
            created_at=budgets.month_begin() - timedelta(seconds=1)
        )

        assert budgets.spending(version.session.owner).committed == 0

    def test_a_persons_own_budget_comes_before_that_of_everybody(self, people: People) -> None:
        Budget.objects.create(user=None, hard_usd=10)
        Budget.objects.create(user=people.owner, soft_usd=1, hard_usd=2)

        assert budgets.spending(people.owner).hard == 2
        assert budgets.spending(people.teammate).hard == 10

    def test_without_a_budget_nothing_is_refused(self, version: CodeVersion) -> None:
        run = emr_run(version)
        budgets.reserve(run)
        run.refresh_from_db()

        assert run.reserved_usd == MOST


@pytest.mark.django_db
class TestReserving:
    def test_what_fits_to_the_cent_fits(self, version: CodeVersion) -> None:
        Budget.objects.create(user=version.session.owner, hard_usd=Decimal("0.09"))

        budgets.reserve(emr_run(version))

    def test_what_could_go_beyond_is_refused_with_its_figures(self, version: CodeVersion) -> None:
        Budget.objects.create(user=version.session.owner, hard_usd=Decimal("0.15"))
        budgets.reserve(emr_run(version))

        error = refused(emr_run(version))

        assert "$0.09" in error.message
        assert "$0.15" in error.message

    def test_a_bill_that_is_smaller_makes_room_again(self, version: CodeVersion) -> None:
        Budget.objects.create(user=version.session.owner, hard_usd=Decimal("0.15"))
        first, second = emr_run(version, external_id="a"), emr_run(version)
        budgets.reserve(first)
        refused(second)
        JobRun.objects.filter(pk=first.pk).update(cost_usd=Decimal("0.01"))

        budgets.reserve(second)

    def test_reserving_again_counts_once(self, version: CodeVersion) -> None:
        Budget.objects.create(user=version.session.owner, hard_usd=Decimal("0.10"))
        run = emr_run(version)

        for _ in range(3):
            budgets.reserve(run)

    def test_runs_on_this_machine_cost_nothing_and_are_never_refused(self, version: CodeVersion) -> None:
        Budget.objects.create(user=version.session.owner, hard_usd=0)

        budgets.reserve(RunFactory(code_version=version, target=Target.LOCAL))

    def test_where_prices_are_not_known_nothing_can_be_counted(self, version: CodeVersion, settings: Any) -> None:
        settings.AWS_REGION = "eu-example-1"
        Budget.objects.create(user=version.session.owner, hard_usd=0)

        budgets.reserve(emr_run(version))


@pytest.fixture
def on_emr(version: CodeVersion, settings: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeEngine]:
    fake = use_engine(monkeypatch, settings, Target.EMR)
    settings.PGSPARK_EMR_APPLICATION_ID, settings.PGSPARK_GLUE_ENABLED = STANDARD, True
    settings.PGSPARK_EXECUTION_ROLE_ARN = "arn:aws:iam::123456789012:role/pgspark-job"
    source = {"alias": "web_events", "kind": "GLUE", "connection_id": None, "upload_id": None}
    place = {"database": "analytics", "table": "web_events", "columns": [], "read_options": {}}
    version.sources = [{**source, **place, "statistics": {"location": "s3://lake/web_events/"}}]
    version.transform = "def transform(spark, web_events):\n    return web_events\n"
    version.save(update_fields=["sources", "transform"])
    yield fake


@pytest.mark.django_db
class TestStarting:
    def test_a_run_beyond_the_budget_is_refused_when_it_is_asked_for(
        self, people: People, version: CodeVersion, on_emr: FakeEngine
    ) -> None:
        Budget.objects.create(user=people.owner, hard_usd=Decimal("0.01"))

        with pytest.raises(PortalError) as caught:
            operations.start_run(version=version, by=people.owner)

        assert (caught.value.code, caught.value.status) == ("BUDGET_REACHED", 409)
        assert JobRun.objects.count() == 0

    def test_a_budget_that_was_cut_meanwhile_ends_the_run_before_the_engine_is_called(
        self, people: People, version: CodeVersion, on_emr: FakeEngine, bucket: Any
    ) -> None:
        run = operations.start_run(version=version, by=people.owner)
        Budget.objects.create(user=people.owner, hard_usd=Decimal("0.01"))

        advance_run(run.pk)

        run.refresh_from_db()
        assert (run.state, run.failure_code, on_emr.submissions) == ("FAILED", "BUDGET_REACHED", 0)
        assert budgets.spending(people.owner).committed == 0


@pytest.mark.django_db(transaction=True)
def test_of_two_runs_at_once_only_as_many_pass_as_the_budget_has_room_for() -> None:
    owner = UserFactory(username="spender")
    version = CodeVersionFactory(session=SessionFactory(owner=owner), number=1)
    Budget.objects.create(user=owner, hard_usd=Decimal("0.30"))
    runs = [emr_run(version) for _ in range(6)]
    together, passed = threading.Barrier(len(runs)), []

    def reserve(run: JobRun) -> None:
        try:
            together.wait()
            budgets.reserve(run)
            passed.append(run.pk)
        except PortalError:
            pass
        finally:
            connection.close()

    threads = [threading.Thread(target=reserve, args=(run,)) for run in runs]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(passed) == 3
    assert budgets.spending(owner).reserved == 3 * MOST


@pytest.mark.django_db
class TestWhatPeopleSee:
    def test_from_the_soft_limit_on_the_pages_warn(self, people: People, version: CodeVersion) -> None:
        emr_run(version, state="SUCCEEDED", cost_usd=Decimal("8"), external_id="a")
        client = signed_in(people.owner)
        assert "budget" not in html(client, reverse("jobs:quote", args=[version.session.uuid]))
        Budget.objects.create(user=people.owner, soft_usd=8, hard_usd=10)

        page = html(client, reverse("jobs:usage"))

        assert "budget is getting used up" in page
        assert "$8.00 of $10.00" in page

    def test_a_used_up_budget_is_said_before_run_is_pressed(self, people: People, version: CodeVersion) -> None:
        version.session.sources.create(
            alias="sales", kind="CSV", database="", schema="", table="sales.csv", uri="s3://lake/public/sales.csv"
        )
        emr_run(version, state="SUCCEEDED", cost_usd=Decimal("10"), external_id="a")
        Budget.objects.create(user=people.owner, hard_usd=10)

        line = html(signed_in(people.owner), reverse("jobs:quote", args=[version.session.uuid]))

        assert "Your budget of $10.00 for this month is used up." in line

    def test_administrators_edit_budgets(self, people: People) -> None:
        boss = User.objects.create_superuser("boss")
        client = signed_in(boss)
        sent = {"user": str(people.owner.pk), "soft_usd": "5", "hard_usd": "10"}

        assert client.post(reverse("admin:jobs_budget_add"), sent).status_code == 302
        assert budgets.spending(people.owner).hard == 10
        wrong = client.post(
            reverse("admin:jobs_budget_add"), {"user": str(people.teammate.pk), "soft_usd": "5", "hard_usd": "1"}
        )
        assert "Warn at or below the limit" in wrong.content.decode()

    def test_there_is_one_budget_for_everybody_else(self, people: People) -> None:
        Budget.objects.create(user=None, hard_usd=1)

        with pytest.raises(ValidationError):
            Budget(user=None, hard_usd=2).full_clean()
        with pytest.raises(IntegrityError):
            Budget.objects.create(user=None, hard_usd=2)


def test_the_month_begins_where_the_person_is(settings: Any) -> None:
    with timezone.override("Pacific/Auckland"):
        begin = budgets.month_begin()
    assert (begin.day, begin.hour, begin.minute) == (1, 0, 0)
    assert begin.utcoffset() in (timedelta(hours=12), timedelta(hours=13))
