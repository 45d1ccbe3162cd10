"""A person's row filter: one yes-or-no expression over the table's own columns, and nothing else that SQL can do.

What passes is written anew from its parsed form, so no comment, no second statement and no unquoted name of the
original text reaches the database.
"""

from __future__ import annotations

from collections.abc import Collection

import sqlglot
from sqlglot import exp
from sqlglot.errors import SqlglotError

from connections.errors import PortalError

MAX_CHARS = 1_000

_TESTS: tuple[type[exp.Expression], ...] = (
    exp.And,
    exp.Or,
    exp.Not,
    exp.EQ,
    exp.NEQ,
    exp.GT,
    exp.GTE,
    exp.LT,
    exp.LTE,
    exp.Is,
    exp.In,
    exp.Between,
    exp.Like,
    exp.ILike,
    exp.NullSafeEQ,
    exp.NullSafeNEQ,
    exp.Boolean,
    exp.Column,
)
_VALUES: tuple[type[exp.Expression], ...] = (
    exp.Paren,
    exp.Literal,
    exp.Null,
    exp.Identifier,
    exp.Neg,
    exp.Add,
    exp.Sub,
    exp.Mul,
    exp.Div,
    exp.Mod,
    exp.Cast,
    exp.DataType,
    exp.DataTypeParam,
    exp.Interval,
    exp.Var,
    exp.Extract,
    exp.CurrentDate,
    exp.CurrentTimestamp,
    exp.TimestampTrunc,
    exp.Lower,
    exp.Upper,
    exp.Length,
    exp.Trim,
    exp.Abs,
    exp.Coalesce,
)
_ALLOWED = frozenset({*_TESTS, *_VALUES})
_FUNCTIONS = "lower, upper, length, trim, abs, coalesce, date_trunc, extract, now and current_date"


def checked_filter(text: str, columns: Collection[str]) -> str:
    """The filter with every name quoted, empty for none. Raises READ_OPTION_INVALID."""
    text = text.strip()
    if not text:
        return ""
    if len(text) > MAX_CHARS:
        raise _refused(f"the row filter is longer than {MAX_CHARS} characters", "Shorten it.")
    tree = _parsed(text)
    for node in list(tree.walk()):
        if type(node) not in _ALLOWED or _is_foreign_type(node):
            raise _refused(
                f"the row filter may not hold “{_spoken(node)}”",
                "Use the table's columns, constants, comparisons, AND, OR, NOT, IN, BETWEEN, LIKE, IS NULL, "
                f"{_FUNCTIONS}.",
            )
        if isinstance(node, exp.Literal) and node.is_string and "\\" in node.this:
            raise _refused("the row filter holds a backslash", "Write the filter without it.")
        if isinstance(node, exp.Column):
            _quote(node, columns)
    return str(tree.sql("postgres", comments=False))


def _parsed(text: str) -> exp.Expression:
    try:
        tree: exp.Expression = sqlglot.parse_one(text, read="postgres")
    except (SqlglotError, RecursionError) as error:
        raise _refused(
            "the row filter is not one SQL condition", "Write it as after WHERE, such as status = 'paid'."
        ) from error
    if type(tree.unnest()) not in _TESTS:
        raise _refused("the row filter is no yes-or-no condition", "Compare a column with a value.")
    return tree


def _quote(node: exp.Column, columns: Collection[str]) -> None:
    """Makes the name what PostgreSQL would make of it: as written in quotes, else in small letters."""
    name = node.this.name if node.this.quoted else node.this.name.lower()
    if node.table or name not in columns:
        raise _refused(
            f"the table has no column {node.sql('postgres')}",
            "Write the column's own name, in double quotes if it holds capitals or blanks.",
        )
    node.set("this", exp.to_identifier(name, quoted=True))


def _is_foreign_type(node: exp.Expression) -> bool:
    return isinstance(node, exp.DataType) and node.this == exp.DataType.Type.USERDEFINED


def _spoken(node: exp.Expression) -> str:
    text = node.sql("postgres", comments=False)
    return text if len(text) <= 60 else f"{text[:59]}…"


def _refused(problem: str, remedy: str) -> PortalError:
    return PortalError("READ_OPTION_INVALID", problem=problem, remedy=remedy)
