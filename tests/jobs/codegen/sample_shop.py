"""The sample shop as the platform hands it over: what the catalogue tells of its tables, and frames as readers give."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import psycopg
import pytest
from psycopg import sql
from pyspark.sql import DataFrame, SparkSession

from catalog import postgres
from catalog.drift import postgres_facts
from catalog.types import TableRef
from connections.models import DatabaseConnection
from jobs.script.postgres_types import read_columns
from pgspark_site.local_stack.shop import Shop

TABLES = {
    **dict.fromkeys(
        ("customers", "products", "orders", "order_items", "customer_totals", "page_views", "web_events"), "public"
    ),
    **dict.fromkeys(("daily_sales", "category_sales"), "analytics"),
}
Snapshots = dict[str, dict[str, Any]]


@contextmanager
def reader(shop: Shop) -> Iterator[psycopg.Connection[tuple[Any, ...]]]:
    with psycopg.connect(
        host=shop.host,
        port=shop.port,
        dbname=shop.database,
        user=shop.user,
        password=shop.password,
        autocommit=True,
        options="-c timezone=UTC -c statement_timeout=60s",
    ) as connection:
        yield connection


def snapshots(shop: Shop) -> Snapshots:
    """Each table as a picked source stores it; the login is the test's own, all else the catalogue's."""

    @contextmanager
    def borrowed(*_: object) -> Iterator[psycopg.Connection[tuple[Any, ...]]]:
        with reader(shop) as connection:
            yield connection

    refs = [TableRef(shop.database, schema, table) for table, schema in TABLES.items()]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(postgres, "borrow", borrowed)
        details = postgres.table_details(DatabaseConnection(name="shop"), shop.database, refs)
    return {detail.ref.table: _snapshot(detail.ref, postgres_facts(detail)) for detail in details}


def _snapshot(ref: TableRef, facts: Any) -> dict[str, Any]:
    place = {"connection": "shop", "database": ref.database, "schema": ref.schema}
    named = {"alias": ref.table, "table": ref.table, "kind": "POSTGRES"}
    return {**place, **named, "columns": facts.columns, "statistics": facts.statistics}


def frame(spark: SparkSession, connection: psycopg.Connection[tuple[Any, ...]], source: Mapping[str, Any]) -> DataFrame:
    """A table as its reader delivers it: its expressions, under its names, in its types."""
    readings = read_columns(source["columns"])
    asked = sql.SQL(", ").join(sql.SQL(reading.expression) for reading in readings)  # type: ignore[arg-type]
    table = sql.Identifier(source["schema"], source["table"])
    rows = connection.execute(sql.SQL("SELECT {} FROM {}").format(asked, table)).fetchall()
    types = ", ".join(f"`{reading.name}` {reading.type}" for reading in readings)
    return spark.createDataFrame(rows, types, verifySchema=False).cache()


def comparable(value: Any) -> Any:
    """One form for what Spark and psycopg write differently; Spark's moments are in the zone of the process."""
    if isinstance(value, datetime):
        return value.astimezone(UTC)
    if isinstance(value, Decimal | float):
        return float(value)
    return value


def alike(one: Any, other: Any) -> bool:
    """Equal, numbers up to the digits that an average keeps."""
    if isinstance(one, int | float) and isinstance(other, int | float):
        return math.isclose(one, other, rel_tol=1e-6, abs_tol=1e-6)
    return bool(one == other)


def sortable(row: tuple[Any, ...]) -> tuple[str, ...]:
    return tuple(
        f"{value:020.4f}" if isinstance(value, int | float) and not isinstance(value, bool) else _text(value)
        for value in row
    )


def _text(value: Any) -> str:
    return value.isoformat() if isinstance(value, date) else repr(value)
