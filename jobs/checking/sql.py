"""Strings that Spark parses as SQL: a Python check alone would let `reflect`, `TRANSFORM` and path tables through.

Two readings must agree that a text is harmless: its words (`sql_text`), and its tree as sqlglot sees it, by an
allow-list of node kinds, for a list of forbidden ones would never be complete.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import TYPE_CHECKING

from jobs.checking.sql_text import Problem, cut, word_problems

if TYPE_CHECKING:
    from sqlglot import exp

MAX_SQL_LENGTH = 20_000
_QUERY_HINT = "Write one SELECT over the picked sources, or use the methods of the DataFrames."
_EXPRESSION_HINT = "Write one SQL expression over columns, or use Column expressions such as F.col(...)."
_TABLE_FUNCTIONS = frozenset({"range", "explode", "explode_outer", "posexplode", "inline", "stack", "json_tuple"})

_ALLOWED = """
    Select Subquery With CTE Union Except Intersect From Join Where Group Having Order Ordered Limit Offset Distinct
    Table TableAlias Identifier Column Star Alias Aliases Literal Boolean Null Paren Tuple Case If In Between Exists
    Cast TryCast DataType DataTypeParam Interval Var Window WindowSpec Lateral Lambda Dot Bracket Slice Values
    Rollup Cube GroupingSets Pivot Filter WithinGroup PropertyEQ Sort Cluster Distribute ColumnDef All Any
    TableSample PivotAlias PivotAny IntervalSpan Kwarg IgnoreNulls RespectNulls Schema
"""


def check_query(text: str, tables: Collection[str]) -> list[Problem]:
    """Problems of the argument of `spark.sql`: one query over `tables` and nothing else."""
    return _checked(text, tables, prefix="")


def check_expression(text: str, tables: Collection[str]) -> list[Problem]:
    """Problems of a string that Spark parses as one expression, such as the argument of `F.expr`."""
    return _checked(text, tables, prefix="SELECT ")


def has_hint(text: str) -> bool:
    """Whether a readable text carries an optimizer hint, which is allowed but seldom wise."""
    parts = cut(text)
    return not isinstance(parts, Problem) and parts.has_hint


def _checked(text: str, tables: Collection[str], *, prefix: str) -> list[Problem]:
    if len(text) > MAX_SQL_LENGTH:
        return [Problem("sql-too-long", "This SQL text is too long.", _QUERY_HINT)]
    parts = cut(text)
    if isinstance(parts, Problem):
        return [parts]
    try:
        problems = list(word_problems(parts.tokens))
        return problems or list(_tree_problems(prefix + parts.plain, tables, expression=bool(prefix)))
    except RecursionError:
        return [Problem("sql-too-long", "This SQL text is nested too deeply.", _QUERY_HINT)]


def _tree_problems(plain: str, tables: Collection[str], *, expression: bool) -> Iterator[Problem]:
    hint = _EXPRESSION_HINT if expression else _QUERY_HINT
    tree = _parsed(plain)
    if tree is None:
        yield Problem("sql-syntax", "This SQL text cannot be read.", hint)
    elif not (_is_expression(tree) if expression else _is_query(tree)):
        wanted = "one SQL expression" if expression else "one query"
        yield Problem("sql-statement", f"Only {wanted} is allowed here.", hint)
    else:
        yield from _node_problems(tree, hint)
        yield from _table_problems(tree, frozenset(name.lower() for name in tables))


def _parsed(plain: str) -> exp.Expression | None:
    import sqlglot  # costs 0.2 s, and most transforms hold no SQL
    from sqlglot.errors import SqlglotError

    try:
        statements = sqlglot.parse(plain, dialect="spark")
    except (SqlglotError, LookupError, ValueError, TypeError, AttributeError):
        return None  # its builders of functions trip over missing arguments: map(a) is an IndexError
    return statements[0] if len(statements) == 1 else None


def _is_query(tree: exp.Expression) -> bool:
    from sqlglot import exp

    return isinstance(tree, exp.Select | exp.SetOperation)


def _is_expression(tree: exp.Expression) -> bool:
    from sqlglot import exp

    given = {name for name, value in tree.args.items() if value}
    return isinstance(tree, exp.Select) and given <= {"expressions", "kind"} and len(tree.expressions) == 1


def _node_problems(tree: exp.Expression, hint: str) -> Iterator[Problem]:
    from sqlglot import exp

    allowed = tuple(getattr(exp, name) for name in _ALLOWED.split())
    families = (*allowed, exp.Func, exp.Binary, exp.Unary)
    for node in tree.walk():
        if not isinstance(node, families) or isinstance(node, exp.Command):
            message = f"{_spelled(type(node).__name__)} is not allowed in SQL text."
            yield Problem("sql-statement", message, hint)
            return


def _spelled(kind: str) -> str:
    return "".join(f" {letter}" if letter.isupper() else letter.upper() for letter in kind).strip()


def _table_problems(node: exp.Expression, known: frozenset[str]) -> Iterator[Problem]:
    """A CTE is known to what follows it, not to itself: there its name would mean a table of the cluster."""
    from sqlglot import exp

    clause = next((value for value in node.args.values() if isinstance(value, exp.With)), None)
    if clause is not None:
        for cte in clause.expressions:
            yield from _table_problems(cte, known)
            known |= {cte.alias.lower()}
    if isinstance(node, exp.Table):
        yield from _one_table(node, known)
    elif isinstance(node, exp.Lateral) and not isinstance(node.this, exp.Subquery | exp.Func):
        yield Problem("sql-table", "LATERAL takes a subquery or a function here.", _QUERY_HINT)
    for child in node.iter_expressions():
        if child is not clause:
            yield from _table_problems(child, known)


def _one_table(table: exp.Table, known: frozenset[str]) -> Iterator[Problem]:
    from sqlglot import exp

    if isinstance(table.this, exp.Identifier):
        name = ".".join(part.name for part in table.parts)
        if name.lower() not in known or len(table.parts) > 1:
            hint = f"Select from the picked sources: {', '.join(sorted(known))}."
            yield Problem("sql-table", f"{name} is not one of the picked sources.", hint)
    elif table.name.lower() not in _TABLE_FUNCTIONS and not isinstance(table.this, exp.Explode | exp.Inline):
        yield Problem("sql-table", "This table function is not allowed.", _QUERY_HINT)
