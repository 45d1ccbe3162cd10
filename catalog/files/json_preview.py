"""The preview of JSON lines: one object a line, types as DuckDB finds them, in Spark's words."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import duckdb

from catalog.files import encoding
from catalog.files.closed_duckdb import closed_duckdb
from catalog.files.csv_preview import Sample
from catalog.files.dialect import Dialect
from catalog.files.duckdb_types import spark_type
from catalog.files.preview import ROWS, FileColumn, FilePreview, Value, shown
from connections.errors import PortalError

_FORMAT = "JSON lines, one object in each line"
_DESCRIBE = """
DESCRIBE SELECT * FROM read_json($path, format = 'newline_delimited', records = true, sample_size = -1)
"""


def preview(sample: Sample) -> FilePreview:
    """Raises FILE_EMPTY, FILE_ENCODING_WRONG, FILE_UNREADABLE."""
    text = encoding.decode(sample.data, "UTF-8", name=sample.name, is_whole=sample.is_whole)
    lines = text.splitlines() if sample.is_whole else text.splitlines()[:-1]
    objects = [_object(line, sample.name) for line in lines if line.strip()]
    if not objects:
        raise PortalError("FILE_EMPTY", name=sample.name)
    columns = _columns(lines, sample.name)
    read = max(len(text.encode()), 1)
    estimate = None if sample.size is None else round(sample.size * len(objects) / read)
    return FilePreview(
        dialect=Dialect(format="json"),
        columns=columns,
        rows=[[_value(found.get(column.name)) for column in columns] for found in objects[:ROWS]],
        estimated_rows=len(objects) if sample.is_whole else estimate,
        is_exact=sample.is_whole,
    )


def _object(line: str, name: str) -> dict[str, Any]:
    try:
        found = json.loads(line)
    except (ValueError, RecursionError) as error:
        raise PortalError("FILE_UNREADABLE", name=name, format=_FORMAT) from error
    if not isinstance(found, dict):
        raise PortalError("FILE_UNREADABLE", name=name, format=_FORMAT)
    return found


def _columns(lines: Sequence[str], name: str) -> tuple[FileColumn, ...]:
    with tempfile.NamedTemporaryFile(suffix=".json") as copy:
        copy.write("\n".join(lines).encode("utf-8", "replace"))
        copy.flush()
        try:
            with closed_duckdb(Path(copy.name)) as connection:
                described = connection.execute(_DESCRIBE, {"path": copy.name}).fetchall()
        except duckdb.Error as error:
            raise PortalError("FILE_UNREADABLE", name=name, format=_FORMAT) from error
    # Spark parses dates and times of JSON by patterns of its own: their text is always right.
    return tuple(FileColumn(str(row[0]), spark_type(str(row[1]), times_as_text=True)) for row in described)


def _value(found: Any) -> Value:
    if found is None or isinstance(found, str):
        return Value(shown(found))
    return Value(shown(json.dumps(found, ensure_ascii=False)))
