"""What a catalogue says of a database, as plain values that cross module borders."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class TableRef:
    """Where a PostgreSQL table is, on a connection known by the context."""

    database: str
    schema: str
    table: str

    def __str__(self) -> str:
        return f"{self.database}.{self.schema}.{self.table}"


@dataclass(frozen=True, slots=True)
class TableSummary:
    """One line of a table list.

    `kind` is one of table, partitioned table, view, materialised view, foreign table.
    `estimated_rows` is None where the table was never analysed, `size_bytes` where it has no storage.
    """

    name: str
    kind: str
    estimated_rows: int | None
    size_bytes: int | None
    comment: str
    readable: bool


@dataclass(frozen=True, slots=True)
class Column:
    """A column; `type` is PostgreSQL's own spelling (`format_type`), such as numeric(12,2)."""

    name: str
    type: str
    nullable: bool
    is_primary_key: bool = False
    is_foreign_key: bool = False
    comment: str = ""


@dataclass(frozen=True, slots=True)
class ForeignKey:
    """`columns` of this table point at `target_columns` of `target_schema`.`target_table`, pairwise."""

    columns: tuple[str, ...]
    target_schema: str
    target_table: str
    target_columns: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class TableDetail:
    """All that one table's page and the generator need; `average_row_bytes` is None without statistics."""

    ref: TableRef
    summary: TableSummary
    columns: tuple[Column, ...]
    foreign_keys: tuple[ForeignKey, ...]
    average_row_bytes: int | None

    def as_json(self) -> dict[str, Any]:
        return asdict(self)
