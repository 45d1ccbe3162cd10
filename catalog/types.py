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
    `readable` says that the role may read at least one of its columns.
    """

    name: str
    kind: str
    estimated_rows: int | None
    size_bytes: int | None
    comment: str
    readable: bool


@dataclass(frozen=True, slots=True)
class TablePage:
    """Tables in order of name; `more` says that others follow after the last of them."""

    tables: tuple[TableSummary, ...]
    more: bool

    @property
    def last(self) -> str:
        """The name to give as `after` for the next page."""
        return self.tables[-1].name if self.tables else ""

    def as_json(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_json(cls, kept: dict[str, Any]) -> TablePage:
        return cls(tuple(TableSummary(**table) for table in kept["tables"]), kept["more"])


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
class UniqueKey:
    """Columns whose values together stand in one row only, besides the primary key; `name` is its index's."""

    name: str
    columns: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Index:
    """A usable index over columns; an expression among them is None. `is_partial` indexes hold some rows only."""

    name: str
    columns: tuple[str | None, ...]
    is_unique: bool
    method: str
    is_partial: bool = False


@dataclass(frozen=True, slots=True)
class TableDetail:
    """All that one table's page and the generator need; `average_row_bytes` is None without statistics.

    Columns, keys and indexes are those whose columns the role may read. `partitions` counts the leaves of a
    partitioned table, whose rows and size are their sum.
    """

    ref: TableRef
    summary: TableSummary
    columns: tuple[Column, ...]
    foreign_keys: tuple[ForeignKey, ...]
    average_row_bytes: int | None
    unique_keys: tuple[UniqueKey, ...] = ()
    indexes: tuple[Index, ...] = ()
    partitions: int = 0

    def as_json(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_json(cls, kept: dict[str, Any]) -> TableDetail:
        """The reverse of `as_json`, also after lists have taken the place of tuples."""
        return cls(
            ref=TableRef(**kept["ref"]),
            summary=TableSummary(**kept["summary"]),
            columns=tuple(Column(**column) for column in kept["columns"]),
            foreign_keys=tuple(ForeignKey(**_with_tuples(key)) for key in kept["foreign_keys"]),
            average_row_bytes=kept["average_row_bytes"],
            unique_keys=tuple(UniqueKey(**_with_tuples(key)) for key in kept["unique_keys"]),
            indexes=tuple(Index(**_with_tuples(index)) for index in kept["indexes"]),
            partitions=kept["partitions"],
        )


def _with_tuples(kept: dict[str, Any]) -> dict[str, Any]:
    return {name: tuple(value) if isinstance(value, list) else value for name, value in kept.items()}
