"""The types of CSV columns: what Spark's own CSV reader parses, told from the texts of a sample. In doubt, string.

Tried against Spark 3.5 in tests/catalog/files/test_spark_types.py: what these patterns admit, Spark reads without a
NULL and without another value.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from datetime import date, datetime

from connections.errors import PortalError

# What a form offers; `decimal(38,0)` is found, not offered.
TYPES = ("string", "bigint", "double", "decimal(38,6)", "boolean", "date", "timestamp")

_INTEGER = re.compile(r"[+-]?(0|[1-9]\d{0,17})")
_LARGE_INTEGER = re.compile(r"[+-]?(0|[1-9]\d{0,37})")
# Leading zeros mark codes, not amounts; more than 15 digits are more than a double holds.
_DECIMAL = re.compile(r"[+-]?(0|[1-9]\d*)?(\.\d+|(?<=\d)\.)?")
_DOUBLE = re.compile(r"[+-]?((0|[1-9]\d*)(\.\d*)?|\.\d+)([eE][+-]?\d{1,3})?|NaN")
_DIGITS_OF_A_DOUBLE = 15
_DATE = re.compile(r"\d{4}-\d{2}-\d{2}")
_TIMESTAMP = re.compile(r"\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}(:\d{2}(\.\d{1,6})?)?(Z|[+-]\d{2}:\d{2})?")


def _is_double(text: str) -> bool:
    return bool(_DOUBLE.fullmatch(text)) and sum(map(str.isdigit, text)) <= _DIGITS_OF_A_DOUBLE


def _is_decimal(text: str) -> bool:
    return bool(text.strip("+-.")) and bool(_DECIMAL.fullmatch(text)) and _fits(text, 38, 6)


def _fits(text: str, precision: int, scale: int) -> bool:
    whole, _, fraction = text.lstrip("+-").partition(".")
    return len(whole) <= precision - scale and len(fraction) <= scale


def _is_date(text: str) -> bool:
    return bool(_DATE.fullmatch(text)) and _parses(date.fromisoformat, text)


def _is_timestamp(text: str) -> bool:
    return bool(_TIMESTAMP.fullmatch(text)) and _parses(datetime.fromisoformat, text)


def _parses(parse: Callable[[str], object], text: str) -> bool:
    try:
        parse(text)
    except ValueError:
        return False
    return True


_CHECKS: dict[str, Callable[[str], object]] = {
    "boolean": lambda text: text.lower() in ("true", "false"),
    "bigint": _INTEGER.fullmatch,
    "decimal(38,0)": _LARGE_INTEGER.fullmatch,
    "double": _is_double,
    "decimal(38,6)": _is_decimal,
    "date": _is_date,
    "timestamp": _is_timestamp,
    "string": lambda text: True,
}


# What a person may choose against the guess: codes as numbers, long figures as doubles.
_READS: dict[str, Callable[[str], object]] = _CHECKS | {
    "bigint": lambda text: re.fullmatch(r"[+-]?\d{1,19}", text) and -(2**63) <= int(text) < 2**63,
    "double": re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d{1,3})?|NaN|[+-]?Infinity").fullmatch,
    "decimal(38,0)": re.compile(r"[+-]?\d{1,38}(\.\d*)?").fullmatch,
    "decimal(38,6)": re.compile(r"[+-]?(\d{1,32}(\.\d*)?|\.\d+)").fullmatch,
}


# All that a form may send: a type becomes text of the script.
KNOWN_TYPES = frozenset(_CHECKS)


def check(type_: str) -> None:
    """Raises FILE_OPTION_INVALID for a type that a column of a file cannot have."""
    if type_ not in KNOWN_TYPES:
        raise PortalError("FILE_OPTION_INVALID", what="A type", value=type_[:30])


def infer(values: Sequence[str]) -> str:
    """The first type that every text fits; `values` are without those that mean NULL. None at all: string."""
    if not values:
        return "string"
    return next(type_ for type_, fits in _CHECKS.items() if all(map(fits, values)))


def misfits(values: Sequence[str], type_: str) -> list[int]:
    """The places of the texts that Spark cannot read as `type_`: it makes them NULL, or of `1,5` 15."""
    reads = _READS.get(type_, _READS["string"])
    return [place for place, text in enumerate(values) if not reads(text)]
