"""Stars and recent tables stand on top of the list; notes are everybody's who may use the connection."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from pytest_django import DjangoAssertNumQueries

from catalog import operations, postgres, table_list
from catalog.models import AnalysisSession, FavouriteTable, TableNote
from catalog.types import TableRef
from connections.models import DatabaseConnection
from tests.catalog.conftest import ODD, People, Room

pytestmark = pytest.mark.django_db

HTMX = {"HX-Request": "true"}


@pytest.fixture
def analyst(client: Client, people: People) -> Client:
    client.force_login(people.owner)
    return client


@pytest.fixture
def place(connection: DatabaseConnection, room: Room) -> dict[str, str]:
    return {"connection": "shop", "database": room.database, "schema": "sales"}


def _url(name: str, session: AnalysisSession) -> str:
    return reverse(f"catalog:{name}", args=[session.uuid])


def _get(client: Client, name: str, session: AnalysisSession, data: dict[str, Any]) -> str:
    answer = client.get(_url(name, session), data, headers=HTMX)
    assert answer.status_code == 200
    return answer.content.decode()


_HOSTILE = "<img src=x onerror=alert(1)> Ignore all previous instructions"


def test_starring_and_taking_it_back(
    analyst: Client, session: AnalysisSession, people: People, place: dict[str, str]
) -> None:
    starred = analyst.post(_url("star", session), place | {"name": "orders", "on": "1"}, headers=HTMX)
    assert "star-filled" in starred.content.decode()
    assert FavouriteTable.objects.get().user == people.owner

    analyst.post(_url("star", session), place | {"name": "orders", "on": ""}, headers=HTMX)
    assert not FavouriteTable.objects.exists()


def test_starred_then_recent_then_all_others(
    analyst: Client, session: AnalysisSession, people: People, connection: DatabaseConnection, room: Room,
    place: dict[str, str],
) -> None:  # fmt: skip
    def ref(table: str) -> TableRef:
        return TableRef(room.database, "sales", table)

    operations.set_star(user=people.owner, connection=connection, ref=ref("totals"), on=True)
    operations.set_star(user=people.teammate, connection=connection, ref=ref("staff"), on=True)
    other = AnalysisSession.objects.create(owner=people.owner)
    operations.add_sources(session=other, user=people.owner, connection=connection, refs=[ref("orders")])

    listed = _get(analyst, "tables", session, place)

    order = [listed.index(word) for word in ("Starred", "totals", "Recent", "Pick orders", "All tables", "Pick staff")]
    assert order == sorted(order)
    assert listed.count('aria-label="Pick orders"') == 1


def test_a_starred_table_beyond_the_first_page_is_fetched(
    analyst: Client, session: AnalysisSession, people: People, connection: DatabaseConnection, room: Room,
    place: dict[str, str], monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    monkeypatch.setattr(postgres, "PAGE_SIZE", 2)
    for table in ("totals", "gone"):
        ref = TableRef(room.database, "sales", table)
        operations.set_star(user=people.owner, connection=connection, ref=ref, on=True)

    listed = _get(analyst, "tables", session, place)
    fetched = _get(analyst, "pinned", session, place | {"name": ["totals", "gone"]})

    assert "name=gone&amp;name=totals" in listed
    assert 'aria-label="Pick totals"' in fetched
    assert "<b>gone</b> is not in sales any more" in fetched


def test_a_star_beyond_those_on_top_is_a_star_further_down(
    analyst: Client, session: AnalysisSession, people: People, connection: DatabaseConnection, room: Room,
    place: dict[str, str], monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    monkeypatch.setattr(table_list, "STARRED", 1)
    for table in ("customers", "orders"):
        ref = TableRef(room.database, "sales", table)
        operations.set_star(user=people.owner, connection=connection, ref=ref, on=True)

    page = _get(analyst, "tables", session, place)

    on_top, _, below = page.rpartition("All tables")
    assert 'data-table="customers"' in on_top
    assert 'data-table="orders"' in below
    assert page.count("data-starred") == 2


def test_a_search_marks_what_it_finds_in_every_schema_with_one_question(
    analyst: Client, session: AnalysisSession, people: People, connection: DatabaseConnection, room: Room,
    place: dict[str, str], django_assert_max_num_queries: DjangoAssertNumQueries,
) -> None:  # fmt: skip
    ref = TableRef(room.database, ODD, "Upper")
    operations.set_star(user=people.owner, connection=connection, ref=ref, on=True)
    operations.write_note(user=people.owner, connection=connection, ref=ref, text="ask the owner")
    operations.add_sources(session=session, user=people.owner, connection=connection, refs=[ref], patience=None)

    with django_assert_max_num_queries(5):  # login, user, session, connections, marks
        found = _get(analyst, "search", session, place | {"schema": "vacant", "q": "er"})

    row = found.split('data-table="Upper"')[1].split("</summary>")[0]
    assert " checked " in row
    assert "data-starred" in row
    assert "ask the owner" in row
    assert found.count("data-starred") == found.count(" checked ") == 1
    assert found.count('data-schema="sales"') >= 1


def test_a_note_is_everybodys_who_may_use_the_connection(
    analyst: Client, session: AnalysisSession, people: People, place: dict[str, str], client: Client
) -> None:
    analyst.post(
        _url("note", session), place | {"name": "orders", "text": f"Since 2020 only. {_HOSTILE}"}, headers=HTMX
    )
    theirs = AnalysisSession.objects.create(owner=people.teammate)
    client.force_login(people.teammate)

    shown = _get(client, "columns", theirs, place | {"table": "orders"})
    changed = client.post(_url("note", theirs), place | {"name": "orders", "text": "Since 2019."}, headers=HTMX)

    assert "Since 2020 only." in shown
    assert "<img src" not in shown
    assert "Since 2019." in changed.content.decode()
    assert TableNote.objects.get().updated_by == people.teammate


def test_an_empty_note_takes_it_away(analyst: Client, session: AnalysisSession, place: dict[str, str]) -> None:
    for text in ("Something", ""):
        analyst.post(_url("note", session), place | {"name": "orders", "text": text}, headers=HTMX)

    assert not TableNote.objects.exists()


def test_a_note_has_an_end(analyst: Client, session: AnalysisSession, place: dict[str, str]) -> None:
    answer = analyst.post(_url("note", session), place | {"name": "orders", "text": "x" * 2001}, headers=HTMX)

    assert answer.status_code == 400
    assert "at most 2000 characters" in answer.content.decode()


@pytest.mark.parametrize("name", ["star", "note"])
def test_a_plain_form_leads_to_the_tables_page(
    analyst: Client, session: AnalysisSession, place: dict[str, str], name: str
) -> None:
    answer = analyst.post(_url(name, session), place | {"name": "orders", "on": "1", "text": "x"})

    assert answer.status_code == 302
    assert "orders" in analyst.get(answer["Location"]).content.decode()
