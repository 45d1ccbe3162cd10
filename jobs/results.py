"""A result's rows, read from its Parquet files with DuckDB: a page of them, or all of them as CSV.

Columns are addressed by position, never by name, so no name a job gives to a column can matter here. Every
connection sees the files of its own run and nothing else of the machine, has caps on memory and threads, and
a page is interrupted after `TIME_LIMIT_SECONDS`.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import duckdb
from django.utils.dateparse import parse_datetime

from connections.errors import PortalError
from connections.object_store import key_of, store
from jobs.models import JobRun
from jobs.result_display import Cell, ResultColumn, cell, csv_line, display

TIME_LIMIT_SECONDS = 10.0
CSV_BATCH_ROWS = 2000
_CONFIG: dict[str, str | bool | int | float | list[str]] = {
    "memory_limit": "512MB",
    "threads": 2,
    "temp_directory": "",
    "autoinstall_known_extensions": False,
    "autoload_known_extensions": False,
}


@dataclass(frozen=True, slots=True)
class ResultPage:
    """`rows` from `offset` on, of the `matched` rows that the search leaves of all `total` rows."""

    columns: tuple[ResultColumn, ...]
    rows: list[tuple[Any, ...]]
    total: int
    matched: int
    offset: int

    @property
    def cells(self) -> list[tuple[int, list[Cell]]]:
        """The rows for the grid, each with its number."""
        numbered = enumerate(self.rows, self.offset + 1)
        return [
            (number, [cell(column, value) for column, value in zip(self.columns, row, strict=True)])
            for number, row in numbered
        ]

    @property
    def first(self) -> int:
        return self.offset + 1 if self.rows else 0

    @property
    def last(self) -> int:
        return self.offset + len(self.rows)


@dataclass(frozen=True, slots=True)
class ResultSummary:
    """What the manifest says of a result; `files` are names and sizes, `size` their bytes together."""

    rows: int
    columns: tuple[ResultColumn, ...]
    files: tuple[tuple[str, int], ...]
    written_at: datetime | None
    limit_reached: bool

    @property
    def size(self) -> int:
        return sum(size for _, size in self.files)


@dataclass(frozen=True, slots=True)
class _Reader:
    """An open, closed-in connection; `source` is the FROM item, `values` the select list, both without user text."""

    connection: duckdb.DuckDBPyConnection
    paths: list[str]
    source: str
    values: list[str]

    def query(self, sql: str, **parameters: Any) -> duckdb.DuckDBPyConnection:
        return self.connection.execute(sql, {"paths": self.paths, **parameters})


def summary(run: JobRun) -> ResultSummary | None:
    """The facts of a result without opening its files; None before there is one."""
    manifest = run.manifest
    if not manifest:
        return None
    return ResultSummary(
        rows=int(manifest["rows"]),
        columns=columns_of(run),
        files=tuple((file["name"], file["size"]) for file in manifest["files"]),
        written_at=parse_datetime(manifest["written_at"]),
        limit_reached=bool(manifest["limit_reached"]),
    )


def columns_of(run: JobRun) -> tuple[ResultColumn, ...]:
    """The columns that the manifest names. Raises RESULT_NOT_READY before there is one."""
    return tuple(ResultColumn(column["name"], column["type"]) for column in _manifest(run)["columns"])


def page(
    run: JobRun,
    *,
    offset: int,
    limit: int,
    sort: str | None = None,
    descending: bool = False,
    search: str | None = None,
) -> ResultPage:
    """One page of the result, in the job's own order unless `sort` names a column; NULLs come last.

    `search` keeps rows in which any column's text contains it, whatever the case.
    Raises RESULT_NOT_READY, RESULT_EXPIRED, STORE_OBJECT_MISSING, RESULT_UNREADABLE, RESULT_TOO_SLOW, and NOT_FOUND for
    an unknown column.
    """
    columns, total = columns_of(run), int(_kept_manifest(run)["rows"])
    order = _order(columns, sort, descending=descending)
    if not total:
        return ResultPage(columns, [], 0, 0, 0)
    with _reader(run) as reader, _time_limit(reader):
        where = _matching(columns) if search else "TRUE"
        needle = {"search": search} if search else {}
        matched = total if not search else _count(reader, where, needle)
        rows = reader.query(
            f"SELECT {', '.join(reader.values)} FROM {reader.source} WHERE {where} ORDER BY {order} "  # noqa: S608
            "LIMIT $limit OFFSET $offset",
            limit=limit,
            offset=offset,
            **needle,
        ).fetchall()
    return ResultPage(columns, rows, total, matched, offset)


def csv_rows(run: JobRun) -> Iterator[bytes]:
    """The whole result as RFC 4180 CSV in UTF-8, in pieces; NULL is empty, empty text is `""`.

    The files are opened before the first piece is asked for, so a missing one is raised here.
    """
    columns = columns_of(run)
    head = csv_line([column.name for column in columns]).encode()
    if not _kept_manifest(run)["rows"]:
        return iter([head])
    with ExitStack() as opening:
        reader = opening.enter_context(_reader(run))
        cursor = reader.query(f"SELECT {', '.join(reader.values)} FROM {reader.source}")  # noqa: S608
        return _csv_pieces(head, cursor, close=opening.pop_all().close)


def _csv_pieces(head: bytes, cursor: duckdb.DuckDBPyConnection, *, close: Callable[[], None]) -> Iterator[bytes]:
    try:
        yield head
        with _reading_errors():
            while rows := cursor.fetchmany(CSV_BATCH_ROWS):
                yield "".join(csv_line([display(value) for value in row]) for row in rows).encode()
    finally:
        close()


def _manifest(run: JobRun) -> dict[str, Any]:
    if not run.manifest:
        raise PortalError("RESULT_NOT_READY")
    return run.manifest


def _kept_manifest(run: JobRun) -> dict[str, Any]:
    """Of a result whose rows are still there. Raises RESULT_EXPIRED after they were deleted."""
    manifest = _manifest(run)
    if run.result_removed_at:
        raise PortalError("RESULT_EXPIRED", date=f"{run.result_removed_at:%Y-%m-%d}")
    return manifest


@contextmanager
def _reader(run: JobRun) -> Iterator[_Reader]:
    prefix = key_of(run.output_uri).rstrip("/")
    keys = [f"{prefix}/{file['name']}" for file in _kept_manifest(run)["files"]]
    with ExitStack() as stack:
        paths = [str(stack.enter_context(store().local_path(key))) for key in keys]
        connection = stack.enter_context(_reading_errors_of(duckdb.connect(":memory:", config=_CONFIG)))
        _close_in(connection, paths)
        types = _types(connection, paths)
        if len(types) != len(columns_of(run)):
            raise PortalError("RESULT_UNREADABLE")
        names = ", ".join(f"c{position}" for position in range(len(types)))
        source = f"read_parquet($paths, hive_partitioning = false) AS t({names})"
        values = [_value(position, type_) for position, type_ in enumerate(types)]
        yield _Reader(connection, paths, source, values)


def _close_in(connection: duckdb.DuckDBPyConnection, paths: list[str]) -> None:
    """From here on the connection reads these files and no others, and cannot be told otherwise."""
    allowed = ", ".join("'" + path.replace("'", "''") + "'" for path in paths)
    connection.execute("SET TimeZone = 'UTC'")
    connection.execute(f"SET allowed_paths = [{allowed}]")
    connection.execute("SET enable_external_access = false")
    connection.execute("SET lock_configuration = true")


def _types(connection: duckdb.DuckDBPyConnection, paths: list[str]) -> list[str]:
    described = connection.execute(
        "DESCRIBE SELECT * FROM read_parquet($paths, hive_partitioning = false)", {"paths": paths}
    )
    return [str(row[1]) for row in described.fetchall()]


def _value(position: int, type_: str) -> str:
    """The column as a value that Python can hold: instants as naive UTC, short floats with their own digits."""
    column = f"t.c{position}"
    if type_ == "FLOAT":
        return f"CAST(CAST({column} AS VARCHAR) AS DOUBLE)"
    if "TIMESTAMP WITH TIME ZONE" in type_:
        return f"CAST({column} AS {type_.replace('TIMESTAMP WITH TIME ZONE', 'TIMESTAMP')})"
    return column


def _order(columns: tuple[ResultColumn, ...], sort: str | None, *, descending: bool) -> str:
    """The wanted column first; then the place in the files, so that pages never overlap."""
    place = "t.file_index, t.file_row_number"
    if sort is None:
        return place
    positions = [position for position, column in enumerate(columns) if column.name == sort]
    if not positions:
        raise PortalError("NOT_FOUND")
    return f"t.c{positions[0]} {'DESC' if descending else 'ASC'} NULLS LAST, {place}"


def _matching(columns: tuple[ResultColumn, ...]) -> str:
    texts = (f"lower(CAST(t.c{position} AS VARCHAR))" for position in range(len(columns)))
    return "(" + " OR ".join(f"coalesce(contains({text}, lower($search)), FALSE)" for text in texts) + ")"


def _count(reader: _Reader, where: str, needle: dict[str, str]) -> int:
    row = reader.query(f"SELECT count(*) FROM {reader.source} WHERE {where}", **needle).fetchone()  # noqa: S608
    return int(row[0]) if row else 0


@contextmanager
def _time_limit(reader: _Reader) -> Iterator[None]:
    """Interrupts what runs after the limit, and what is begun later, until the block is left."""
    done = threading.Event()

    def watch() -> None:
        wait = TIME_LIMIT_SECONDS
        while not done.wait(wait):
            reader.connection.interrupt()
            wait = 0.02

    watcher = threading.Thread(target=watch, daemon=True)
    watcher.start()
    try:
        yield
    finally:
        done.set()
        watcher.join()


@contextmanager
def _reading_errors() -> Iterator[None]:
    try:
        yield
    except (duckdb.InterruptException, duckdb.OutOfMemoryException) as error:
        raise PortalError("RESULT_TOO_SLOW") from error
    except duckdb.Error as error:
        raise PortalError("RESULT_UNREADABLE") from error


@contextmanager
def _reading_errors_of(connection: duckdb.DuckDBPyConnection) -> Iterator[duckdb.DuckDBPyConnection]:
    """The connection, closed at the end; what goes wrong with it comes out in the portal's words."""
    with _reading_errors(), connection:
        yield connection
