"""How a value of a result looks: one text form for page and CSV, and the cells of the grid."""

from __future__ import annotations

import json
import math
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Literal

CellKind = Literal["null", "empty", "number", "text"]

_NUMBERS = ("tinyint", "smallint", "int", "bigint", "float", "double", "decimal")
_LONGEST_CELL = 240
_NARROW_NO_BREAK_SPACE = "\u202f"


@dataclass(frozen=True, slots=True)
class ResultColumn:
    """A column of a result; `type` is Spark's spelling, such as decimal(22,2)."""

    name: str
    type: str

    @property
    def is_number(self) -> bool:
        return self.type.partition("(")[0] in _NUMBERS

    @property
    def type_label(self) -> str:
        """The type as the grid's header says it; instants name the zone they are shown in."""
        return {"timestamp": "timestamp, UTC", "timestamp_ntz": "timestamp, no zone"}.get(self.type, self.type)


@dataclass(frozen=True, slots=True)
class Cell:
    """A value in the grid; `full` is set when `text` had to be cut."""

    text: str
    kind: CellKind
    full: str = ""


def display(value: Any) -> str | None:
    """The value as text: exact decimals, UTC times with a space, bytes in hex, nested values as JSON; None stays."""
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return _float(value)
    if isinstance(value, Decimal):
        return f"{value:f}"
    if isinstance(value, datetime):
        return value.isoformat(" ")
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, bytes | bytearray | memoryview):
        return bytes(value).hex()
    if isinstance(value, dict | list | tuple):
        return json.dumps(json_value(value), ensure_ascii=False)
    return str(value)


def cell(column: ResultColumn, value: Any) -> Cell:
    """The value as the grid shows it; NULL and empty text stay apart, numbers get grouped digits."""
    text = display(value)
    if text is None:
        return Cell("NULL", "null")
    if text == "":
        return Cell("empty text", "empty")
    if column.is_number:
        return Cell(grouped(text), "number")
    if len(text) > _LONGEST_CELL:
        return Cell(f"{text[:_LONGEST_CELL]}…", "text", full=text[:4000])
    return Cell(text, "text")


def csv_line(fields: list[str | None]) -> str:
    """One record of RFC 4180 with its line end; None is nothing at all, empty text a pair of quotes."""
    return ",".join(_csv_field(field) for field in fields) + "\r\n"


def grouped(number: str) -> str:
    """A plain number's digits in threes before the point; anything else as it is."""
    sign, digits = ("-", number[1:]) if number.startswith("-") else ("", number)
    whole, point, fraction = digits.partition(".")
    if not whole.isdigit() or not (fraction or "0").isdigit():
        return number
    return f"{sign}{int(whole):,}".replace(",", _NARROW_NO_BREAK_SPACE) + point + fraction


def _csv_field(field: str | None) -> str:
    if field is None:
        return ""
    if field == "" or any(character in field for character in ',"\r\n'):
        return '"' + field.replace('"', '""') + '"'
    return field


def _float(value: float) -> str:
    if math.isnan(value):
        return "NaN"
    if math.isinf(value):
        return "Infinity" if value > 0 else "-Infinity"
    return repr(value)


def json_value(value: Any) -> Any:
    """The value with what JSON has no form for as text (exact decimals, times, NaN), at any depth."""
    if isinstance(value, dict):
        return {key if isinstance(key, str) else str(display(key)): json_value(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [json_value(inner) for inner in value]
    if isinstance(value, float) and not math.isfinite(value):
        return _float(value)
    return value if value is None or isinstance(value, bool | int | float | str) else display(value)
