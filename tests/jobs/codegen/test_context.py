from __future__ import annotations

import json
from typing import Any

from jobs.codegen.base import Join
from jobs.codegen.context import request_for

CANARY = "canary-7f3a"


def picked(table: str, **changes: Any) -> dict[str, Any]:
    key = {"columns": ["customer_id"], "target_schema": "public", "target_table": "customers", "target_columns": ["id"]}
    source = {
        "alias": table,
        "kind": "POSTGRES",
        "connection": "demo",
        "database": "shop",
        "schema": "public",
        "table": table,
        "columns": [
            {
                "name": "id",
                "type": "bigint",
                "nullable": False,
                "is_primary_key": True,
                "is_foreign_key": False,
                "comment": "The number",
            }
        ],
        "statistics": {
            "estimated_rows": 1000,
            "size_bytes": 8192,
            "comment": "A table",
            "kind": "table",
            "average_row_bytes": 80,
            "foreign_keys": [key] if table == "orders" else [],
        },
    }
    return source | changes


def test_names_types_keys_comments_and_rows_reach_the_request() -> None:
    request = request_for("count customers", [picked("customers")])

    (source,) = request.sources
    assert (request.prompt, source.alias, source.comment, source.estimated_rows) == (
        "count customers",
        "customers",
        "A table",
        1000,
    )
    assert (source.columns[0].type, source.columns[0].is_primary_key, source.columns[0].nullable) == (
        "bigint",
        True,
        False,
    )


def test_a_foreign_key_joins_when_both_ends_are_picked() -> None:
    request = request_for("", [picked("customers", alias="clients"), picked("orders")])

    assert request.joins == (Join("orders", ("customer_id",), "clients", ("id",)),)
    assert request_for("", [picked("orders")]).joins == ()


def test_a_foreign_key_does_not_join_across_databases_connections_or_schemas() -> None:
    for place in ({"database": "other"}, {"connection": "other"}, {"schema": "other"}):
        assert request_for("", [picked("customers", **place), picked("orders")]).joins == ()


def test_statistics_may_be_missing() -> None:
    assert request_for("", [picked("customers", statistics={})]).sources[0].estimated_rows is None


def test_nothing_of_where_a_table_is_reaches_the_request() -> None:
    places = dict.fromkeys(
        ("connection", "database", "schema", "host", "secret_arn", "bucket", "password", "jdbc_url"), CANARY
    )

    request = request_for("count customers", [picked("customers", **places), picked("orders", **places)])

    assert CANARY not in repr(request)
    assert CANARY not in json.dumps([source.alias for source in request.sources])
