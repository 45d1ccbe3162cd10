"""Reads one table definition of the Glue API: its format, size and columns, and whether Spark can read it here."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from catalog.glue_types import GlueColumn, GlueTable

if TYPE_CHECKING:
    from mypy_boto3_glue.type_defs import ColumnOutputTypeDef, TableTypeDef

# The first that occurs in the serialization library, the input format or the classification wins.
_FORMATS = {
    "parquet": "parquet",
    "orc": "orc",
    "avro": "avro",
    "json": "json",
    "opencsv": "csv",
    "lazysimple": "csv",
    "csv": "csv",
}
# Tables whose files are only right when read through a library of their own; that is not part of the engines.
_TABLE_FORMATS = {"iceberg": "Apache Iceberg", "delta": "Delta Lake", "hudi": "Apache Hudi"}
_HIVE_DELIMITER = "\x01"


def read_table(raw: TableTypeDef) -> GlueTable:
    storage: Mapping[str, Any] = raw.get("StorageDescriptor", {})
    parameters = raw.get("Parameters", {})
    kind = "view" if "VIEW" in raw.get("TableType", "") or raw.get("ViewOriginalText") else "table"
    columns = [_column(column) for column in storage.get("Columns", [])]
    columns += [_column(column, is_partition_key=True) for column in raw.get("PartitionKeys", [])]
    format_ = _format(storage, parameters)
    location = re.sub(r"^s3[an]://", "s3://", storage.get("Location", ""))
    return GlueTable(
        database=raw.get("DatabaseName", ""),
        name=raw["Name"],
        kind=kind,
        format=format_,
        location=location,
        comment=raw.get("Description", "") or parameters.get("comment", ""),
        columns=tuple(columns),
        estimated_rows=_number(parameters, "recordCount", "numRows"),
        size_bytes=_number(parameters, "totalSize", "sizeKey"),
        unusable=_why_not(raw, kind, format_, location, columns),
        serde=_serde(storage, parameters) if format_ == "csv" else {},
    )


def _column(raw: ColumnOutputTypeDef, *, is_partition_key: bool = False) -> GlueColumn:
    return GlueColumn(raw["Name"], raw.get("Type", "string").lower(), raw.get("Comment", ""), is_partition_key)


def _format(storage: Mapping[str, Any], parameters: Mapping[str, str]) -> str:
    told = " ".join(
        (
            storage.get("SerdeInfo", {}).get("SerializationLibrary", ""),
            storage.get("InputFormat", ""),
            parameters.get("classification", ""),
        )
    ).lower()
    return next((name for word, name in _FORMATS.items() if word in told), "unknown")


def _why_not(raw: TableTypeDef, kind: str, format_: str, location: str, columns: list[GlueColumn]) -> str:
    """Why the table cannot be picked, as a sentence; empty when it can."""
    if raw.get("TargetTable"):
        return "It is a link to a table of another database. Pick the table it points to."
    if kind == "view":
        return "It is a view of Athena or Hive; Spark cannot read its SQL. Pick the tables it reads from."
    if table_format := _table_format(raw.get("Parameters", {})):
        return f"{table_format} tables cannot be read yet. Pick a plain table or its files."
    if not location.startswith("s3://"):
        return "Its data is not in S3."
    if format_ == "unknown":
        return "Its file format is not one of Parquet, ORC, Avro, JSON and CSV."
    return "" if columns else "It has no columns."


def _table_format(parameters: Mapping[str, str]) -> str:
    told = f"{parameters.get('table_type', '')} {parameters.get('spark.sql.sources.provider', '')}".lower()
    return next((name for word, name in _TABLE_FORMATS.items() if word in told), "")


def _number(parameters: Mapping[str, str], *names: str) -> int | None:
    """The first of the parameters that holds a count; Hive writes -1 for "nobody counted"."""
    values = (parameters.get(name, "") for name in names)
    return next((int(value) for value in values if value.isascii() and value.isdigit()), None)


def _serde(storage: Mapping[str, Any], parameters: Mapping[str, str]) -> dict[str, Any]:
    """How the text files are read; Hive's own defaults where the table says nothing."""
    info = storage.get("SerdeInfo", {})
    told = info.get("Parameters", {})
    is_open_csv = "opencsv" in info.get("SerializationLibrary", "").lower()
    delimiter = told.get("separatorChar") or told.get("field.delim") or told.get("serialization.format") or ""
    return {
        "delimiter": _character(delimiter, default="," if is_open_csv else _HIVE_DELIMITER),
        "quote": told.get("quoteChar", '"' if is_open_csv else ""),
        "escape": told.get("escapeChar", "\\" if is_open_csv else "") or told.get("escape.delim", ""),
        "null_value": told.get("serialization.null.format", "" if is_open_csv else "\\N"),
        "skip_header_lines": _number({**told, **parameters}, "skip.header.line.count") or 0,
    }


def _character(told: str, *, default: str) -> str:
    """Hive also writes a delimiter as its code: `1` is \\x01, `9` a tab; `\\t` may come as two characters."""
    if told.isdigit():
        return chr(int(told))
    return {"": default, "\\t": "\t"}.get(told, told)
