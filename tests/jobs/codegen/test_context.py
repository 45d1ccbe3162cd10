from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from jobs.codegen.base import GeneratedCode, GenerationRequest, Join
from jobs.codegen.builtin import BuiltinGenerator
from jobs.codegen.context import request_for
from jobs.codegen.prompt import prompt_for
from jobs.source_frames import frames_of

CANARY = "canary-7f3a"


def code_of_the_rules(request: GenerationRequest) -> str:
    answer = BuiltinGenerator().generate(request)
    assert isinstance(answer, GeneratedCode), answer
    return answer.transform


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


def twins(table: str, **changes: Any) -> dict[str, Any]:
    """A table whose columns differ in case only, with a key on the second."""
    columns = [
        {"name": name, "type": "bigint", "nullable": True, "comment": name} for name in ("Customer_Id", "customer_id")
    ]
    key = {"columns": ["customer_id"], "target_schema": "public", "target_table": "people", "target_columns": ["ID"]}
    facts = {"columns": {"customer_id": {"n_distinct": 7.0}}}
    statistics = {"unique_keys": [{"columns": ["customer_id"]}], "foreign_keys": [key], "key_facts": facts}
    return picked(table, columns=columns, statistics=statistics) | changes


def test_columns_that_differ_in_case_only_have_the_names_under_which_they_are_read() -> None:
    ids = [{"name": name, "type": "bigint", "nullable": False} for name in ("id", "ID")]
    people = picked("people", columns=ids)

    request = request_for("", [twins("calls"), people])

    calls, _ = request.sources
    delivered = [frame.columns for frame in frames_of([twins("calls"), people])]
    assert [[column.name for column in source.columns] for source in request.sources] == [
        [name for name, _ in columns] for columns in delivered
    ]
    assert [(c.name, c.comment, c.is_unique, c.distinct) for c in calls.columns] == [
        ("Customer_Id", "Customer_Id", False, None),
        ("customer_id_2", "customer_id", True, 7),
    ]
    assert request.joins == (Join("calls", ("customer_id_2",), "people", ("ID_2",)),)


def test_names_of_glue_and_files_are_taken_as_they_are() -> None:
    (source,) = request_for("", [twins("calls", kind="GLUE")]).sources

    assert [column.name for column in source.columns] == ["Customer_Id", "customer_id"]


@pytest.mark.parametrize("ask", [lambda request: prompt_for(request).context, code_of_the_rules])
def test_every_generator_is_given_these_names(ask: Callable[[GenerationRequest], str]) -> None:
    text = ask(request_for("how many calls per customer_id_2", [twins("calls")]))

    assert "customer_id_2" in text


def test_nothing_of_where_a_table_is_reaches_the_request() -> None:
    places = dict.fromkeys(
        ("connection", "database", "schema", "host", "secret_arn", "bucket", "password", "jdbc_url"), CANARY
    )

    request = request_for("count customers", [picked("customers", **places), picked("orders", **places)])

    assert CANARY not in repr(request)
    assert CANARY not in json.dumps([source.alias for source in request.sources])
