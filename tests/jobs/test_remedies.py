"""What a failed run offers: one thing to do, that can be done here, for the person who may do it."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.urls import reverse

from jobs.execution.triage import CAUSES, Action
from jobs.models import CodeVersion, JobRun, ResourceProfile
from jobs.remedies import remedy_of
from tests.emr import STANDARD
from tests.jobs.browsing import html, signed_in
from tests.jobs.conftest import People
from tests.jobs.factories import RunFactory

pytestmark = pytest.mark.django_db

QUOTE = "org.postgresql.util.PSQLException: The connection attempt failed. <b>"
SOURCE = {
    "alias": "web_events",
    "kind": "GLUE",
    "connection_id": None,
    "upload_id": None,
    "database": "analytics",
    "table": "web_events",
    "columns": [],
    "statistics": {"location": "s3://lake/web_events/"},
    "read_options": {},
}


@pytest.fixture
def emr(settings: Any, version: CodeVersion) -> None:
    """The portal has EMR Serverless, and the version reads what it can reach."""
    settings.PGSPARK_TARGETS, settings.PGSPARK_GLUE_ENABLED = ["emr", "local"], True
    settings.PGSPARK_EMR_APPLICATION_ID = STANDARD
    settings.PGSPARK_EXECUTION_ROLE_ARN = "arn:aws:iam::123456789012:role/pgspark-job"
    version.sources = [SOURCE]
    version.transform = "def transform(spark, web_events):\n    return web_events\n"
    version.save(update_fields=["sources", "transform"])


def failed(version: CodeVersion, code: str, **fields: Any) -> JobRun:
    failure = {"message": "It failed.", "hint": "Do this.", "line": 2, "quote": [QUOTE], "evidence": [QUOTE]}
    return RunFactory(code_version=version, state="FAILED", failure_code=code, failure=failure, **fields)


def offered(run: JobRun) -> str:
    remedy = remedy_of(run)
    assert remedy is not None
    return f"{remedy.action}: {remedy.label}"


def card(people: People, run: JobRun) -> str:
    page = html(signed_in(people.owner), reverse("jobs:run_page", args=[run.uuid]))
    return page[page.index('<section class="ps-failure"') : page.index('<div class="ps-failure-foot">')]


def test_a_run_that_needs_memory_is_offered_the_next_size(version: CodeVersion, emr: None) -> None:
    for profile, label in (("small", "Run again as medium"), ("medium", "Run again as large")):
        run = failed(version, "OUT_OF_MEMORY_EXECUTOR", target="emr", profile=profile)
        assert offered(run) == f"larger: {label}"


def test_where_there_is_no_larger_size_an_administrator_is_asked(version: CodeVersion, emr: None) -> None:
    run = failed(version, "OUT_OF_MEMORY_DRIVER", target="emr", profile="large")

    assert offered(run).startswith("admin")


def test_a_size_that_was_renamed_since_is_no_riddle(version: CodeVersion, emr: None) -> None:
    run = failed(version, "OUT_OF_MEMORY_DRIVER", target="emr", profile="small")
    ResourceProfile.objects.filter(name="small").update(name="tiny")

    assert offered(run).startswith("admin")


def test_what_is_too_large_for_the_account_is_offered_smaller(version: CodeVersion, emr: None) -> None:
    assert offered(failed(version, "EMR_QUOTA", target="emr", profile="large")) == "smaller: Run again as medium"
    assert offered(failed(version, "RUN_CAPACITY", target="emr", profile="small")).startswith("admin")


def test_memory_and_lambda_lead_to_emr_serverless_where_it_is_offered(version: CodeVersion, emr: None) -> None:
    for code in ("LAMBDA_OUT_OF_MEMORY", "LAMBDA_TIMEOUT"):
        assert offered(failed(version, code, target="lambda")) == "other_engine: Run on EMR Serverless"
    assert offered(failed(version, "OUT_OF_MEMORY", target="local")) == "other_engine: Run on EMR Serverless"


def test_without_emr_serverless_an_administrator_is_asked(version: CodeVersion) -> None:
    for code in ("LAMBDA_TIMEOUT", "OUT_OF_MEMORY"):
        assert offered(failed(version, code)).startswith("admin")


@pytest.mark.parametrize(
    ("minutes", "label"),
    [(5, "longer: Run again with 10 min"), (30, "longer: Run again with 1 h"), (240, "code: Open version 2 at line 2")],
)
def test_a_time_limit_is_raised_as_far_as_it_goes(version: CodeVersion, minutes: int, label: str) -> None:
    assert offered(failed(version, "RUN_TIMEOUT", timeout_minutes=minutes)) == label


def test_code_is_given_to_a_model_where_there_is_one_else_opened(version: CodeVersion, settings: Any) -> None:
    assert offered(failed(version, "DIVISION_BY_ZERO")) == "code: Open version 2 at line 2"
    settings.PGSPARK_GENERATORS = ["bedrock"]
    settings.PGSPARK_BEDROCK_MODEL_IDS = ["us.example-v1:0"]
    assert offered(failed(version, "DIVISION_BY_ZERO")) == "fix: Fix with AI"


def test_the_note_for_an_administrator_says_all_they_need(version: CodeVersion) -> None:
    run = failed(version, "RUN_DATABASE_TIMEOUT", external_id="00fexamplerun")
    remedy = remedy_of(run)

    assert remedy is not None
    for part in (f"#{run.pk}", "RUN_DATABASE_TIMEOUT", "00fexamplerun", QUOTE, "What helps: Do this."):
        assert part in remedy.text


def test_a_run_that_has_not_failed_offers_nothing(finished: JobRun, running: JobRun) -> None:
    assert remedy_of(finished) is remedy_of(running) is None


def test_the_card_offers_exactly_one_thing_and_names_the_culprit(people: People, version: CodeVersion) -> None:
    one_of_each = {cause.action: code for code, cause in CAUSES.items()}
    for code in one_of_each.values():
        shown = card(people, failed(version, code))

        assert shown.count("ps-btn-primary") == shown.count("data-remedy") == 1, code
        assert f"<strong>{CAUSES[code].culprit}</strong>" in shown


def test_a_failure_without_a_known_cause_can_be_run_again(people: People, version: CodeVersion) -> None:
    shown = card(people, failed(version, "INTERNAL"))

    assert "Run again" in shown
    assert "Culprit" not in shown


def test_the_card_quotes_the_log_and_nothing_of_it_is_markup(people: People, version: CodeVersion) -> None:
    shown = card(people, failed(version, "RUN_DATABASE_TIMEOUT"))

    assert "The connection attempt failed. &lt;b&gt;" in shown
    assert "<b>" not in shown


def test_a_teammate_reads_the_cause_and_is_offered_nothing(people: People, version: CodeVersion) -> None:
    run = failed(version, "RUN_TIMEOUT")
    page = html(signed_in(people.teammate), reverse("jobs:run_page", args=[run.uuid]))

    assert "Culprit:" in page
    assert "data-remedy" not in page


def test_the_offer_of_more_time_starts_a_run_that_has_it(people: People, version: CodeVersion, emr: None) -> None:
    run = failed(version, "RUN_TIMEOUT", target="emr", profile="small", timeout_minutes=10)
    shown = card(people, run)
    sent = dict(re.findall(r'<input type="hidden" name="(\w+)" value="(\w+)">', shown))
    sent.pop("csrfmiddlewaretoken", None)

    signed_in(people.owner).post(reverse("jobs:run_again", args=[run.uuid]), sent)

    started = JobRun.objects.latest("pk")
    assert (started.timeout_minutes, started.profile, started.target) == (30, "small", "emr")


def test_the_offer_of_a_larger_size_starts_a_run_that_has_it(people: People, version: CodeVersion, emr: None) -> None:
    run = failed(version, "RUN_DISK_FULL", target="emr", profile="small")

    signed_in(people.owner).post(reverse("jobs:run_again", args=[run.uuid]), {"size": "medium"})

    started = JobRun.objects.latest("pk")
    assert (started.profile, started.timeout_minutes) == ("medium", run.timeout_minutes)


@pytest.mark.parametrize("wrong", [{"timeout_minutes": "0"}, {"timeout_minutes": "100000"}, {"target": "mainframe"}])
def test_a_wish_that_no_form_sends_starts_nothing(people: People, version: CodeVersion, wrong: dict[str, str]) -> None:
    run = failed(version, "RUN_TIMEOUT")

    assert signed_in(people.owner).post(reverse("jobs:run_again", args=[run.uuid]), wrong).status_code == 404
    assert JobRun.objects.count() == 1


def test_every_action_has_an_offer(version: CodeVersion) -> None:
    met = {CAUSES[code].action for code in CAUSES}

    assert met == set(Action)
