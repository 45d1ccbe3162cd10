"""The places where Spark parses a string as SQL or as a schema, and what may stand there."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence

from jobs.checking import sql
from jobs.checking.findings import Finding, advisory, blocking
from jobs.checking.imports import Imports
from jobs.checking.scopes import Program, Scope
from jobs.checking.sql_text import SQL_FUNCTIONS, Problem
from jobs.checking.values import Values

DIRECT_CALL_ONLY = frozenset({"expr", "from_json", "from_csv"})
"""Functions of F that take such a string; passed on as a value, nobody could tell what they are given."""

_CONSTANT_HINT = 'Write the text as one plain string here, or use Column expressions such as F.col("amount") > limit.'


class SqlArguments:
    """Judges one call at a time and adds to `findings`."""

    def __init__(
        self, program: Program, imports: Imports, values: Values, aliases: Sequence[str], findings: list[Finding]
    ) -> None:
        self._program = program
        self._imports = imports
        self._values = values
        self._aliases = aliases
        self._findings = findings

    def check(self, call: ast.Call, scope: Scope) -> None:
        origin = self._imports.origin(call.func)
        if origin is not None:
            if origin[0] == "functions":
                self._function(call, origin[1], scope)
        elif isinstance(call.func, ast.Attribute):
            self._method(call, call.func, scope)

    def _function(self, call: ast.Call, name: str, scope: Scope) -> None:
        if name == "expr":
            for argument in _arguments(call):
                self._expression(argument, scope)
        elif name in DIRECT_CALL_ONLY:
            self._schema(call, scope)

    def _method(self, call: ast.Call, method: ast.Attribute, scope: Scope) -> None:
        on_session = isinstance(method.value, ast.Name) and method.value.id == "spark"
        if on_session and method.attr in ("sql", "table"):
            self._query(call, method.attr, scope)
        elif method.attr in ("filter", "where"):
            for argument in _arguments(call):
                self._expression(argument, scope)
        elif method.attr == "selectExpr":
            for argument in self._elements(list(_arguments(call)), scope):
                self._expression(argument, scope, text_only=True)
        elif method.attr == "agg":
            self._aggregates(call, scope)

    def _query(self, call: ast.Call, method: str, scope: Scope) -> None:
        if len(call.args) != 1 or call.keywords:
            message = f"spark.{method} takes one string and nothing else here: Spark puts parameters into the text."
            self._refuse("sql-parameter", call, message, "Write the values in the text, or use Column expressions.")
            return
        for text, node in self._texts(call.args[0], scope):
            if method == "table":
                query = f"SELECT * FROM `{text}`"  # noqa: S608
                self._problems(node, sql.check_query(query, self._aliases))
            else:
                self._problems(node, sql.check_query(text, self._aliases))
                self._advise_hint(text, node)

    def _expression(self, argument: ast.expr, scope: Scope, *, text_only: bool = False) -> None:
        for text, node in self._texts(argument, scope, text_only=text_only):
            self._problems(node, sql.check_expression(text, self._aliases))

    def _texts(
        self, argument: ast.expr, scope: Scope, *, text_only: bool = False
    ) -> Iterator[tuple[str, ast.Constant]]:
        """The strings an argument can be, with a finding when it may be others; `text_only`: or anything else."""
        found = self._values.text(argument, scope)
        if found.unknown or (text_only and found.other):
            message = "Spark reads this text as SQL, and it is put together when the code runs."
            self._refuse("sql-not-constant", argument, message, _CONSTANT_HINT)
            return
        for node in found.known:
            yield str(node.value), node

    def _problems(self, node: ast.AST, problems: list[Problem]) -> None:
        for problem in problems:
            self._refuse(problem.rule, node, problem.message, problem.hint)

    def _advise_hint(self, text: str, node: ast.AST) -> None:
        if sql.has_hint(text):
            message = "The hint in this SQL binds Spark's optimizer."
            self._findings.append(advisory("hint", node, message, "Leave it out; Spark plans by the sizes it sees."))

    def _schema(self, call: ast.Call, scope: Scope) -> None:
        named = [keyword.value for keyword in call.keywords if keyword.arg == "schema"]
        hidden = [argument for argument in _arguments(call) if isinstance(argument, ast.Starred)]
        for argument in [*call.args[1:2], *named, *hidden]:
            for text, node in self._texts(argument, scope):
                if "{" in text or '"' in text:  # JSON may name a class that Spark then loads
                    hint = 'Write it as "id INT, name STRING", or with T.StructType.'
                    self._refuse("schema", node, "A schema in JSON is not allowed.", hint)

    def _elements(self, arguments: list[ast.expr], scope: Scope) -> Iterator[ast.expr]:
        for argument in arguments:
            inner = argument.value if isinstance(argument, ast.Starred) else argument
            if isinstance(inner, ast.List | ast.Tuple):
                yield from self._elements(list(inner.elts), scope)
            elif isinstance(argument, ast.Starred):
                written = self._written_list(inner, scope)
                yield from self._elements(list(written.elts), scope) if written is not None else [argument]
            else:
                yield self._written_list(inner, scope) or argument

    def _written_list(self, node: ast.expr, scope: Scope) -> ast.Tuple | ast.List | None:
        """The list a name was given once and that nothing can have changed since."""
        found = scope.lookup(node.id) if isinstance(node, ast.Name) else None
        if not found or len(found) != 1 or not isinstance(node, ast.Name):
            return None
        value = found[0].value
        if isinstance(value, ast.Tuple) or (isinstance(value, ast.List) and self._only_unpacked(node.id)):
            return value if found[0].scope is scope or found[0].scope is self._program.module else None
        return None

    def _only_unpacked(self, name: str) -> bool:
        tree = self._program.tree
        unpacked = {node.value for node in ast.walk(tree) if isinstance(node, ast.Starred)}
        loads = [node for node in ast.walk(tree) if isinstance(node, ast.Name) and node.id == name]
        return all(node in unpacked or isinstance(node.ctx, ast.Store) for node in loads)

    def _aggregates(self, call: ast.Call, scope: Scope) -> None:
        """`agg({"column": "function"})` calls a function of SQL by its name."""
        for argument in _arguments(call):
            found = scope.lookup(argument.id) if isinstance(argument, ast.Name) else None
            values = [binding.value for binding in found] if found else [argument]
            for value in values:
                if isinstance(value, ast.Dict):
                    self._function_names(value, scope)
                elif isinstance(value, ast.DictComp):
                    self._function_name(value.value, self._program.scopes[value])

    def _function_names(self, node: ast.Dict, scope: Scope) -> None:
        for value in node.values:
            self._function_name(value, scope)

    def _function_name(self, value: ast.expr, scope: Scope) -> None:
        for text, node in self._texts(value, scope):
            if text.lower() not in SQL_FUNCTIONS:
                hint = 'Write the aggregates as F.sum("amount") and the like.'
                self._refuse("sql-function", node, f"The SQL function {text} is not allowed.", hint)

    def _refuse(self, rule: str, node: ast.AST, message: str, hint: str) -> None:
        self._findings.append(blocking(rule, node, message, hint))


def _arguments(call: ast.Call) -> Iterator[ast.expr]:
    """Every argument; `**values` comes as a starred one, for what it holds cannot be seen."""
    yield from call.args
    for keyword in call.keywords:
        hidden = ast.copy_location(ast.Starred(keyword.value, ast.Load()), keyword.value)
        yield keyword.value if keyword.arg is not None else hidden
