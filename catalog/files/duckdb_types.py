"""Spark's name for a type of DuckDB, nested ones included; `string` where Spark has no such type."""

from __future__ import annotations

import re

_PLAIN = {
    "BOOLEAN": "boolean",
    "TINYINT": "tinyint",
    "SMALLINT": "smallint",
    "INTEGER": "int",
    "BIGINT": "bigint",
    "UTINYINT": "smallint",
    "USMALLINT": "int",
    "UINTEGER": "bigint",
    "UBIGINT": "decimal(20,0)",
    "HUGEINT": "decimal(38,0)",
    "FLOAT": "float",
    "DOUBLE": "double",
    "BLOB": "binary",
    "VARCHAR": "string",
}
_TIMES = {
    "DATE": "date",
    "TIMESTAMP": "timestamp_ntz",
    "TIMESTAMP_MS": "timestamp_ntz",
    "TIMESTAMP_NS": "timestamp_ntz",
    "TIMESTAMP WITH TIME ZONE": "timestamp",
}
_DECIMAL = re.compile(r"DECIMAL\((\d+),\s*(\d+)\)")
_MAX_DEPTH = 20


def spark_type(duckdb_type: str, *, times_as_text: bool = False, depth: int = 0) -> str:
    """The Spark type of the same values; with `times_as_text` dates and times are strings."""
    if depth > _MAX_DEPTH:
        return "string"

    def inside(part: str) -> str:
        return spark_type(part, times_as_text=times_as_text, depth=depth + 1)

    if decimal := _DECIMAL.fullmatch(duckdb_type):
        return f"decimal({decimal[1]},{decimal[2]})"
    if duckdb_type.endswith("[]"):
        return f"array<{inside(duckdb_type[:-2])}>"
    kind, _, body = duckdb_type.removesuffix(")").partition("(")
    if kind == "MAP" and body:
        return f"map<{','.join(map(inside, _split(body)))}>"
    if kind == "STRUCT" and body:
        fields = map(_name_and_type, _split(body))
        return f"struct<{','.join(f'{_quoted(name)}:{inside(type_)}' for name, type_ in fields)}>"
    return (_PLAIN if times_as_text else _PLAIN | _TIMES).get(duckdb_type, "string")


def _quoted(name: str) -> str:
    return name if re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]*", name) else "`" + name.replace("`", "``") + "`"


def _name_and_type(part: str) -> tuple[str, str]:
    """`"a b" INTEGER[]` -> `a b`, `INTEGER[]`; DuckDB doubles a quote inside quotes."""
    quoted = re.match(r'"((?:[^"]|"")*)"\s+', part)
    if quoted:
        return quoted[1].replace('""', '"'), part[quoted.end() :]
    name, _, type_ = part.partition(" ")
    return name, type_


def _split(body: str) -> list[str]:
    """The parts between the commas that stand in no bracket and no quotes."""
    parts, depth, quoted, begin = [], 0, False, 0
    for place, letter in enumerate(body):
        if letter == '"':
            quoted = not quoted
        elif not quoted:
            depth += (letter == "(") - (letter == ")")
            if letter == "," and depth == 0:
                parts.append(body[begin:place].strip())
                begin = place + 1
    return [*parts, body[begin:].strip()]
