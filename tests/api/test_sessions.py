"""Sessions and what is picked in them."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.conf import settings

from catalog.models import AnalysisSession
from connections.models import DatabaseConnection
from pgspark_site.local_stack.shop import Shop
from tests.api.client import ApiClient
from tests.connections.factories import make_connection, make_secret
from tests.jobs.conftest import People
from tests.jobs.factories import SessionFactory

pytestmark = pytest.mark.django_db


def select(owner: ApiClient, session: AnalysisSession, tables: list[dict[str, Any]], status: int = 200) -> Any:
    body = {"connection_name": "shop", "tables": tables}
    return owner.post(f"/api/sessions/{session.uuid}/select-postgres-tables", body, status)


def aliases(owner: ApiClient, session: AnalysisSession) -> list[str]:
    return [source["alias"] for source in owner.get(f"/api/sessions/{session.uuid}")["session"]["sources"]]


@pytest.fixture
def place(sample_shop: Shop) -> Any:
    return lambda table: {"database": sample_shop.database, "schema": "public", "table": table}


def test_a_session_is_made_where_its_answer_says(owner: ApiClient) -> None:
    response = owner.http.post("/api/sessions", {"title": "  Month   end "}, content_type="application/json")
    assert response.status_code == 201
    made = owner.get(response["Location"])["session"]
    assert (made["title"], made["owner"], made["can_edit"], made["sources"]) == ("Month end", "analyst", True, [])


def test_a_long_title_is_cut_as_on_the_page(owner: ApiClient) -> None:
    assert len(owner.post("/api/sessions", {"title": "x" * 200}, 201)["session"]["title"]) == 120


def test_sessions_come_in_pages_newest_first_with_those_shared(owner: ApiClient, people: People) -> None:
    mine = [SessionFactory(owner=people.owner) for _ in range(2)]
    shared = SessionFactory(owner=people.teammate, shared_with=people.owner.groups.get())
    SessionFactory(owner=people.outsider)
    first = owner.get("/api/sessions", limit=2)
    rest = owner.get("/api/sessions", cursor=first["next_cursor"])
    found = [*first["sessions"], *rest["sessions"]]
    assert [one["id"] for one in found] == [str(shared.uuid), str(mine[1].uuid), str(mine[0].uuid)]
    assert [one["can_edit"] for one in found] == [False, True, True]
    assert rest["next_cursor"] is None


def test_only_what_is_named_changes(owner: ApiClient, session: AnalysisSession) -> None:
    path = f"/api/sessions/{session.uuid}"
    owner.send("patch", path, {"draft_prompt": "half a question"})
    session.refresh_from_db()
    assert (session.title, session.draft_prompt) == ("Top customers", "half a question")


def test_a_selection_replaces_the_one_before_and_keeps_what_stays(
    owner: ApiClient, session: AnalysisSession, place: Any
) -> None:
    kept = session.sources.get(table="orders")
    answer = select(owner, session, [place("orders"), place("products")])
    assert [one["table"] for one in answer["selected_tables"]] == ["orders", "products"]
    assert answer["selected_tables"][0]["connection_name"] == "shop"
    assert set(session.sources.values_list("table", flat=True)) == {"orders", "products"}
    assert session.sources.get(table="orders").pk == kept.pk
    assert not {"jdbc_url", "secret_arn"} & answer["selected_tables"][0].keys()
    assert "arn:aws" not in json.dumps(answer)


def test_a_selection_replaces_tables_of_other_connections_too(
    owner: ApiClient, session: AnalysisSession, place: Any, sample_shop: Shop, people: People
) -> None:
    secret = make_secret(username=sample_shop.user, password=sample_shop.password, database=sample_shop.database)
    make_connection("second", secret).groups.add(people.owner.groups.get())
    body = {"connection_name": "second", "tables": [place("customers")]}
    owner.post(f"/api/sessions/{session.uuid}/select-postgres-tables", body)
    assert list(session.sources.values_list("connection__name", "table")) == [("second", "customers")]


def test_a_selection_with_a_table_that_is_not_there_changes_nothing(
    owner: ApiClient, session: AnalysisSession, place: Any
) -> None:
    answer = select(owner, session, [place("products"), place("nowhere")], 404)
    assert answer["error"]["code"] == "TABLE_NOT_FOUND"
    assert aliases(owner, session) == ["customers", "orders"]


def test_a_selection_that_is_too_large_asks_no_database(owner: ApiClient, session: AnalysisSession, place: Any) -> None:
    many = [place(f"table{number}") for number in range(settings.PGSPARK_MAX_SOURCES + 1)]
    assert select(owner, session, many, 400)["error"]["code"] == "TOO_MANY_SOURCES"


def test_a_full_selection_can_be_replaced_by_another(
    owner: ApiClient, session: AnalysisSession, place: Any, settings: Any
) -> None:
    settings.PGSPARK_MAX_SOURCES = 2
    select(owner, session, [place("products"), place("order_items")])
    assert aliases(owner, session) == ["products", "order_items"]


def test_an_empty_selection_removes_them_all(owner: ApiClient, session: AnalysisSession) -> None:
    assert select(owner, session, [])["selected_tables"] == []
    assert aliases(owner, session) == []


def test_a_source_gets_another_name(owner: ApiClient, session: AnalysisSession) -> None:
    path = f"/api/sessions/{session.uuid}/sources/{session.sources.get(table='orders').pk}"
    answer = owner.send("patch", path, {"alias": "sales"})
    assert [one["alias"] for one in answer["sources"]] == ["customers", "sales"]
    assert owner.send("patch", path, {"alias": "class"}, 400)["error"]["code"] == "ALIAS_INVALID"
    assert owner.send("patch", path, {"alias": "customers"}, 409)["error"]["code"] == "ALIAS_TAKEN"


def test_a_source_is_removed_once_and_for_all(owner: ApiClient, session: AnalysisSession) -> None:
    path = f"/api/sessions/{session.uuid}/sources/{session.sources.get(table='orders').pk}"
    for _ in range(2):
        assert [one["alias"] for one in owner.send("delete", path)["sources"]] == ["customers"]


def test_a_source_of_another_session_stays(owner: ApiClient, session: AnalysisSession, people: People) -> None:
    other = SessionFactory(owner=people.owner)
    owner.send("delete", f"/api/sessions/{other.uuid}/sources/{session.sources.first().pk}")
    assert session.sources.count() == 2


def test_tables_of_a_connection_one_may_not_use_are_not_picked(
    owner: ApiClient, session: AnalysisSession, place: Any, connection: DatabaseConnection
) -> None:
    connection.groups.clear()
    assert select(owner, session, [place("products")], 404)["error"]["code"] == "NOT_FOUND"
