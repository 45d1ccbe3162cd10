"""The preview of a CSV file: sniffed where nothing is chosen, and told with what will not be read as it looks."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace

from catalog.files import encoding, sniffing, spark_types
from catalog.files.csv_text import CsvText, take_apart
from catalog.files.dialect import NULL_VALUES, Dialect
from catalog.files.preview import ROWS, FileColumn, FilePreview, Value, shown

# Below this a file that is read by one task costs no time worth speaking of, and no row can be cut at a line end.
READ_WHOLE_BYTES = 64 * 1024 * 1024
_NAMED = 3
_NULLS = frozenset(NULL_VALUES)


@dataclass(frozen=True, slots=True)
class Sample:
    """The beginning of a file of `size` bytes; `size` is None where it cannot be known, as of a compressed one."""

    name: str
    data: bytes
    size: int | None
    is_whole: bool
    evidence: bytes = b""


def preview(sample: Sample, chosen: Dialect | None = None, types: Sequence[str] | None = None) -> FilePreview:
    """As `chosen`, else as sniffed. `types` that fit the number of columns are taken, else they are told anew.

    Raises FILE_EMPTY, FILE_ONLY_HEADER, FILE_ENCODING_WRONG, FILE_TOO_MANY_COLUMNS, FILE_UNREADABLE.
    """
    coding = chosen.encoding if chosen else encoding.detect(sample.data, sample.evidence)
    text = encoding.decode(sample.data, coding, name=sample.name, is_whole=sample.is_whole)
    dialect = chosen or _sniffed(text, coding)
    table = take_apart(text, dialect, name=sample.name, is_whole=sample.is_whole)
    if not chosen:
        dialect = replace(dialect, null_value=_null_value(table), multiline=_is_multiline(dialect, table, sample.size))
    return _preview(sample, dialect, table, types)


def _sniffed(text: str, coding: str) -> Dialect:
    found = sniffing.sniff(text)
    return Dialect(
        encoding=coding, delimiter=found.delimiter, quote=found.quote, escape=found.escape, header=found.header
    )


def _is_multiline(dialect: Dialect, table: CsvText, size: int | None) -> bool:
    """Whether line ends may stand inside values: seen, or cheap to allow for, or not to be told by bytes (UTF-16)."""
    if dialect.encoding.startswith("UTF-16"):
        return True
    return bool(dialect.quote) and (table.spans_lines or (size is not None and size <= READ_WHOLE_BYTES))


def _null_value(table: CsvText) -> str:
    """The text for NULL that lets most columns have a type other than string; empty when none does."""
    gained: Counter[str] = Counter()
    for column in zip(*table.rows, strict=True):
        for text in _NULLS.intersection(column):
            rest = [value for value in column if value not in ("", text)]
            gained[text] += bool(rest) and spark_types.infer(rest) != "string"
    best = max(gained, key=lambda text: (gained[text], text), default="")
    return best if gained[best] else ""


def _preview(sample: Sample, dialect: Dialect, table: CsvText, types: Sequence[str] | None) -> FilePreview:
    columns, misfits, notes = [], [], [*_title_notes(table), *table.notes]
    chosen = types if types and len(types) == len(table.names) else [""] * len(table.names)
    for name, type_, column in zip(table.names, chosen, zip(*table.rows, strict=True), strict=True):
        filled = [(place, value) for place, value in enumerate(column) if value not in ("", dialect.null_value)]
        texts = [value for _, value in filled]
        # What was told from these very texts fits them all.
        odd = [filled[place][0] for place in spark_types.misfits(texts, type_)] if type_ else []
        type_ = type_ or spark_types.infer(texts)
        columns.append(FileColumn(name, type_))
        misfits.append(set(odd))
        notes += _misfit_notes(name, type_, odd, len(filled), table)
    return FilePreview(
        dialect=dialect,
        columns=tuple(columns),
        rows=[_values(row, place, dialect, misfits) for place, row in enumerate(table.rows[:ROWS])],
        estimated_rows=_estimate(sample, table),
        is_exact=table.is_whole,
        notes=notes + _ragged_notes(table) + _reading_notes(dialect, sample.size),
    )


def _values(row: list[str], place: int, dialect: Dialect, misfits: list[set[int]]) -> list[Value]:
    return [
        Value(None if value in ("", dialect.null_value) else shown(value), place in odd)
        for value, odd in zip(row, misfits, strict=True)
    ]


def _estimate(sample: Sample, table: CsvText) -> int | None:
    """Exact where the sample is the file, else by the bytes that the rows of the sample take."""
    if table.is_whole:
        return len(table.rows)
    if sample.size is None:
        return None
    lines = table.lines[-1] - table.lines[0]
    if not lines:
        return None
    read = len(b"\n".join(sample.data.splitlines()[: table.lines[-1]]))
    return round(sample.size * len(table.rows) / max(read, 1))


def _misfit_notes(name: str, type_: str, odd: list[int], count: int, table: CsvText) -> list[str]:
    if not odd:
        return []
    first = odd[0]
    value = table.rows[first][table.names.index(name)]
    return [
        f"{len(odd)} of {count} values of {name} that were looked at are no {type_} and would be lost: "
        f"“{shown(value)}” in line {table.lines[first]} is the first."
    ]


def _title_notes(table: CsvText) -> list[str]:
    if not table.begins_at:
        return []
    return [
        f"The table seems to begin in line {table.begins_at}, after other text. Spark reads from the first line on: "
        "take those lines out and send the file again."
    ]


def _ragged_notes(table: CsvText) -> list[str]:
    if not table.ragged:
        return []
    told = ", ".join(f"line {line} has {count}" for line, count in table.ragged[:_NAMED])
    more = f" and {len(table.ragged) - _NAMED} more" if len(table.ragged) > _NAMED else ""
    return [
        f"Not every row has {len(table.names)} values: {told}{more}. Missing values are read as NULL, "
        "those too many are left out."
    ]


def _reading_notes(dialect: Dialect, size: int | None) -> list[str]:
    if dialect.multiline and size is not None and size > READ_WHOLE_BYTES:
        return ["Rows may span lines, so one task reads the whole file. In UTF-8 without such rows it is read faster."]
    return []
