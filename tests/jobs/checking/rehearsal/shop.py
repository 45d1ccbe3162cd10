"""The sources of these tests, and texts over them."""

from __future__ import annotations

from collections.abc import Sequence

from jobs.checking.sources import Source

SOURCES = {
    "customers": Source(
        "customers",
        "POSTGRES",
        (("id", "bigint"), ("name", "string"), ("country", "string")),
        (("id",),),
    ),
    "orders": Source(
        "orders",
        "POSTGRES",
        (
            ("id", "bigint"),
            ("customer_id", "bigint"),
            ("amount", "decimal(12,2)"),
            ("status", "string"),
            ("created_at", "timestamp"),
            ("tags", "array<string>"),
        ),
        (("id",),),
    ),
    "visits": Source("visits", "GLUE", (("customer_id", "bigint"), ("day", "date"), ("seconds", "int"))),
}


def transform(body: str, aliases: Sequence[str] = ("customers", "orders")) -> str:
    """A transform over these sources with this body."""
    return f"def transform(spark, {', '.join(aliases)}):\n" + "".join(f"    {line}\n" for line in body.split("\n"))
