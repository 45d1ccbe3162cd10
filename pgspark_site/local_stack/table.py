"""Rows as a text table for a terminal."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any


def as_table(columns: Sequence[str], rows: Sequence[Sequence[Any] | Mapping[str, Any]]) -> str:
    """One line per row under a header; numbers to the right. A row is a list, or an object keyed by column."""
    cells = [[_cell(value) for value in _values(row, columns)] for row in rows]
    widths = [max([len(name), *(len(line[at]) for line in cells)]) for at, name in enumerate(columns)]
    numeric = [all(_is_number(line[at]) for line in cells) for at in range(len(columns))]
    lines = [list(columns), ["-" * width for width in widths], *cells]
    return "\n".join(
        "  ".join(
            text.rjust(width) if right else text.ljust(width)
            for text, width, right in zip(line, widths, numeric, strict=True)
        ).rstrip()
        for line in lines
    )


def _values(row: Sequence[Any] | Mapping[str, Any], columns: Sequence[str]) -> Sequence[Any]:
    return [row[name] for name in columns] if isinstance(row, Mapping) else row


def _cell(value: Any) -> str:
    return "" if value is None else str(value)


def _is_number(text: str) -> bool:
    try:
        float(text or "0")
    except ValueError:
        return False
    return True
