"""What PostgreSQL is asked, and what it answers about awkward databases."""

from __future__ import annotations

import json
import os
from typing import Any

import psycopg
import pytest

from catalog import postgres
from catalog.postgres import list_databases, list_schemas, list_tables, table_detail, table_details
from catalog.types import Column, ForeignKey, Index, TableDetail, TableRef, UniqueKey
from connections.errors import PortalError
from connections.models import DatabaseConnection
from tests.catalog.conftest import LONG, ODD, Room

pytestmark = pytest.mark.django_db


def test_databases_that_the_user_may_enter(connection: DatabaseConnection, room: Room) -> None:
    found = list_databases(connection)

    assert room.database in found
    assert "template0" not in found


def test_schemas_that_the_user_may_use(connection: DatabaseConnection, room: Room) -> None:
    assert list_schemas(connection, room.database) == sorted([ODD, "public", "sales", "vacant"])


def test_tables_with_kind_and_estimates(connection: DatabaseConnection, room: Room) -> None:
    found = {table.name: table for table in list_tables(connection, room.database, "sales").tables}

    assert {name: table.kind for name, table in found.items()} == {
        "big_spenders": "view",
        "customers": "table",
        "events": "partitioned table",
        "order_items": "table",
        "orders": "table",
        "secret": "table",
        "staff": "table",
        "totals": "materialised view",
    }
    assert found["customers"].estimated_rows == 500
    assert found["customers"].size_bytes and found["customers"].size_bytes % 8192 == 0
    assert found["customers"].comment == "People who buy"
    assert (found["orders"].estimated_rows, found["orders"].size_bytes) == (None, None)
    assert found["big_spenders"].estimated_rows is None


def test_a_table_without_select_is_listed_as_unreadable(connection: DatabaseConnection, room: Room) -> None:
    found = {table.name: table.readable for table in list_tables(connection, room.database, "sales").tables}

    assert not found["secret"]
    assert found["customers"]


@pytest.mark.parametrize(
    ("search", "names"),
    [
        ("UPPER", ["Upper"]),
        ("%", ["100%"]),
        ("_", ["under_score"]),
        ("\\", ["back\\slash"]),
        ('o"t', ['Quo"ted']),
        ("röß", ["größe"]),
        ("' OR 1=1 --", []),
    ],
)
def test_a_search_is_text_and_no_pattern(
    connection: DatabaseConnection, room: Room, search: str, names: list[str]
) -> None:
    assert [table.name for table in list_tables(connection, room.database, ODD, search=search).tables] == names


def test_pages_follow_each_other_without_gap_or_repeat(
    connection: DatabaseConnection, room: Room, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = [table.name for table in list_tables(connection, room.database, ODD).tables]
    monkeypatch.setattr(postgres, "PAGE_SIZE", 3)
    read: list[str] = []
    more = True

    while more:
        page = list_tables(connection, room.database, ODD, after=read[-1] if read else "")
        read += [table.name for table in page.tables]
        more = page.more

    assert read == whole
    assert LONG in whole


def test_a_schema_without_tables_is_an_empty_page(connection: DatabaseConnection, room: Room) -> None:
    assert list_tables(connection, room.database, "vacant").tables == ()


@pytest.mark.parametrize(("schema", "code"), [("never_made", "SCHEMA_NOT_FOUND"), ("hidden", "PERMISSION_DENIED")])
def test_a_schema_that_cannot_be_listed(connection: DatabaseConnection, room: Room, schema: str, code: str) -> None:
    with pytest.raises(PortalError, match=code):
        list_tables(connection, room.database, schema)


def test_columns_with_types_keys_and_comments(connection: DatabaseConnection, room: Room) -> None:
    detail = table_detail(connection, TableRef(room.database, "sales", "customers"))

    assert detail.columns == (
        Column("id", "bigint", nullable=False, is_primary_key=True),
        Column("name", "text", nullable=False, comment="As on the invoice"),
        Column("balance", "numeric(12,2)", nullable=True),
        Column("tags", "text[]", nullable=True),
    )
    assert detail.average_row_bytes and detail.average_row_bytes > 10


def test_keys_of_a_read_only_role(connection: DatabaseConnection, room: Room) -> None:
    orders, items = table_details(
        connection,
        room.database,
        [TableRef(room.database, "sales", "orders"), TableRef(room.database, "sales", "order_items")],
    )

    assert [c.name for c in orders.columns if c.is_primary_key] == ["a", "b"]
    assert [c.name for c in orders.columns if c.is_foreign_key] == ["customer_id"]
    assert items.foreign_keys == (ForeignKey(("x", "y"), "sales", "orders", ("a", "b")),)


def test_unique_keys_and_indexes(connection: DatabaseConnection, room: Room) -> None:
    detail = table_detail(connection, TableRef(room.database, "sales", "customers"))

    assert detail.unique_keys == (UniqueKey("customers_name", ("name", "id")),)
    assert detail.indexes == (
        Index("customers_lower", (None, "balance"), is_unique=False, method="btree"),
        Index("customers_name", ("name", "id"), is_unique=True, method="btree"),
        Index("customers_pkey", ("id",), is_unique=True, method="btree"),
        Index("customers_rich", ("name",), is_unique=True, method="btree", is_partial=True),
        Index("customers_tags", ("tags",), is_unique=False, method="gin"),
    )


def test_only_columns_that_may_be_read_are_told(connection: DatabaseConnection, room: Room) -> None:
    detail = table_detail(connection, TableRef(room.database, "sales", "staff"))

    assert detail.summary.readable
    assert [column.name for column in detail.columns] == ["id", "name"]
    assert [index.name for index in detail.indexes] == ["staff_pkey"]
    assert detail.unique_keys == ()


def test_a_partitioned_table_is_the_sum_of_its_leaves(connection: DatabaseConnection, room: Room) -> None:
    detail = table_detail(connection, TableRef(room.database, "sales", "events"))

    assert detail.partitions == 2
    assert detail.summary.estimated_rows == 1000
    assert detail.summary.size_bytes and detail.summary.size_bytes >= 2 * 8192


def test_a_detail_survives_json(connection: DatabaseConnection, room: Room) -> None:
    for table in ("customers", "order_items", "events"):
        detail = table_detail(connection, TableRef(room.database, "sales", table))

        assert TableDetail.from_json(json.loads(json.dumps(detail.as_json()))) == detail


def test_every_odd_table_is_found_by_its_own_name(connection: DatabaseConnection, room: Room) -> None:
    names = [table.name for table in list_tables(connection, room.database, ODD).tables]

    details = table_details(connection, room.database, [TableRef(room.database, ODD, name) for name in names])

    assert [detail.ref.table for detail in details] == names


def test_a_view_has_columns(connection: DatabaseConnection, room: Room) -> None:
    detail = table_detail(connection, TableRef(room.database, "sales", "big_spenders"))

    assert [column.name for column in detail.columns] == ["id", "name", "balance", "tags"]
    assert detail.average_row_bytes is None


def test_a_dropped_table_is_named(connection: DatabaseConnection, room: Room) -> None:
    with pytest.raises(PortalError, match=r"TABLE_NOT_FOUND.*sales\.never_made"):
        table_detail(connection, TableRef(room.database, "sales", "never_made"))


def test_a_table_in_a_forbidden_schema_is_not_readable(connection: DatabaseConnection, room: Room) -> None:
    assert not table_detail(connection, TableRef(room.database, "hidden", "unseen")).summary.readable


def test_a_locked_table_stalls_nobody(connection: DatabaseConnection, room: Room, settings: Any) -> None:
    settings.PGSPARK_QUERY_TIMEOUT_SECONDS = 2
    with psycopg.connect(os.environ["DATABASE_URL"], dbname=room.database) as locker:
        locker.execute("LOCK TABLE sales.customers IN ACCESS EXCLUSIVE MODE")

        listed = list_tables(connection, room.database, "sales").tables
        detail = table_detail(connection, TableRef(room.database, "sales", "customers"))

    assert "customers" in [table.name for table in listed]
    assert detail.columns


@pytest.mark.parametrize(
    "ask",
    [
        lambda c, d: list_databases(c),
        lambda c, d: list_schemas(c, d),
        lambda c, d: list_tables(c, d, "sales", search="o"),
        lambda c, d: table_detail(c, TableRef(d, "sales", "orders")),
    ],
)
def test_each_question_is_one_statement(
    connection: DatabaseConnection, room: Room, monkeypatch: pytest.MonkeyPatch, ask: object
) -> None:
    ask(connection, room.database)  # type: ignore[operator]  # the pool is warm from here on
    statements: list[object] = []
    real = psycopg.Connection.execute

    def counted(self: object, query: object, *rest: object, **options: object) -> object:
        statements.append(query)
        return real(self, query, *rest, **options)  # type: ignore[arg-type]

    monkeypatch.setattr(psycopg.Connection, "execute", counted)

    ask(connection, room.database)  # type: ignore[operator]

    assert len([statement for statement in statements if statement]) == 1  # the empty one is the pool's check
