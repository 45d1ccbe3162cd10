"""Takes the text of a CSV sample apart: names, rows with their line numbers, and rows of the wrong length."""

from __future__ import annotations

import csv
import io
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice

from catalog.files.column_names import unique_names
from catalog.files.dialect import Dialect
from catalog.files.preview import MAX_COLUMNS
from catalog.files.text_guard import MAX_LINE_BYTES
from connections.errors import PortalError

# The module's own limit is for all of the process and lower than what we take.
csv.field_size_limit(max(csv.field_size_limit(), MAX_LINE_BYTES))

MAX_ROWS = 20_000


@dataclass(frozen=True, slots=True)
class CsvText:
    """`rows` all have as many values as there are names; `lines` is where each begins, `characters` what they take.

    `ragged` are (line, values found) of the rows that were cut or filled up, as Spark does it. `begins_at` is the
    line where the table itself seems to begin when a title stands before it, else 0.
    """

    names: list[str]
    rows: list[list[str]]
    lines: list[int]
    ragged: list[tuple[int, int]]
    notes: list[str]
    begins_at: int
    spans_lines: bool
    is_whole: bool


def take_apart(text: str, dialect: Dialect, *, name: str, is_whole: bool) -> CsvText:
    """At most MAX_ROWS rows. Raises FILE_EMPTY, FILE_ONLY_HEADER, FILE_TOO_MANY_COLUMNS, FILE_UNREADABLE."""
    try:
        records = list(islice(_records(text, dialect), MAX_ROWS + 2))
    except csv.Error as error:
        raise PortalError("FILE_UNREADABLE", name=name, format="CSV") from error
    is_all = is_whole and len(records) <= MAX_ROWS + 1
    if not is_all and len(records) > 1:
        records.pop()  # the sample may end in the middle of it
    if not records:
        raise PortalError("FILE_EMPTY", name=name)
    return _table(records, dialect, name, is_all)


def _records(text: str, dialect: Dialect) -> Iterator[tuple[int, list[str]]]:
    """Each record with the line where it begins; empty lines are none, as for Spark."""
    reader = csv.reader(
        io.StringIO(text, newline=""),
        delimiter=dialect.delimiter,
        quotechar=dialect.quote or None,
        quoting=csv.QUOTE_MINIMAL if dialect.quote else csv.QUOTE_NONE,
        doublequote=not dialect.escape,
        escapechar=dialect.escape or None,
    )
    begins = 1
    for record in reader:
        if record:
            yield begins, record
        begins = reader.line_num + 1


def _table(records: list[tuple[int, list[str]]], dialect: Dialect, name: str, is_all: bool) -> CsvText:
    width = len(records[0][1]) if dialect.header else _usual_width(records)
    if width > MAX_COLUMNS:
        raise PortalError("FILE_TOO_MANY_COLUMNS", name=name, count=width, limit=MAX_COLUMNS)
    raw = records[0][1] if dialect.header else [f"column_{place}" for place in range(1, width + 1)]
    body = records[1:] if dialect.header else records
    if not body:
        raise PortalError("FILE_ONLY_HEADER", name=name)
    names, notes = unique_names(raw)
    return CsvText(
        names=names,
        rows=[(values + [""] * (width - len(values)))[:width] for _, values in body],
        lines=[line for line, _ in body],
        ragged=[(line, len(values)) for line, values in body if len(values) != width],
        notes=notes,
        begins_at=_begins_at(records, width) if dialect.header else 0,
        spans_lines=any("\n" in value or "\r" in value for _, values in records for value in values),
        is_whole=is_all,
    )


def _usual_width(records: list[tuple[int, list[str]]]) -> int:
    return Counter(len(values) for _, values in records).most_common(1)[0][0]


def _begins_at(records: list[tuple[int, list[str]]], width: int) -> int:
    """The first line as wide as most, when the lines before it have one value each."""
    usual = _usual_width(records[1:])
    if width != 1 or usual == 1:
        return 0
    first = next(place for place, (_, values) in enumerate(records) if len(values) == usual)
    return records[first][0] if all(len(values) == 1 for _, values in records[:first]) else 0
