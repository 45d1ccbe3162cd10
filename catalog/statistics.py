"""What a table's columns hold: the planner's own statistics, and a few rows to look at.

Rows are read on demand, shown once and kept nowhere: not in the cache, not in a session, not in a prompt.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any, LiteralString

from psycopg import sql

from catalog.sensitive import name_is_sensitive, value_is_sensitive
from catalog.types import TableRef
from connections.errors import PortalError
from connections.models import DatabaseConnection
from connections.pool import borrow

SAMPLE_ROWS = 5
SAMPLE_COLUMNS = 50
_CELL_LENGTH = 120
_COMMON_VALUES = 5
# A view may compute for minutes before its first row; a look is not worth that.
_SAMPLE_LIMIT: LiteralString = "SET LOCAL statement_timeout = '5s'"

# pg_stats shows only columns that the role may read. A number of distinct values below 0 is a share of the rows.
_STATISTICS: LiteralString = """
SELECT s.attname, s.null_frac,
  CASE WHEN s.n_distinct >= 0 THEN s.n_distinct ELSE -s.n_distinct * greatest(c.reltuples, 0) END,
  (s.most_common_vals::text::text[])[1:%(values)s], s.most_common_freqs[1:%(values)s],
  (s.histogram_bounds::text::text[])[1], b.bounds[array_upper(b.bounds, 1)]
FROM pg_catalog.pg_stats s
JOIN pg_catalog.pg_namespace n ON n.nspname = s.schemaname
JOIN pg_catalog.pg_class c ON c.relnamespace = n.oid AND c.relname = s.tablename
CROSS JOIN LATERAL (SELECT s.histogram_bounds::text::text[]) b(bounds)
WHERE s.schemaname = %(schema)s::name AND s.tablename = %(table)s::name AND s.inherited = (c.relkind = 'p')
"""


@dataclass(frozen=True, slots=True)
class CommonValue:
    text: str
    share: float


@dataclass(frozen=True, slots=True)
class ColumnStatistics:
    """As of the last ANALYZE. `low` and `high` are the ends of the histogram, which leaves common values out.

    A sensitive column tells no values.
    """

    name: str
    null_share: float
    distinct: int | None
    common: tuple[CommonValue, ...] = ()
    low: str = ""
    high: str = ""
    is_sensitive: bool = False

    def as_json(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_json(cls, kept: dict[str, Any]) -> ColumnStatistics:
        return cls(**kept | {"common": tuple(CommonValue(**value) for value in kept["common"])})


@dataclass(frozen=True, slots=True)
class Cell:
    """A value as text; None is NULL. Of a masked one there is nothing but that it is there."""

    text: str | None
    is_masked: bool = False
    is_cut: bool = False


@dataclass(frozen=True, slots=True)
class Sample:
    columns: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]
    more_columns: int = 0


def column_statistics(connection: DatabaseConnection, ref: TableRef) -> list[ColumnStatistics]:
    """The statistics of the columns that have some, in no order."""
    parameters = {"schema": ref.schema, "table": ref.table, "values": _COMMON_VALUES}
    with borrow(connection, ref.database) as session:
        rows = session.execute(_STATISTICS, parameters).fetchall()
    return [_statistics(*row) for row in rows]


def sample_rows(connection: DatabaseConnection, ref: TableRef, columns: Sequence[str]) -> Sample:
    """The first rows that the database gives, of `columns`, which exist and may be read. Masked values stay there."""
    if not columns:
        raise PortalError("PERMISSION_DENIED", connection=connection.name)
    shown = columns[:SAMPLE_COLUMNS]
    query = sql.SQL("SELECT {} FROM {} LIMIT {}").format(
        sql.SQL(", ").join(_shortened(name) for name in shown),
        sql.Identifier(ref.schema, ref.table),
        sql.Literal(SAMPLE_ROWS),
    )
    with borrow(connection, ref.database) as session, session.transaction():
        session.execute(_SAMPLE_LIMIT)
        rows = session.execute(query).fetchall()
    hidden = [name_is_sensitive(name) for name in shown]
    cells = tuple(tuple(_cell(*pair) for pair in zip(row, hidden, strict=True)) for row in rows)
    return Sample(tuple(shown), cells, len(columns) - len(shown))


def _shortened(name: str) -> sql.Composed:
    """The column as text, one character longer than is shown; of a sensitive one only whether it is NULL."""
    length = 0 if name_is_sensitive(name) else _CELL_LENGTH + 1
    return sql.SQL("pg_catalog.left({}::pg_catalog.text, {})").format(sql.Identifier(name), sql.Literal(length))


def _cell(text: str | None, hidden: bool) -> Cell:
    if text is None:
        return Cell(None)
    if hidden or value_is_sensitive(text):
        return Cell("", is_masked=True)
    return Cell(text[:_CELL_LENGTH], is_cut=len(text) > _CELL_LENGTH)


def _statistics(
    name: str,
    null_share: float,
    distinct: float,
    common: list[str] | None,
    shares: list[float] | None,
    low: str | None,
    high: str | None,
) -> ColumnStatistics:
    values = [*(common or ()), low or "", high or ""]
    known = round(distinct) or None
    if name_is_sensitive(name) or any(value_is_sensitive(value) for value in values):
        return ColumnStatistics(name, null_share, known, is_sensitive=True)
    pairs = zip(common or (), shares or (), strict=False)
    return ColumnStatistics(
        name,
        null_share,
        known,
        tuple(CommonValue(text[:_CELL_LENGTH], share) for text, share in pairs),
        (low or "")[:_CELL_LENGTH],
        (high or "")[:_CELL_LENGTH],
    )
