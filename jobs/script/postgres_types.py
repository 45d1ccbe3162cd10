"""How a column of each PostgreSQL type is read: as it is, or by an expression in the database, with a note in words.

Spark 3.5 fails at some values (NaN, infinite dates, arrays of two dimensions), changes others silently (time, timetz,
tiny numerics) and pushes filters into the database as if every text there were a text (which fails for enums, uuid and
json). So what is not plainly the same on both sides is converted by the database, before Spark sees it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from jobs.column_names import read_names
from jobs.script.quoting import sql_name

MAX_PRECISION = 38
DEFAULT_SCALE = 18
_WHOLE_OF_MONEY = 19


@dataclass(frozen=True, slots=True)
class ColumnReading:
    """A column as the job reads it.

    `name` is the DataFrame's, `column` the table's; `expression` is what the database is asked for, the quoted column
    itself when it is read as it is. `type` is Spark's, as `DataFrame.schema` spells it. `note` is empty when nothing
    differs.
    """

    column: str
    name: str
    expression: str
    type: str
    note: str = ""

    @property
    def is_plain(self) -> bool:
        return self.expression == sql_name(self.column)


@dataclass(frozen=True, slots=True)
class _Type:
    """A type's spelling taken apart: `numeric(12,2)[]` is base numeric, arguments (12, 2), an array."""

    base: str
    arguments: tuple[int, ...] = ()
    is_array: bool = False


@dataclass(frozen=True, slots=True)
class _Rule:
    """What is asked for (`{}` stands for the quoted column), the Spark type, and the note."""

    expression: str
    type: str
    note: str = ""


_SPELLING = re.compile(r"(?P<head>[^(\[]+)(?:\((?P<arguments>[-\d, ]+)\))?(?P<tail>[^\[]*)(?P<array>(?:\[\d*\])*)")
_ALIASES = {
    "int2": "smallint",
    "int": "integer",
    "int4": "integer",
    "int8": "bigint",
    "serial": "integer",
    "bigserial": "bigint",
    "smallserial": "smallint",
    "float4": "real",
    "float8": "double precision",
    "float": "double precision",
    "bool": "boolean",
    "decimal": "numeric",
    "varchar": "character varying",
    "char": "character",
    "bpchar": "character",
    "varbit": "bit varying",
    "timestamp": "timestamp without time zone",
    "timestamptz": "timestamp with time zone",
    "time": "time without time zone",
    "timetz": "time with time zone",
}
_PLAIN = {
    "smallint": "smallint",
    "integer": "int",
    "bigint": "bigint",
    "real": "float",
    "double precision": "double",
    "boolean": "boolean",
    "text": "string",
    "character varying": "string",
    "bytea": "binary",
}
_PLAIN_ELEMENTS = frozenset(_PLAIN) - {"bytea"}
_FLAT = "CASE WHEN pg_catalog.array_ndims({0}) > 1 THEN ARRAY(SELECT pg_catalog.unnest({0})) ELSE {0} END"
_FLAT_NOTE = "an array of more than one dimension is read as one list"
# Days that the Julian calendar of Java's dates lacks.
_LOST = "5 to 14 October 1582 are read ten days later"
_DAY = f"dates before 0001-01-01 or after 9999-12-31, infinite ones too, are read as these; {_LOST}"
_MOMENT = (
    "times before the year 1 or after 9999, infinite ones too, are read as the first or last moment of these years; "
    f"{_LOST}"
)
_TEXT = _Rule("{0}::text", "string")


def _between(low: str, high: str, type_: str) -> str:
    first, last = f"{type_} '{low}'", f"{type_} '{high}'"
    return f"CASE WHEN {{0}} < {first} THEN {first} WHEN {{0}} > {last} THEN {last} ELSE {{0}} END"


_RULES: dict[str, _Rule] = {
    **{name: _Rule("{0}", spark) for name, spark in _PLAIN.items()},
    "character": replace(_TEXT, note="char(n) is read without the blanks that fill it up"),
    "name": _TEXT,
    '"char"': _TEXT,
    "citext": replace(_TEXT, note="citext is read as text: comparisons in the code tell upper from lower case"),
    "oid": _Rule("{0}::bigint", "bigint"),
    "money": _Rule(
        f"{{0}}::numeric::numeric({_WHOLE_OF_MONEY + 2},2)",
        f"decimal({_WHOLE_OF_MONEY + 2},2)",
        "money is read as a number, without its currency sign",
    ),
    "date": _Rule(_between("0001-01-01", "9999-12-31", "date"), "date", _DAY),
    "timestamp without time zone": _Rule(
        _between("0001-01-01 00:00:00", "9999-12-31 23:59:59.999999", "timestamp"), "timestamp", _MOMENT
    ),
    "timestamp with time zone": _Rule(
        _between("0001-01-01 00:00:00+00", "9999-12-31 23:59:59.999999+00", "timestamptz"),
        "timestamp",
        f"shown in UTC; {_MOMENT}",
    ),
    # Its cast to text adds /32, which neither COPY nor psql show.
    "inet": _Rule("CASE WHEN {0} IS NOT NULL THEN pg_catalog.format('%s', {0}) END", "string", "inet is read as text"),
}


def read_columns(
    columns: Sequence[Mapping[str, object]],
    *,
    base_types: Mapping[str, str] | None = None,
    bounded: frozenset[str] = frozenset(),
    as_text: frozenset[str] = frozenset(),
) -> list[ColumnReading]:
    """The readings of a table's columns, in their order, under names that differ in more than case.

    `base_types` are those of the columns whose type is a domain; `bounded` are columns known to hold no value that
    needs care (so that filters on them may use an index); `as_text` are read as text because a person wants it.
    """
    readings = []
    spelled = [str(column["name"]) for column in columns]
    for column, name, unique in zip(columns, spelled, read_names(spelled), strict=True):
        type_ = (base_types or {}).get(name) or str(column["type"])
        reading = _reading(name, type_, bounded=name in bounded, as_text=name in as_text)
        if unique != name:
            renamed = f"another column differs from it only in case, so it is read as {unique}"
            reading = replace(reading, name=unique, note="; ".join(filter(None, (renamed, reading.note))))
        readings.append(reading)
    return readings


def bounded_columns(facts: Mapping[str, Any]) -> frozenset[str]:
    """The columns of `key_facts` whose least and greatest values, known exactly, are plain on both sides."""
    return frozenset(key["column"] for key in facts.get("keys") or () if _is_bounded(key))


def delivered_type(pg_type: str) -> str:
    """The Spark type in which a column of this PostgreSQL type arrives, as Spark spells it."""
    return _rule(pg_type).type


# From the first day that both calendars have in common; longer years and infinities do not match.
_PLAIN_DAY = re.compile(r"(?:158[3-9]|159\d|1[6-9]\d\d|[2-9]\d\d\d)-\d\d-\d\d(?: [\d:.]+(?:\+00)?)?")
_PLAIN_NUMBER = re.compile(r"-?\d+(?:\.\d+)?")


def _is_bounded(key: Mapping[str, Any]) -> bool:
    plain = _PLAIN_NUMBER if key["type"].startswith("numeric") else _PLAIN_DAY
    return all(isinstance(end, str) and plain.fullmatch(end) for end in (key.get("least"), key.get("greatest")))


def _reading(name: str, pg_type: str, *, bounded: bool, as_text: bool) -> ColumnReading:
    quoted = sql_name(name)
    if as_text:
        return ColumnReading(name, name, f"{quoted}::text", "string", "read as text, as you chose")
    rule = _rule(pg_type)
    if bounded and _needs_care_only(pg_type):
        zone = "shown in UTC" if rule.note.startswith("shown in UTC") else ""
        return ColumnReading(name, name, quoted, rule.type, zone)
    return ColumnReading(name, name, rule.expression.format(quoted), rule.type, rule.note)


def _needs_care_only(pg_type: str) -> bool:
    """Whether the type itself is the same on both sides, and only some of its values are not."""
    taken = _taken_apart(pg_type)
    if taken.is_array:
        return False
    bounded_number = taken.base == "numeric" and bool(taken.arguments) and _fits(taken.arguments)
    return bounded_number or taken.base == "date" or taken.base.startswith("timestamp")


def _rule(pg_type: str) -> _Rule:
    taken = _taken_apart(pg_type)
    if taken.is_array:
        return _array(taken)
    if taken.base == "numeric":
        return _numeric(taken.arguments)
    known = _RULES.get(taken.base)
    return known or replace(_TEXT, note=f"{_spoken(taken.base)} is read as text")


def _array(taken: _Type) -> _Rule:
    if taken.base in _PLAIN_ELEMENTS:
        return _Rule(_FLAT, f"array<{_PLAIN[taken.base]}>", _FLAT_NOTE)
    cast = _FLAT.replace("{0}", "{0}::text[]")
    note = f"the elements are read as text; {_FLAT_NOTE}"
    if taken.base == "inet":
        note += "; inet shows its mask, /32 too"
    return _Rule(cast, "array<string>", note)


def _fits(arguments: tuple[int, ...]) -> bool:
    precision, scale = arguments[0], arguments[1] if len(arguments) > 1 else 0
    return 0 <= scale <= precision <= MAX_PRECISION


def _numeric(arguments: tuple[int, ...]) -> _Rule:
    if not arguments:
        return _wide(DEFAULT_SCALE, exact=False)
    precision, scale = arguments[0], arguments[1] if len(arguments) > 1 else 0
    if scale < 0:
        precision, scale = precision - scale, 0
    elif scale > precision:
        precision = scale
    if precision > MAX_PRECISION:
        return _wide(min(scale, DEFAULT_SCALE), exact=scale <= DEFAULT_SCALE)
    size = f"({precision},{scale})"
    return _Rule(f"NULLIF({{0}}, 'NaN')::numeric{size}", f"decimal{size}", "NaN is read as NULL")


def _wide(scale: int, *, exact: bool) -> _Rule:
    """A number that may not fit into 38 digits: what does not is read as NULL, for Spark would stop at it."""
    whole = MAX_PRECISION - scale
    size = f"({MAX_PRECISION},{scale})"
    # Rounding may carry into one more digit, so the rounded value is compared; NaN is greater than all numbers.
    rounded = f"pg_catalog.round({{0}}, {scale})"
    limit = f"1e{whole}::numeric"
    note = f"numbers of more than {whole} digits before the point, NaN and infinities are read as NULL"
    if not exact:
        note += f"; digits past the {scale}th after the point are rounded off"
    return _Rule(
        f"(CASE WHEN {{0}} > -{limit} AND {{0}} < {limit} AND pg_catalog.abs({rounded}) < {limit} "
        f"THEN {rounded} END)::numeric{size}",
        f"decimal{size}",
        note,
    )


def _taken_apart(pg_type: str) -> _Type:
    """The parts of a spelling by `format_type`, or of one that people write, such as varchar(20)."""
    text = pg_type.strip()
    if text in ('"char"', '"char"[]'):
        return _Type('"char"', is_array=text.endswith("[]"))
    match = _SPELLING.fullmatch(text)
    if text.startswith('"') or match is None:
        return _Type(text.rstrip("[]"), is_array=text.endswith("]"))
    base = f"{match['head'].strip()}{match['tail']}".strip().lower()
    arguments = tuple(int(part) for part in match["arguments"].split(",")) if match["arguments"] else ()
    return _Type(_ALIASES.get(base, base), arguments, bool(match["array"]))


def _spoken(base: str) -> str:
    spoken = {"time without time zone": "time", "time with time zone": "time with its zone"}
    return spoken.get(base, base)
