"""The reader of a PostgreSQL table, as text of the script."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from jobs.script.read_plan import ReadPlan


@dataclass(frozen=True, slots=True)
class PostgresSource:
    """A table to read; `alias` is a valid Python name, all else may hold any character."""

    alias: str
    connection: str
    secret_arn: str
    tls_mode: str
    database: str
    schema: str
    table: str
    columns: Sequence[str]
    plan: ReadPlan


def reader(source: PostgresSource) -> str:
    """A function `_read_ALIAS(spark)` that gives the table as a DataFrame with the table's own column names."""
    place = f"{source.database}.{source.schema}.{source.table}"
    lines = [
        f"def _read_{source.alias}(spark):",
        f"    # {place!r} on connection {source.connection!r}: {source.plan.sentence}",
        f"    secret = _credentials({source.secret_arn!r})",
        "    return (",
        '        spark.read.format("jdbc")',
        '        .option("driver", "org.postgresql.Driver")',
        f'        .option("url", _jdbc_url(secret, {source.database!r}, {source.tls_mode!r}))',
        f'        .option("dbtable", {_dbtable(source)!r})',
        '        .option("user", secret["username"])',
        '        .option("password", secret["password"])',
        f'        .option("fetchsize", {str(source.plan.fetch_size)!r})',
        "        .load()",
    ]
    if _needs_renaming(source.columns):
        lines.append(f"        .toDF(*{list(source.columns)!r})")
    return "\n".join([*lines, "    )", ""])


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _needs_renaming(columns: Sequence[str]) -> bool:
    """Spark does not double quotes inside a column's name and refuses names that differ only in case."""
    return any('"' in name for name in columns) or len({name.lower() for name in columns}) < len(columns)


def _dbtable(source: PostgresSource) -> str:
    table = f"{_quoted(source.schema)}.{_quoted(source.table)}"
    if not _needs_renaming(source.columns):
        return table
    plain = ", ".join(f"{_quoted(name)} AS c{number}" for number, name in enumerate(source.columns, start=1))
    return f"(SELECT {plain} FROM {table}) AS source"  # noqa: S608
