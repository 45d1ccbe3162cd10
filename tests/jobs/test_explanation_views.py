"""How a version works, on the workspace page and in the API."""

from __future__ import annotations

import pytest
from django.urls import reverse

from catalog.models import AnalysisSession
from jobs.models import CodeVersion
from tests.jobs.browsing import html, signed_in
from tests.jobs.conftest import People
from tests.jobs.explanation.facts import SOURCES, TOP, column, origin, rehearsal, scan, step
from tests.jobs.factories import CodeVersionFactory, RunFactory

pytestmark = pytest.mark.django_db

EVIL = "<script>alert(1)</script>"


@pytest.fixture
def explained(shared_session: AnalysisSession) -> CodeVersion:
    return CodeVersionFactory(session=shared_session, number=2, sources=SOURCES, rehearsal=TOP)


def page(version: CodeVersion, person: str, people: People) -> str:
    return html(signed_in(getattr(people, person)), reverse("jobs:session", args=[version.session.uuid]))


@pytest.mark.parametrize("person", ["owner", "teammate"])
def test_the_page_draws_the_plan_and_says_it_in_words(explained: CodeVersion, people: People, person: str) -> None:
    shown = page(explained, person, people)

    assert "How it works" in shown
    assert "1 warning" in shown
    assert "2 sources, 1 join, 2 columns" in shown
    assert '<title id="flow-title">' in shown
    assert "Groups by customer_id and computes total = sum(amount)." in shown
    assert "<code>sum(orders.amount)</code>" in shown
    assert "2 columns, from rehearsal" in shown


def test_a_version_that_was_not_rehearsed_explains_nothing(version: CodeVersion, people: People) -> None:
    shown = page(version, "owner", people)

    assert "def transform" in shown
    assert 'id="how-it-works"' not in shown
    assert "from rehearsal" not in shown


def test_names_of_other_people_are_text_in_the_drawing_too(shared_session: AnalysisSession, people: People) -> None:
    steps = [step(0, "source", EVIL, scan=0), step(1, "filter", f"a = '{EVIL}'", inputs=(0,))]
    stored = rehearsal(
        steps,
        scans=[scan(EVIL, EVIL)],
        schema=[column(EVIL, EVIL)],
        lineage=[origin(EVIL, EVIL, (EVIL, EVIL))],
    )
    version = CodeVersionFactory(session=shared_session, number=2, sources=SOURCES, rehearsal=stored)

    shown = page(version, "owner", people)

    assert "alert(1)" in shown
    assert EVIL not in shown


def test_a_run_explains_the_code_that_ran(explained: CodeVersion, people: People) -> None:
    run = RunFactory(code_version=explained, state="RUNNING")

    shown = html(signed_in(people.teammate), reverse("jobs:run_tab", args=[run.uuid, "code"]))

    assert "Groups by customer_id and computes total = sum(amount)." in shown


def test_the_api_tells_the_same(explained: CodeVersion, people: People) -> None:
    address = reverse("api:get_code_version", args=[explained.session.uuid, explained.number])

    told = signed_in(people.owner).get(address).json()["version"]["explained"]

    assert told["sentences"][0].startswith("Reads customer_id, amount and status of orders")
    assert len(told["warnings"]) == 1
    assert [one["title"] for one in told["steps"]][-2:] == ["Keep the first 10", "Result"]
    assert told["steps"][4]["inputs"] == [2, 3]
    assert told["columns"][1] == {
        "name": "total",
        "type": "decimal(22,2)",
        "nullable": True,
        "expression": "sum(orders.amount)",
        "origins": [{"alias": "orders", "column": "amount"}],
    }


def test_the_api_says_when_nothing_was_rehearsed(version: CodeVersion, people: People) -> None:
    address = reverse("api:get_code_version", args=[version.session.uuid, version.number])

    assert signed_in(people.owner).get(address).json()["version"]["explained"] is None
