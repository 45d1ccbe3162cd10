"""What the Glue Data Catalog says of a table, as plain values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class GlueColumn:
    """A column; `type` is Hive's spelling in lower case, which is Spark's too. Glue knows no NOT NULL."""

    name: str
    type: str
    comment: str = ""
    is_partition_key: bool = False

    def as_json(self) -> dict[str, Any]:
        return {
            "name": self.name,
            "type": self.type,
            "nullable": True,
            "comment": self.comment,
            "is_partition_key": self.is_partition_key,
        }


@dataclass(frozen=True, slots=True)
class GlueTable:
    """A table of a Glue database.

    `format` is one of parquet, orc, avro, json, csv, unknown; `kind` table or view. Size and rows are what a crawler
    or Hive wrote into the table's parameters, None where nobody did. `unusable` says why it cannot be picked.
    """

    database: str
    name: str
    kind: str
    format: str
    location: str
    comment: str
    columns: tuple[GlueColumn, ...]
    estimated_rows: int | None
    size_bytes: int | None
    unusable: str = ""
    serde: Mapping[str, Any] = field(default_factory=dict)

    @property
    def partition_keys(self) -> list[str]:
        return [column.name for column in self.columns if column.is_partition_key]

    def statistics(self) -> dict[str, Any]:
        """What `SelectedSource.statistics` keeps of it."""
        return {
            "estimated_rows": self.estimated_rows,
            "size_bytes": self.size_bytes,
            "comment": self.comment,
            "kind": self.kind,
            "format": self.format,
            "location": self.location,
            "partition_keys": self.partition_keys,
            "serde": dict(self.serde),
        }


@dataclass(frozen=True, slots=True)
class GluePartition:
    """`values` of the partition keys, in their order, and where its files are."""

    values: tuple[str, ...]
    location: str


@dataclass(frozen=True, slots=True)
class GluePage:
    """A page of tables in the catalogue's own order; `after` asks for the next one, empty at the end."""

    tables: tuple[GlueTable, ...]
    after: str = ""
