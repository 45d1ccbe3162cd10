from __future__ import annotations

import ast
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jobs.script.assemble import Script, ScriptJob, Source, assemble
from jobs.script.postgres_reader import PostgresSource
from jobs.script.postgres_types import ColumnReading, read_columns
from jobs.script.read_plan import read_plan

ARN = "arn:aws:secretsmanager:us-east-1:123456789012:secret:spark/postgres/example-AbCdEf"
TRANSFORM = "def transform(spark, orders):\n    return orders\n"


def read(*names: str, type_: str = "bigint") -> list[ColumnReading]:
    return read_columns([{"name": name, "type": type_} for name in names])


def source(**changes: Any) -> PostgresSource:
    facts: dict[str, Any] = {
        "alias": "orders",
        "connection": "aurora-example",
        "secret_arn": ARN,
        "tls_mode": "require",
        "database": "shop",
        "schema": "public",
        "table": "orders",
        "columns": read("id", "status"),
        "plan": read_plan({"estimated_rows": 200_000, "average_row_bytes": 100}),
    }
    return PostgresSource(**facts | changes)


def script(*sources: Source, transform: str = TRANSFORM) -> Script:
    job = ScriptJob(
        run_id="RUN",
        version=1,
        sources=sources or (source(),),
        transform=transform,
        output_uri="s3://example/runs/RUN/output/",
        manifest_uri="s3://example/runs/RUN/manifest.json",
        row_limit=100,
    )
    return assemble(job)


def options(text: str) -> dict[str, str]:
    """The constant options of the script's readers."""
    calls = (node for node in ast.walk(ast.parse(text)) if isinstance(node, ast.Call))
    pairs = (
        call.args
        for call in calls
        if isinstance(call.func, ast.Attribute) and call.func.attr == "option" and len(call.args) == 2
    )
    return {key.value: ast.unparse(value) for key, value in pairs if isinstance(key, ast.Constant)}  # type: ignore[misc]


def test_the_script_has_the_jdbc_connectivity_of_the_specification() -> None:
    found = options(script().text)
    assert found["driver"] == "'org.postgresql.Driver'"
    assert found["url"] == "login['url']"
    assert found["dbtable"] == """'"public"."orders"'"""
    assert found["user"] == "login['user']"
    assert found["password"] == "login['password']"
    assert int(ast.literal_eval(found["fetchsize"])) == 50_000
    assert f"_login({ARN!r}, 'shop', 'require')" in script().text


def test_the_transform_stands_in_it_as_written_at_the_line_that_is_told() -> None:
    transform = "RATE = 2\n\n\ndef transform(spark, orders):\n    # why\n    return orders.limit(RATE)"
    made = script(transform=transform)
    lines = made.text.splitlines()
    first = made.transform_line - 1
    assert lines[first : first + 6] == transform.splitlines()


@given(name=st.text(min_size=1, max_size=63).filter(lambda text: "\0" not in text))
def test_no_name_from_a_database_becomes_code(name: str) -> None:
    try:
        name.encode()
    except UnicodeEncodeError:
        return  # PostgreSQL holds no lone surrogates.
    text = script(source(database=name, schema=name, table=name, columns=read(name, name.upper()))).text
    plain = script(source(columns=read("a", "A"))).text
    shape = [type(node) for node in ast.walk(ast.parse(text)) if isinstance(node, ast.FunctionDef | ast.Import)]
    expected = [type(node) for node in ast.walk(ast.parse(plain)) if isinstance(node, ast.FunctionDef | ast.Import)]
    assert shape == expected


def test_a_quote_in_a_table_s_name_is_doubled() -> None:
    found = options(script(source(table='we"ird %t')).text)
    assert ast.literal_eval(found["dbtable"]) == '"public"."we""ird %t"'


def test_columns_that_spark_cannot_quote_are_read_under_plain_names_and_named_back() -> None:
    text = script(source(columns=read('a"b', "x", "X"))).text
    query = ast.literal_eval(options(text)["dbtable"])
    assert query == '(SELECT "a""b" AS "c1", "x" AS "c2", "X" AS "c3" FROM "public"."orders") AS source'
    assert ".toDF(*['a\"b', 'x', 'X_2'])" in text


def test_every_name_of_the_platform_begins_with_an_underscore_or_is_promised_to_the_transform() -> None:
    tree = ast.parse(script().text)
    defined = {node.name for node in tree.body if isinstance(node, ast.FunctionDef | ast.ClassDef)}
    assigned = {name.id for node in tree.body if isinstance(node, ast.Assign) for name in node.targets}  # type: ignore[attr-defined]
    imported = {
        alias.asname or alias.name for node in tree.body if isinstance(node, ast.ImportFrom) for alias in node.names
    }
    own = {name for name in defined | assigned if not name.startswith("_")}
    assert own == {"transform"}
    assert imported == {"Window", "F", "T"}


@pytest.mark.parametrize(("width", "rows"), [(10, 50_000), (1_000, 16_777), (1_000_000, 1_000), (None, 10_000)])
def test_the_fetch_size_keeps_a_round_trip_near_16_megabytes(width: int | None, rows: int) -> None:
    assert read_plan({"average_row_bytes": width}).fetch_size == rows
