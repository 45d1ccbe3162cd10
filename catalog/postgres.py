"""What PostgreSQL says about itself: databases, schemas, tables, columns and keys. One statement each."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any, LiteralString, NamedTuple

from catalog import statements
from catalog.search import Found, Match, Named
from catalog.types import Column, ForeignKey, Index, TableDetail, TablePage, TableRef, TableSummary, UniqueKey
from connections.errors import PortalError
from connections.models import DatabaseConnection
from connections.pool import borrow

# Asking for 200 costs the database little more, but a page of them takes a web process 40 ms to write.
PAGE_SIZE = 40

KINDS = {"r": "table", "p": "partitioned table", "v": "view", "m": "materialised view", "f": "foreign table"}


def list_databases(connection: DatabaseConnection) -> list[str]:
    """Databases that the connection's user may enter, by name."""
    return [name for (name,) in _rows(connection, "", statements.DATABASES)]


def list_schemas(connection: DatabaseConnection, database: str) -> list[str]:
    """Schemas of `database` that the user may use, by name, without PostgreSQL's own."""
    return [name for (name,) in _rows(connection, database, statements.SCHEMAS)]


def list_tables(
    connection: DatabaseConnection, database: str, schema: str, *, search: str = "", after: str = ""
) -> TablePage:
    """One page of the tables and views of a schema, unreadable ones included; partitions are part of their parent.

    `search` is a part of the name, in any case. Raises SCHEMA_NOT_FOUND and PERMISSION_DENIED besides the errors of
    reaching the database.
    """
    parameters = {
        "schema": schema,
        "after": after,
        "pattern": f"%{_escaped(search)}%" if search else None,
        "limit": PAGE_SIZE + 1,
    }
    rows = _rows(connection, database, statements.TABLES, parameters)
    if not rows:
        raise PortalError("SCHEMA_NOT_FOUND", schema=schema, database=database)
    if not rows[0][0]:
        raise PortalError("PERMISSION_DENIED", connection=connection.name)
    tables = tuple(_summary(row[1], row[2:]) for row in rows if row[1] is not None)
    return TablePage(tables[:PAGE_SIZE], more=len(tables) > PAGE_SIZE)


def tables_named(
    connection: DatabaseConnection, database: str, schema: str, names: Sequence[str]
) -> list[TableSummary]:
    """Those of the tables `names` of a schema that are there, in order of name."""
    rows = _rows(connection, database, statements.NAMED, {"schema": schema, "names": list(names)})
    return [_summary(row[0], row[1:]) for row in rows]


def searchable_tables(connection: DatabaseConnection, database: str, limit: int) -> list[Named]:
    """Up to `limit` tables of all schemas with the words a search may find them by."""
    rows = _rows(connection, database, statements.INDEX, {"limit": limit})
    return [
        Named(row[0], _summary(row[1], row[2:7]), tuple(map(sys.intern, row[7] or ())), tuple(row[8] or ()))
        for row in rows
    ]


def search_tables(connection: DatabaseConnection, database: str, text: str, limit: int) -> Found:
    """Tables of all schemas that have `text` in their name, a column's name or a comment; asks the database itself."""
    parameters = {"pattern": f"%{_escaped(text)}%", "limit": limit + 1}
    rows = _rows(connection, database, statements.SEARCH, parameters)
    matches = tuple(Match(row[0], _summary(row[1], row[2:7]), row[7]) for row in rows)
    return Found(matches[:limit], len(matches) > limit)


def table_detail(connection: DatabaseConnection, ref: TableRef) -> TableDetail:
    """One table with its columns, keys and statistics. Raises TABLE_NOT_FOUND."""
    return table_details(connection, ref.database, [ref])[0]


def table_details(connection: DatabaseConnection, database: str, refs: Sequence[TableRef]) -> list[TableDetail]:
    """The tables of `refs`, all in `database`, in their order, with one statement. Raises TABLE_NOT_FOUND."""
    found = existing_tables(connection, database, refs)
    missing = [ref for ref in refs if ref not in {detail.ref for detail in found}]
    if missing:
        raise PortalError("TABLE_NOT_FOUND", table=str(missing[0]))
    return found


def existing_tables(connection: DatabaseConnection, database: str, refs: Sequence[TableRef]) -> list[TableDetail]:
    """The same, without those of `refs` that are not there."""
    parameters = {"schemas": [ref.schema for ref in refs], "tables": [ref.table for ref in refs]}
    return [_detail(database, row) for row in _rows(connection, database, statements.DETAILS, parameters)]


def _rows(
    connection: DatabaseConnection, database: str, query: LiteralString, parameters: dict[str, Any] | None = None
) -> list[tuple[Any, ...]]:
    with borrow(connection, database) as session:
        return session.execute(query, parameters).fetchall()


def _escaped(search: str) -> str:
    r"""`search` with what ILIKE would read as a pattern (% _ \) taken literally."""
    return search.replace("\\", r"\\").replace("%", r"\%").replace("_", r"\_")


def _summary(name: str, facts: tuple[Any, ...]) -> TableSummary:
    kind, rows, size, comment, readable = facts
    return TableSummary(name, KINDS[kind], rows, size, comment, readable)


def _detail(database: str, row: tuple[Any, ...]) -> TableDetail:
    schema, name, *rest = row
    usable, numbers, *facts, primary, keys, indexes, partitions, rows, size, row_bytes = rest[5:]
    summary = _summary(name, tuple(rest[:5]))
    # Of what the role may not read nothing is told: numbers of other columns are in no key and no index below.
    names = dict(zip(numbers or (), facts[0] or (), strict=True))
    pointing = {number for key in keys or () for number in key["columns"]}
    usable_indexes = [index for index in map(_Index._make, indexes or ()) if names.keys() >= set(index.numbers) - {0}]
    return TableDetail(
        ref=TableRef(database, schema, name),
        summary=_with_leaves(replace(summary, readable=summary.readable and usable), rows, size),
        columns=tuple(
            Column(column, kind, nullable, number in (primary or ()), number in pointing, comment)
            for number, column, kind, nullable, comment in zip(
                numbers or (), *(fact or () for fact in facts), strict=True
            )
        ),
        foreign_keys=tuple(_foreign_key(key, names) for key in keys or () if names.keys() >= set(key["columns"])),
        average_row_bytes=row_bytes,
        unique_keys=tuple(_unique_keys(usable_indexes, names)),
        indexes=tuple(index.over(names) for index in usable_indexes),
        partitions=partitions or 0,
    )


class _Index(NamedTuple):
    """An index as the statement tells it; column number 0 is an expression."""

    name: str
    all_numbers: list[int]
    key_columns: int
    is_unique: bool
    method: str
    is_partial: bool
    is_primary: bool

    @property
    def numbers(self) -> list[int]:
        """Those it is sorted or looked up by, without the columns that it only carries along."""
        return self.all_numbers[: self.key_columns]

    def over(self, names: Mapping[int, str]) -> Index:
        columns = tuple(names.get(number) for number in self.numbers)
        return Index(self.name, columns, self.is_unique, self.method, is_partial=self.is_partial)


def _with_leaves(summary: TableSummary, rows: int | None, size: int | None) -> TableSummary:
    """A partitioned table holds nothing itself: its rows and size are those of its leaves."""
    if summary.kind != KINDS["p"]:
        return summary
    return replace(summary, estimated_rows=rows, size_bytes=None if size is None else int(size))


def _foreign_key(key: dict[str, Any], names: Mapping[int, str]) -> ForeignKey:
    columns = tuple(names[number] for number in key["columns"])
    return ForeignKey(columns, key["target_schema"], key["target_table"], tuple(key["target_columns"]))


def _unique_keys(indexes: Iterable[_Index], names: Mapping[int, str]) -> Iterator[UniqueKey]:
    """What stands in one row only: whole unique indexes over columns; the primary key is told by its columns."""
    for index in indexes:
        if index.is_unique and not (index.is_primary or index.is_partial or 0 in index.numbers):
            yield UniqueKey(index.name, tuple(names[number] for number in index.numbers))
