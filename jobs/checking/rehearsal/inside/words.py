"""Expressions of a plan as short text that a person reads: the names of columns, the signs of SQL."""

from __future__ import annotations

from collections.abc import Callable
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
    {"Cast", "CheckOverflow", "PromotePrecision", "KnownNotNull", "NormalizeNaNAndZero"}
    | {"KnownFloatingPointNormalized", "MakeDecimal", "UnscaledValue", "TempResolvedColumn"}
    | {"KnownNullable", "PreciseTimestampConversion"}
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
    "RegExpReplace": "regexp_replace",
    "RegExpExtract": "regexp_extract",
    "InitCap": "initcap",
    "NTile": "ntile",
    "DateDiff": "datediff",
    "ArrayAggregate": "aggregate",
    "ArrayTransform": "transform",
    "ArrayFilter": "filter",
    "CreateNamedStruct": "named_struct",
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
        return _text(parts[0])
    if kind in _SIGNS and len(parts) == 2:
        return f"{_side(parts[0])} {_SIGNS[kind]} {_side(parts[1])}"
    return _special(kind, expression)


def _special(kind: str, expression: Expression) -> str:
    if kind in _SHORT:
        return _SHORT[kind]
    if kind in _FORMS:
        return _FORMS[kind](expression)
    return _called(expression)


def _called(expression: Expression) -> str:
    kind = expression.kind
    return f"{_NAMES.get(kind) or snake(kind)}({', '.join(map(_text, expression.children))})"


def _aggregated(expression: Expression) -> str:
    """An aggregate with what Spark keeps beside it: that it takes each value once, and which rows it takes."""
    made, *condition = map(_text, expression.children)
    told = made.replace("(", "(DISTINCT ", 1) if expression.fields.get("isDistinct") else made
    return f"{told} FILTER (WHERE {condition[0]})" if condition else told


def _sorted(expression: Expression) -> str:
    way = "DESC" if "Descending" in str(expression.fields.get("direction")) else "ASC"
    return f"{_text(expression.children[0])} {way}"


def _in(expression: Expression) -> str:
    one, *others = expression.children
    listed = ", ".join(map(_text, others)) if expression.kind == "In" else "…"
    return f"{_side(one)} IN ({listed})"


def _field(expression: Expression) -> str:
    name = expression.name or expression.fields.get("ordinal", "")
    return f"{_text(expression.children[0])}.{name}"


def _lambda(expression: Expression) -> str:
    body, *names = map(_text, expression.children)
    return f"{', '.join(names)} -> {body}"


def _either(expression: Expression) -> str:
    told = list(dict.fromkeys(map(_text, expression.children)))
    return " or ".join([one for one in told if one != "NULL"] or told)


def _count(expression: Expression) -> str:
    is_of_rows = all(part.kind == "Literal" for part in expression.children)
    return "count(*)" if is_of_rows else _called(expression)


def _negated(inner: Expression) -> str:
    if inner.kind == "EqualTo":
        return f"{_side(inner.children[0])} != {_side(inner.children[1])}"
    return f"NOT {_side(inner)}"


_FORMS: dict[str, Callable[[Expression], str]] = {
    "AggregateExpression": _aggregated,
    "SortOrder": _sorted,
    "IsNull": lambda one: f"{_side(one.children[0])} IS NULL",
    "IsNotNull": lambda one: f"{_side(one.children[0])} IS NOT NULL",
    "Not": lambda one: _negated(one.children[0]),
    "In": _in,
    "InSet": _in,
    "WindowExpression": lambda one: f"{_text(one.children[0])} OVER (…)",
    "GetStructField": _field,
    "GetArrayItem": lambda one: f"{_side(one.children[0])}[{_text(one.children[1])}]",
    "LambdaFunction": _lambda,
    "Either": _either,
    "Count": _count,
}


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
