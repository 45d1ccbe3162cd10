"""Expressions of a plan as short text that a person reads: the names of columns, the signs of SQL."""

from __future__ import annotations

from typing import Any

from jobs.checking.rehearsal.inside.plan import Expression

MAX_CHARS = 200
_SIGNS = {
    "EqualTo": "=",
    "EqualNullSafe": "<=>",
    "GreaterThan": ">",
    "GreaterThanOrEqual": ">=",
    "LessThan": "<",
    "LessThanOrEqual": "<=",
    "And": "AND",
    "Or": "OR",
    "Add": "+",
    "Subtract": "-",
    "Multiply": "*",
    "Divide": "/",
    "Remainder": "%",
}
_SEEN_THROUGH = frozenset(
    {"AggregateExpression", "Cast", "CheckOverflow", "PromotePrecision", "KnownNotNull", "NormalizeNaNAndZero"}
    | {"KnownFloatingPointNormalized", "MakeDecimal", "UnscaledValue", "TempResolvedColumn"}
)
_SHORT = {
    "CaseWhen": "CASE WHEN …",
    "ScalarSubquery": "(subquery)",
    "ListQuery": "(subquery)",
    "Exists": "(subquery)",
}
_NAMES = {
    "TruncTimestamp": "date_trunc",
    "DateFormatClass": "date_format",
    "StringRPad": "rpad",
    "StringLPad": "lpad",
    "RLike": "rlike",
    "CollectSet": "collect_set",
    "ApproximatePercentile": "percentile_approx",
    "Average": "avg",
    "StringTrim": "trim",
    "GetTimestamp": "to_timestamp",
}


def text(expression: Expression | None) -> str:
    """The expression in words, cut at `MAX_CHARS`."""
    told = _text(expression) if expression else ""
    return told if len(told) <= MAX_CHARS else f"{told[: MAX_CHARS - 1]}…"


def definition(expression: Expression) -> str:
    """What a named expression is made of: of `sum(amount) AS total`, the part before AS.

    A cast is seen through everywhere else, for Spark adds many; a column that is nothing but a cast says so.
    """
    made = expression.children[0] if expression.kind == "Alias" else expression
    kind = made.fields.get("dataType")
    return f"{text(made)} as {kind}" if made.kind == "Cast" and isinstance(kind, str) else text(made)


def _text(expression: Expression) -> str:
    kind, parts = expression.kind, expression.children
    if kind in ("AttributeReference", "OuterReference", "NamedLambdaVariable", "LambdaVariable"):
        return expression.name
    if kind == "Literal":
        return _literal(expression.fields)
    if kind == "Alias":
        return f"{_text(parts[0])} AS {expression.name}"
    if kind in _SEEN_THROUGH and parts:
        distinct = "DISTINCT " if expression.fields.get("isDistinct") else ""
        return _text(parts[0]).replace("(", f"({distinct}", 1) if distinct else _text(parts[0])
    if kind in _SIGNS and len(parts) == 2:
        return f"{_side(parts[0])} {_SIGNS[kind]} {_side(parts[1])}"
    return _special(kind, expression)


def _special(kind: str, expression: Expression) -> str:
    parts = expression.children
    if kind == "SortOrder":
        return f"{_text(parts[0])} {'DESC' if 'Descending' in str(expression.fields.get('direction')) else 'ASC'}"
    if kind in ("IsNull", "IsNotNull"):
        return f"{_side(parts[0])} IS {'NOT ' if kind == 'IsNotNull' else ''}NULL"
    if kind == "Not":
        return _negated(parts[0])
    if kind in ("In", "InSet"):
        listed = ", ".join(map(_text, parts[1:])) if kind == "In" else "…"
        return f"{_side(parts[0])} IN ({listed})"
    if kind == "WindowExpression":
        return f"{_text(parts[0])} OVER (…)"
    if kind in _SHORT:
        return _SHORT[kind]
    if kind == "Count" and all(part.kind == "Literal" for part in parts):
        return "count(*)"
    if kind == "Either":
        return " or ".join(dict.fromkeys(map(_text, parts)))
    if kind == "GetStructField":
        return f"{_text(parts[0])}.{expression.name or expression.fields.get('ordinal', '')}"
    return f"{_NAMES.get(kind) or snake(kind)}({', '.join(map(_text, parts))})"


def _negated(inner: Expression) -> str:
    if inner.kind == "EqualTo":
        return f"{_side(inner.children[0])} != {_side(inner.children[1])}"
    return f"NOT {_side(inner)}"


def _side(expression: Expression) -> str:
    told = _text(expression)
    return f"({told})" if expression.kind in _SIGNS or expression.kind in ("In", "Not") else told


def _literal(fields: dict[str, Any]) -> str:
    value, kind = fields.get("value"), fields.get("dataType")
    if value is None:
        return "NULL"
    if kind == "string":
        return "'" + str(value).replace("'", "''") + "'"
    return f"{kind} {value}" if kind in ("date", "timestamp", "timestamp_ntz") else str(value)


def snake(kind: str) -> str:
    """CountDistinct as count_distinct, UnixTimestamp as unix_timestamp."""
    return "".join(f"_{letter.lower()}" if letter.isupper() else letter for letter in kind).lstrip("_")
