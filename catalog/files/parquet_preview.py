"""The preview of a Parquet file from ranges of it: the footer, and the first row group where that is not too large.

The ranges are put at their own places into an empty local file of the same size, so that DuckDB reads it as if it
were whole and only ever touches what is there.
"""

from __future__ import annotations

import tempfile
from contextlib import suppress
from pathlib import Path
from typing import IO, Any

import duckdb

from catalog.files.closed_duckdb import closed_duckdb
from catalog.files.dialect import Dialect
from catalog.files.duckdb_types import spark_type
from catalog.files.preview import ROWS, VALUE_CHARACTERS, FileColumn, FilePreview, Value
from connections.errors import PortalError
from connections.objects import ObjectStore

_MAGIC = b"PAR1"
_MOST_FOOTER = 32 * 1024 * 1024
_MOST_ROWS = 64 * 1024 * 1024
_FIRST_GROUP = """
SELECT min(coalesce(dictionary_page_offset, data_page_offset)),
       max(coalesce(dictionary_page_offset, data_page_offset) + total_compressed_size)
FROM parquet_metadata($path) WHERE row_group_id = 0
"""


def preview(store: ObjectStore, key: str, size: int, *, name: str) -> FilePreview:
    """Raises FILE_UNREADABLE, STORE_OBJECT_MISSING."""
    with tempfile.NamedTemporaryFile(suffix=".parquet") as copy:
        copy.truncate(size)
        _fetch_footer(store, key, size, copy, name)
        path = Path(copy.name)
        try:
            return _read(store, key, path, copy)
        except duckdb.Error as error:
            raise PortalError("FILE_UNREADABLE", name=name, format="Parquet") from error


def _fetch_footer(store: ObjectStore, key: str, size: int, copy: IO[bytes], name: str) -> None:
    end = store.read_range(key, max(size - 8, 0), 8)
    length = int.from_bytes(end[:4], "little") + 8
    if end[4:] != _MAGIC or length > min(size, _MOST_FOOTER):
        raise PortalError("FILE_UNREADABLE", name=name, format="Parquet")
    _place(copy, 0, _MAGIC)
    _place(copy, size - length, store.read_range(key, size - length, length))


def _read(store: ObjectStore, key: str, path: Path, copy: IO[bytes]) -> FilePreview:
    with closed_duckdb(path) as connection:
        columns = _columns(connection, path)
        count = _one(connection, "SELECT sum(num_rows) FROM parquet_file_metadata($path)", path)[0]
        notes, rows = [], []
        if _fetch_first_group(store, key, connection, path, copy):
            # A value that DuckDB cannot show is no reason to hide the schema.
            with suppress(duckdb.Error):
                rows = _rows(connection, path, len(columns))
        elif count:
            notes = ["Its first block is too large to show rows of it; the schema is exact."]
    return FilePreview(
        dialect=Dialect(format="parquet"),
        columns=columns,
        rows=rows,
        estimated_rows=int(count or 0),
        is_exact=True,
        notes=notes,
    )


def _columns(connection: duckdb.DuckDBPyConnection, path: Path) -> tuple[FileColumn, ...]:
    sql = "DESCRIBE SELECT * FROM read_parquet($path, hive_partitioning = false)"
    described = connection.execute(sql, {"path": str(path)}).fetchall()
    return tuple(FileColumn(str(row[0]), spark_type(str(row[1]))) for row in described)


def _fetch_first_group(
    store: ObjectStore, key: str, connection: duckdb.DuckDBPyConnection, path: Path, copy: IO[bytes]
) -> bool:
    begin, end = _one(connection, _FIRST_GROUP, path)
    if begin is None or end - begin > _MOST_ROWS:
        return False
    _place(copy, begin, store.read_range(key, begin, end - begin))
    return True


def _rows(connection: duckdb.DuckDBPyConnection, path: Path, width: int) -> list[list[Value]]:
    names = ", ".join(f"c{place}" for place in range(width))
    values = ", ".join(f"left(CAST(t.c{place} AS VARCHAR), {VALUE_CHARACTERS})" for place in range(width))
    sql = f"SELECT {values} FROM read_parquet($path, hive_partitioning = false) AS t({names}) LIMIT {ROWS}"  # noqa: S608
    return [[Value(value) for value in row] for row in connection.execute(sql, {"path": str(path)}).fetchall()]


def _one(connection: duckdb.DuckDBPyConnection, sql: str, path: Path) -> tuple[Any, ...]:
    row = connection.execute(sql, {"path": str(path)}).fetchone()
    return tuple(row) if row else (None, None)


def _place(copy: IO[bytes], start: int, data: bytes) -> None:
    copy.seek(start)
    copy.write(data)
    copy.flush()
