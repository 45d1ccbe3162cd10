"""What makes Glue tables known to a local Spark session: SQL statements, from the Glue API; and where their rows are.

Elsewhere the engine's own catalogue is Glue. See docs/decisions/0005 for why it is done this way.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any

from catalog import glue
from catalog.glue_types import GlueColumn, GlueTable
from connections.errors import PortalError

# Formats that Spark reads without a library that does not come with it.
_READABLE = ("parquet", "orc", "json", "csv")
_PARTITIONS_AT_ONCE = 200


@dataclass(frozen=True, slots=True)
class Known:
    """`statements` make the tables known; `places` are the addresses of the folders that hold their rows."""

    statements: list[str]
    places: list[str]


def known(tables: Sequence[str]) -> Known:
    """For tables named DATABASE.TABLE. Raises GLUE_TABLE_UNUSABLE and the errors of reaching Glue."""
    found = [glue.table_detail(*name.split(".", 1)) for name in dict.fromkeys(tables)]
    databases = dict.fromkeys(table.database for table in found)
    made = [f"CREATE DATABASE IF NOT EXISTS {_name(database)}" for database in databases]
    places = [table.location for table in found]
    for table in found:
        made.append(_create(table))
        made += _partitions(table, places)
    return Known(made, places)


def _create(table: GlueTable) -> str:
    unusable = table.unusable or ("" if table.format in _READABLE else f"The local engine cannot read {table.format}.")
    if unusable:
        raise PortalError("GLUE_TABLE_UNUSABLE", table=f"{table.database}.{table.name}", reason=unusable)
    parts = [
        f"CREATE TABLE {_place(table)} ({', '.join(_column(column) for column in table.columns)})",
        f"USING {table.format}",
        *_options(table),
        *_partitioned_by(table),
        f"LOCATION {_text(table.location)}",
    ]
    return " ".join(parts)


def _options(table: GlueTable) -> list[str]:
    if table.format != "csv":
        return []
    serde: Mapping[str, Any] = table.serde
    options = {
        "sep": serde["delimiter"],
        "quote": serde["quote"],
        "escape": serde["escape"] or serde["quote"],
        "nullValue": serde["null_value"],
        "header": str(bool(serde["skip_header_lines"])).lower(),
    }
    return [f"OPTIONS ({', '.join(f'{_text(name)} = {_text(value)}' for name, value in options.items())})"]


def _partitioned_by(table: GlueTable) -> list[str]:
    keys = table.partition_keys
    return [f"PARTITIONED BY ({', '.join(map(_name, keys))})"] if keys else []


def _partitions(table: GlueTable, places: list[str]) -> Iterator[str]:
    """Each partition by its own place; one that does not lie below the table's is added to `places`."""
    keys = table.partition_keys
    if not keys:
        return
    found = glue.partitions(table.database, table.name)
    while batch := list(islice(found, _PARTITIONS_AT_ONCE)):
        added = " ".join(
            f"PARTITION ({_values(keys, partition.values)}) LOCATION {_text(partition.location)}" for partition in batch
        )
        places += [one.location for one in batch if not one.location.startswith(f"{table.location.rstrip('/')}/")]
        yield f"ALTER TABLE {_place(table)} ADD IF NOT EXISTS {added}"


def _values(keys: Sequence[str], values: Sequence[str]) -> str:
    return ", ".join(f"{_name(key)} = {_text(value)}" for key, value in zip(keys, values, strict=True))


def _place(table: GlueTable) -> str:
    return f"{_name(table.database)}.{_name(table.name)}"


def _column(column: GlueColumn) -> str:
    return f"{_name(column.name)} {column.type}"


def _name(name: str) -> str:
    return "`" + name.replace("`", "``") + "`"


def _text(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace("'", "\\'")
    return f"'{escaped}'"
