"""The form with which a person decides how a table is read."""

from __future__ import annotations

from html import unescape

import pytest
from django.http import HttpResponse
from django.test import Client
from django.urls import reverse

from catalog.models import AnalysisSession, SelectedSource
from tests.jobs.browsing import signed_in
from tests.jobs.conftest import People
from tests.jobs.factories import example_connection, pick_orders

pytestmark = pytest.mark.django_db

FACTS = {
    "server_version": 150000,
    "pages": 100_000,
    "keys": [
        {"column": "id", "type": "bigint", "unique": True, "bounds": [str(n) for n in range(101)], "least": "0"}
        | {"greatest": "100", "null_frac": 0.0}
    ],
}


@pytest.fixture
def source(people: People, shared_session: AnalysisSession) -> SelectedSource:
    connection = example_connection(people.owner.groups.get())
    return pick_orders(
        shared_session,
        connection,
        columns=[
            {"name": "id", "type": "bigint"},
            {"name": "status, old", "type": "text"},
            {"name": "at", "type": "time"},
        ],
        statistics={"kind": "table", "estimated_rows": 5000, "size_bytes": 1000, "key_facts": FACTS},
    )


def address(source: SelectedSource) -> str:
    return reverse("jobs:reading", args=[source.session.uuid, source.pk])


def shown(answer: HttpResponse) -> str:
    return unescape(answer.content.decode())


CHOICES = {"partition_column": "id", "partitions": "4", "fetch_size": "500", "row_filter": "id > 5"}


def test_the_plan_its_reasons_and_what_differs_stand_in_the_notes(people: People, source: SelectedSource) -> None:
    page = shown(signed_in(people.owner).get(reverse("jobs:session", args=[source.session.uuid])))
    assert "1 connection, about 5\u202f000 rows" in page
    assert "are read fastest by one connection" in page
    assert "at: time is read as text" in page
    assert f'action="{address(source)}"' in page


def test_choices_are_kept_and_the_fragment_shows_the_new_plan(people: People, source: SelectedSource) -> None:
    answer = signed_in(people.owner).post(
        address(source), CHOICES | {"as_text": '"status, old"'}, headers={"HX-Request": "true"}
    )
    source.refresh_from_db()
    assert answer.status_code == 200
    assert source.read_options == {
        "partition_column": "id",
        "partitions": 4,
        "fetch_size": 500,
        "row_filter": "id > 5",
        "as_text": ["status, old"],
    }
    assert "4 ranges of id" in shown(answer)
    assert "only rows where" in shown(answer)


def test_a_plain_form_returns_to_the_session_and_empty_fields_take_choices_back(
    people: People, source: SelectedSource
) -> None:
    browser = signed_in(people.owner)
    browser.post(address(source), CHOICES)
    answer = browser.post(address(source), {"partition_column": "", "partitions": "", "row_filter": " "})
    source.refresh_from_db()
    assert answer.headers["Location"] == reverse("jobs:session", args=[source.session.uuid])
    assert source.read_options == {}


@pytest.mark.parametrize("field", ["row_filter", "as_text", "partitions", "partition_column"])
@pytest.mark.parametrize("text", ["a\x00b", "a\rb", "'", "x" * 5000])
def test_odd_texts_are_refused_and_do_no_harm(people: People, source: SelectedSource, field: str, text: str) -> None:
    answer = signed_in(people.owner).post(address(source), {field: text})
    assert answer.status_code == 400
    source.refresh_from_db()
    assert source.read_options == {}


@pytest.mark.parametrize("headers", [{}, {"HX-Request": "true"}])
def test_what_does_not_fit_is_said_beside_the_form_and_changes_nothing(
    people: People, source: SelectedSource, headers: dict[str, str]
) -> None:
    typed = CHOICES | {"row_filter": "id IN (SELECT 1)"}
    answer = signed_in(people.owner).post(address(source), typed, headers=headers)
    source.refresh_from_db()
    assert answer.status_code == 400
    assert "may not hold" in shown(answer)
    assert "id IN (SELECT 1)" in shown(answer)
    assert source.read_options == {}


def test_only_the_owner_may_choose(people: People, source: SelectedSource) -> None:
    told = {"teammate": 403, "staff": 404, "outsider": 404}
    for name, status in told.items():
        assert signed_in(getattr(people, name)).post(address(source), CHOICES).status_code == status
    assert Client().post(address(source), CHOICES).status_code == 302
    source.refresh_from_db()
    assert source.read_options == {}


def test_a_choice_needs_post_the_csrf_token_and_a_source_of_the_session(people: People, source: SelectedSource) -> None:
    assert signed_in(people.owner).get(address(source)).status_code == 405
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(people.owner)
    assert strict.post(address(source), CHOICES).status_code == 403
    elsewhere = reverse("jobs:reading", args=[source.session.uuid, source.pk + 1])
    assert signed_in(people.owner).post(elsewhere, CHOICES).status_code == 404


def test_a_connection_that_was_taken_away_refuses_choices(people: People, source: SelectedSource) -> None:
    assert source.connection
    source.connection.groups.clear()
    assert signed_in(people.owner).post(address(source), CHOICES).status_code == 403
