"""The rail's fragments and the chips, as htmx and as plain forms; and who is refused."""

from __future__ import annotations

import json
import re
from html import unescape
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from catalog import operations
from catalog.models import AnalysisSession
from catalog.types import TableRef
from connections.models import DatabaseConnection
from tests.catalog.conftest import ODD, People, Room
from tests.connections.factories import make_connection

pytestmark = pytest.mark.django_db

HTMX = {"HX-Request": "true"}


@pytest.fixture
def analyst(client: Client, people: People) -> Client:
    client.force_login(people.owner)
    return client


@pytest.fixture
def place(connection: DatabaseConnection, room: Room) -> dict[str, str]:
    return {"connection": "shop", "database": room.database, "schema": "sales"}


def _url(name: str, session: AnalysisSession, *more: Any) -> str:
    return reverse(f"catalog:{name}", args=[session.uuid, *more])


def _picked(session: AnalysisSession, people: People, connection: DatabaseConnection, room: Room, table: str) -> Any:
    refs = [TableRef(room.database, "sales", table)]
    return operations.add_sources(session=session, user=people.owner, connection=connection, refs=refs)[0]


def test_databases_load_alone(analyst: Client, session: AnalysisSession, place: dict[str, str]) -> None:
    fragment = analyst.get(_url("databases", session), place, headers=HTMX).content.decode()

    assert f'<option value="{place["database"]}" selected>' in fragment
    assert "Reading schemas" in fragment


def test_schemas_load_alone(analyst: Client, session: AnalysisSession, place: dict[str, str]) -> None:
    fragment = analyst.get(_url("schemas", session), place, headers=HTMX).content.decode()

    assert '<option value="sales" selected>' in fragment
    assert "Reading tables" in fragment


def test_no_database_is_chosen_for_a_person_who_has_several(
    analyst: Client, session: AnalysisSession, connection: DatabaseConnection
) -> None:
    fragment = analyst.get(_url("databases", session), {"connection": "shop"}, headers=HTMX).content.decode()

    assert "Choose a database first" in fragment


def test_tables_show_estimates_and_reasons(analyst: Client, session: AnalysisSession, place: dict[str, str]) -> None:
    fragment = analyst.get(_url("tables", session), place, headers=HTMX).content.decode()

    assert "of 8 selected" in fragment.replace("</b>", "").replace("\n", " ")
    assert "500" in fragment
    assert "no SELECT on it" in fragment


def test_a_search_runs_on_the_server(analyst: Client, session: AnalysisSession, place: dict[str, str]) -> None:
    fragment = analyst.get(_url("tables", session), place | {"q": "ORDER"}, headers=HTMX).content.decode()

    assert "order_items" in fragment
    assert "big_spenders" not in fragment


def test_a_name_from_the_database_is_text_and_no_markup(
    analyst: Client, session: AnalysisSession, place: dict[str, str]
) -> None:
    fragment = analyst.get(_url("tables", session), place | {"schema": ODD}, headers=HTMX).content.decode()

    assert "<img" not in fragment
    assert "&lt;img onerror" in fragment


def test_columns_open_on_demand(analyst: Client, session: AnalysisSession, place: dict[str, str]) -> None:
    fragment = analyst.get(_url("columns", session), place | {"table": "customers"}, headers=HTMX).content.decode()

    assert "numeric(12,2)?" in fragment
    assert "Primary key" in fragment


@pytest.mark.parametrize(("level", "change"), [("schemas", {"database": "never_made"}), ("tables", {"schema": "nope"})])
def test_a_level_fails_in_its_place_with_advice(
    analyst: Client, session: AnalysisSession, place: dict[str, str], level: str, change: dict[str, str]
) -> None:
    answer = analyst.get(_url(level, session), place | change, headers=HTMX)

    assert answer.status_code == 200
    assert "does not exist" in answer.content.decode()
    assert "Try again" in answer.content.decode()


def test_picking_answers_with_checkbox_counter_and_chips(
    analyst: Client, session: AnalysisSession, place: dict[str, str]
) -> None:
    answer = analyst.post(_url("pick", session), place | {"name": "orders", "pick": "1"}, headers=HTMX)

    fragment = answer.content.decode()
    assert session.sources.get().table == "orders"
    assert "checked" in fragment
    assert '<b id="picked-count" hx-swap-oob="true">1</b>' in fragment
    assert 'id="sources"' in fragment
    assert "sources-changed" in json.loads(answer["HX-Trigger"])


def test_picking_remembers_the_place(analyst: Client, session: AnalysisSession, place: dict[str, str]) -> None:
    analyst.post(_url("pick", session), place | {"name": "orders", "pick": "1"}, headers=HTMX)

    session.refresh_from_db()
    assert session.picked_schema == "sales"


def test_putting_back(
    analyst: Client, session: AnalysisSession, people: People, connection: DatabaseConnection, room: Room,
    place: dict[str, str],
) -> None:  # fmt: skip
    _picked(session, people, connection, room, "orders")

    fragment = analyst.post(_url("pick", session), place | {"name": "orders", "pick": ""}, headers=HTMX)

    assert not session.sources.exists()
    assert "checked" not in fragment.content.decode().split("</span>")[0]


def test_a_table_dropped_between_the_clicks(analyst: Client, session: AnalysisSession, place: dict[str, str]) -> None:
    answer = analyst.post(_url("pick", session), place | {"name": "dropped", "pick": "1"}, headers=HTMX)

    assert answer.status_code == 404
    assert "does not exist" in answer.content.decode()
    assert "HX-Trigger" not in answer


def test_the_list_posts_as_a_plain_form(analyst: Client, session: AnalysisSession, place: dict[str, str]) -> None:
    page = analyst.get(_url("tables", session), place, headers=HTMX).content.decode()
    shown = unescape(re.search(r'name="shown" value="([^"]*)"', page)[1])  # type: ignore[index]
    data = place | {"shown": [shown], "table": ["customers"]}

    answer = analyst.post(_url("selection", session), data)

    assert answer.status_code == 302
    assert [source.table for source in session.sources.all()] == ["customers"]
    analyst.post(_url("selection", session), data | {"table": []})
    assert not session.sources.exists()


def test_the_selects_post_as_a_plain_form(analyst: Client, session: AnalysisSession, place: dict[str, str]) -> None:
    answer = analyst.post(_url("remember", session), place)

    session.refresh_from_db()
    assert session.picked_database == place["database"]
    assert answer["Location"].endswith(f"/sessions/{session.uuid}/?rail=loaded#rail")


def test_a_changed_connection_waits_for_its_databases(
    analyst: Client, session: AnalysisSession, place: dict[str, str]
) -> None:
    data = {"connection": "shop", "changed": "connection"}

    fragment = analyst.post(_url("remember", session), data, headers=HTMX).content.decode()

    assert "Reading databases" in fragment


def test_removing_a_source(
    analyst: Client, session: AnalysisSession, people: People, connection: DatabaseConnection, room: Room
) -> None:
    source = _picked(session, people, connection, room, "orders")

    answer = analyst.post(_url("remove", session, source.pk), headers=HTMX)

    assert not session.sources.exists()
    assert set(json.loads(answer["HX-Trigger"])) == {"sources-changed", "source-removed"}


def test_renaming_a_source(
    analyst: Client, session: AnalysisSession, people: People, connection: DatabaseConnection, room: Room
) -> None:
    source = _picked(session, people, connection, room, "orders")

    fragment = analyst.post(_url("rename", session, source.pk), {"alias": "placed"}, headers=HTMX).content.decode()

    assert "<code>placed</code>" in fragment


def test_a_refused_alias_stays_in_its_field(
    analyst: Client, session: AnalysisSession, people: People, connection: DatabaseConnection, room: Room
) -> None:
    source = _picked(session, people, connection, room, "orders")

    answer = analyst.post(_url("rename", session, source.pk), {"alias": "class"}, headers=HTMX)

    assert answer.status_code == 400
    assert 'value="class"' in answer.content.decode()


def test_chips_keep_the_order_of_picking(
    analyst: Client, session: AnalysisSession, people: People, connection: DatabaseConnection, room: Room
) -> None:
    for table in ("orders", "customers"):
        _picked(session, people, connection, room, table)

    chips = analyst.get(_url("sources", session), headers=HTMX).content.decode()

    assert chips.index(">orders</b>") < chips.index(">customers</b>")


READS = ["databases", "schemas", "tables", "columns"]
WRITES = ["remember", "pick", "selection", "remove", "rename"]


def _arguments(name: str, session: AnalysisSession) -> str:
    return _url(name, session, *([1] if name in ("remove", "rename") else []))


@pytest.mark.parametrize("name", [*READS, "sources"])
def test_reading_needs_a_login(client: Client, session: AnalysisSession, name: str) -> None:
    assert client.get(_url(name, session)).status_code == 302


@pytest.mark.parametrize("name", WRITES)
@pytest.mark.parametrize(("who", "status"), [("teammate", 403), ("outsider", 404), ("staff", 404)])
def test_only_the_owner_writes(
    client: Client, session: AnalysisSession, people: People, name: str, who: str, status: int
) -> None:
    client.force_login(getattr(people, who))

    answer = client.post(_arguments(name, session), {"connection": "shop", "alias": "x"}, headers=HTMX)

    assert answer.status_code == status


@pytest.mark.parametrize("name", READS)
@pytest.mark.parametrize(("who", "status"), [("teammate", 403), ("outsider", 404)])
def test_only_the_owner_has_pickers(
    client: Client, session: AnalysisSession, people: People, name: str, who: str, status: int
) -> None:
    client.force_login(getattr(people, who))

    assert client.get(_url(name, session), headers=HTMX).status_code == status


def test_a_teammate_sees_chips_without_controls(
    client: Client, session: AnalysisSession, people: People, connection: DatabaseConnection, room: Room
) -> None:
    _picked(session, people, connection, room, "orders")
    client.force_login(people.teammate)

    chips = client.get(_url("sources", session), headers=HTMX).content.decode()

    assert ">orders</b>" in chips
    assert "<form" not in chips


@pytest.mark.parametrize("name", ["pick", "remember", "selection"])
def test_a_connection_of_others_is_not_there(analyst: Client, session: AnalysisSession, aws: str, name: str) -> None:
    make_connection("closed")
    data = {"connection": "closed", "database": "d", "schema": "s", "name": "t", "pick": "1", "table": "t"}

    assert analyst.post(_url(name, session), data, headers=HTMX).status_code == 404
    assert not session.sources.exists()


@pytest.mark.parametrize("name", READS)
def test_a_nul_byte_is_no_server_error(
    analyst: Client, session: AnalysisSession, connection: DatabaseConnection, name: str
) -> None:
    data = {"connection": "shop", "database": "\x00", "schema": "\x00", "q": "\x00", "after": "\x00", "table": "\x00"}

    assert analyst.get(_url(name, session), data, headers=HTMX).status_code == 200
