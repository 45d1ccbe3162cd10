"""PostgreSQL's catalogue on the specification's paths."""

from __future__ import annotations

import json

import pytest

from catalog import postgres
from connections.models import DatabaseConnection
from pgspark_site.local_stack.shop import Shop
from tests.api.client import ApiClient

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _connection(connection: DatabaseConnection) -> DatabaseConnection:
    return connection


def test_connections_show_neither_host_nor_secret(owner: ApiClient, connection: DatabaseConnection) -> None:
    answer = owner.get("/api/postgres/connections")
    (shown,) = answer["connections"]
    assert (shown["name"], shown["enabled"], shown["test_state"]) == ("shop", True, "untested")
    assert connection.secret_arn not in json.dumps(answer)


def test_a_disabled_connection_is_not_offered(owner: ApiClient) -> None:
    DatabaseConnection.objects.update(enabled=False)
    assert owner.get("/api/postgres/connections")["connections"] == []


def test_a_test_tells_each_step(owner: ApiClient) -> None:
    answer = owner.post("/api/postgres/shop/test")
    assert answer["passed"] is True
    assert {step["state"] for step in answer["steps"]} <= {"ok", "warning"}
    assert owner.get("/api/postgres/connections")["connections"][0]["test_state"] == "ok"


def test_a_test_that_finds_the_fault_is_an_answer_not_an_error(
    owner: ApiClient, connection: DatabaseConnection
) -> None:
    DatabaseConnection.objects.update(secret_arn=connection.secret_arn[:-1])
    answer = owner.post("/api/postgres/shop/test")
    assert answer["passed"] is False
    first, *others = answer["steps"]
    assert first["problem"]["code"] == answer["error"]["code"] == "SECRET_NOT_FOUND"
    assert {step["state"] for step in others} == {"skipped"}


def test_databases_and_schemas_by_name(owner: ApiClient, sample_shop: Shop) -> None:
    assert sample_shop.database in owner.get("/api/postgres/shop/databases")["databases"]
    schemas = owner.get(f"/api/postgres/shop/schemas/{sample_shop.database}")["schemas"]
    assert {"public", "analytics"} <= set(schemas)


def test_tables_come_with_their_columns_as_the_specification_shows(owner: ApiClient, sample_shop: Shop) -> None:
    tables = owner.get(f"/api/postgres/shop/tables/{sample_shop.database}/public")["tables"]
    orders = next(table for table in tables if table["name"] == "orders")
    assert orders["schema"] == "public"
    column = next(column for column in orders["columns"] if column["name"] == "id")
    assert (column["type"], column["nullable"], column["is_primary_key"]) == ("bigint", False, True)


def test_tables_without_columns_are_a_light_list(owner: ApiClient, sample_shop: Shop) -> None:
    path = f"/api/postgres/shop/tables/{sample_shop.database}/public"
    assert {table["columns"] for table in owner.get(path, columns="false")["tables"]} == {None}
    found = owner.get(path, search="ORDER", columns="false")["tables"]
    assert found
    assert all("order" in table["name"] for table in found)


def test_a_list_is_read_page_by_page(owner: ApiClient, sample_shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    path = f"/api/postgres/shop/tables/{sample_shop.database}/public"
    whole = [table["name"] for table in owner.get(path)["tables"]]
    monkeypatch.setattr(postgres, "PAGE_SIZE", 2)
    names: list[str] = []
    page = owner.get(path)
    while True:
        names += [table["name"] for table in page["tables"]]
        if page["next_cursor"] is None:
            break
        page = owner.get(path, cursor=page["next_cursor"])
    assert names == whole


def test_one_table_has_its_keys(owner: ApiClient, sample_shop: Shop) -> None:
    table = owner.get(f"/api/postgres/shop/tables/{sample_shop.database}/public/orders")["table"]
    assert {"columns": ["customer_id"], "target_table": "customers"}.items() <= table["foreign_keys"][0].items()


def test_a_search_goes_through_all_schemas_names_columns_and_comments(owner: ApiClient, sample_shop: Shop) -> None:
    path = f"/api/postgres/shop/search/{sample_shop.database}"
    found = owner.get(path, text="customer_id")
    assert {(table["schema"], table["name"], table["why"]) for table in found["tables"]} >= {
        ("public", "orders", "customer_id")
    }
    assert owner.get(path, 400, text="x")["error"]["fields"][0]["field"] == "text"
    assert owner.get(path, 400)["error"]["fields"][0]["field"] == "text"


def test_what_was_kept_is_passed_over_when_asked(owner: ApiClient, sample_shop: Shop) -> None:
    path = f"/api/postgres/shop/schemas/{sample_shop.database}"
    first, kept, fresh = owner.get(path), owner.get(path), owner.get(path, fresh="true")
    assert first["read_at"] == kept["read_at"] < fresh["read_at"]


@pytest.mark.parametrize(
    ("path", "code"),
    [
        ("schemas/nowhere", "DATABASE_NOT_FOUND"),
        ("tables/{shop}/nowhere", "SCHEMA_NOT_FOUND"),
        ("tables/{shop}/public/nowhere", "TABLE_NOT_FOUND"),
        ("tables/{shop}/public/'; DROP TABLE orders; --", "TABLE_NOT_FOUND"),
    ],
)
def test_what_is_not_there_is_said(owner: ApiClient, sample_shop: Shop, path: str, code: str) -> None:
    answer = owner.get(f"/api/postgres/shop/{path.format(shop=sample_shop.database)}", 404)
    assert answer["error"]["code"] == code
