"""A small shop: its tables as a generator sees them, and its rows for Spark and for SQLite."""

from __future__ import annotations

import random
import sqlite3
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from jobs.codegen.base import ColumnInfo, GenerationRequest, Join, SourceInfo

_COLUMNS = {
    "customers": "id:bigint! name:text email:text? country:text? segment:text company:text? "
    "is_active:boolean created_at:timestamptz",
    "orders": "id:bigint! customer_id:bigint status:text total_amount:numeric(12,2) ordered_at:timestamptz",
    "order_items": "order_id:bigint! line_no:integer! product_id:bigint quantity:integer unit_price:numeric(10,2)",
    "products": "id:bigint! sku:text name:text category:text price:numeric(10,2)",
}
SPARK_TYPES = {
    "bigint": "bigint",
    "integer": "int",
    "text": "string",
    "boolean": "boolean",
    "timestamptz": "timestamp",
    "numeric(12,2)": "decimal(12,2)",
    "numeric(10,2)": "decimal(10,2)",
}
JOINS = (
    Join("orders", ("customer_id",), "customers", ("id",)),
    Join("order_items", ("order_id",), "orders", ("id",)),
    Join("order_items", ("product_id",), "products", ("id",)),
)


def _column(text: str) -> ColumnInfo:
    name, kind = text.split(":")
    return ColumnInfo(name, kind.rstrip("!?"), nullable=kind.endswith("?"), is_primary_key=kind.endswith("!"))


SOURCES = {
    table: SourceInfo(table, table, tuple(_column(column) for column in columns.split()))
    for table, columns in _COLUMNS.items()
}


def request(prompt: str, *tables: str, **changes: Any) -> GenerationRequest:
    """A question over the named tables, all four when none is named."""
    picked = tables or tuple(SOURCES)
    sources = tuple(SOURCES[table] for table in picked)
    joins = tuple(join for join in JOINS if join.alias in picked and join.target_alias in picked)
    return replace(GenerationRequest(prompt, sources, joins), **changes)


def rows() -> dict[str, list[tuple[Any, ...]]]:
    """The same rows every time, with customers that never ordered, empty values and ties."""
    dice = random.Random(7)
    start = datetime(2023, 1, 1, tzinfo=UTC)
    customers = [
        (
            number,
            f"Customer {number % 17}",
            f"c{number}@example.com" if number % 5 else None,
            dice.choice(["DE", "FR", "AT", None]),
            dice.choice(["consumer", "business"]),
            f"Company {number % 4}" if number % 3 else None,
            bool(number % 2),
            start + timedelta(days=number * 11),
        )
        for number in range(1, 31)
    ]
    orders = [
        (
            100 + number,
            dice.randint(1, 25),
            dice.choice(["shipped", "cancelled", "in transit", "delivered"]),
            Decimal(dice.randint(100, 9000)) / 100,
            start + timedelta(hours=number * 91 + (number % 24)),
        )
        for number in range(200)
    ]
    # The first moment after a range, and the last moment inside it.
    orders.append((900, 1, "shipped", Decimal("10.00"), datetime(2024, 4, 1, tzinfo=UTC)))
    orders.append((901, 2, "shipped", Decimal("20.00"), datetime(2024, 3, 31, 23, 59, 59, tzinfo=UTC)))
    products = [
        (n, f"SKU-{n}", f"Product {n}", dice.choice(["toys", "tools", "books"]), Decimal(n * 137 % 500) / 10)
        for n in range(1, 13)
    ]
    items = [
        (order[0], line, dice.randint(1, 11), dice.randint(1, 9), Decimal(dice.randint(100, 900)) / 100)
        for order in orders
        for line in range(1, dice.randint(1, 3) + 1)
    ]
    return {"customers": customers, "orders": orders, "order_items": items, "products": products}


def sqlite_shop() -> sqlite3.Connection:
    database = sqlite3.connect(":memory:")
    for table, table_rows in rows().items():
        names = [column.name for column in SOURCES[table].columns]
        database.execute(f"create table {table} ({', '.join(names)})")
        marks = ", ".join("?" * len(names))
        plain_rows = [tuple(sql_value(value) for value in row) for row in table_rows]
        database.executemany(f"insert into {table} values ({marks})", plain_rows)
    return database


def sql_value(value: Any) -> Any:
    if isinstance(value, Decimal):
        return float(value)
    return value.strftime("%Y-%m-%d %H:%M:%S") if isinstance(value, datetime) else value
