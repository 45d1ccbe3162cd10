"""Attributes and methods: what may stand after a dot."""

from __future__ import annotations

import ast

from jobs.checking.findings import Finding, advisory, blocking
from jobs.checking.imports import Imports, Origin
from jobs.checking.python_names import METHODS, MODULE_MEMBERS
from jobs.checking.reasons import ADVISED_METHODS, FRAME_MEMBERS, REFUSED_MEMBERS
from jobs.checking.scopes import Scope
from jobs.checking.spark_names import (
    COLUMN_METHODS,
    DATAFRAME_METHODS,
    GROUPED_METHODS,
    RESERVED_ATTRIBUTES,
    WINDOW_MEMBERS,
)
from jobs.checking.sql_arguments import DIRECT_CALL_ONLY
from jobs.checking.suggestions import did_you_mean

_CALLABLE = DATAFRAME_METHODS | COLUMN_METHODS | GROUPED_METHODS | WINDOW_MEMBERS | METHODS
_SESSION = frozenset({"sql", "createDataFrame", "range", "table"})
_OF_CLASSES = METHODS | {"min", "max", "resolution", "utc"}
_GROUPING = frozenset({"groupBy", "groupby", "rollup", "cube", "pivot"})


class Members:
    """Judges one attribute at a time and adds to `findings`."""

    def __init__(self, imports: Imports, findings: list[Finding]) -> None:
        self._imports = imports
        self._findings = findings

    def imported(self, node: ast.Attribute, origin: Origin, *, called: bool) -> None:
        """A dotted path into an imported module: F.sum, Window.partitionBy, datetime.date.today."""
        module, path = origin
        first, *rest = path.split(".")
        if module == "pyspark.sql" or first not in MODULE_MEMBERS[module]:
            self._refused_import(node, origin, first)
        elif rest and not self._reaches(module, rest):
            self._refuse("attribute", node, f"{path} is not allowed.", self._nearest(rest[0]))
        elif module == "functions" and first in DIRECT_CALL_ONLY and not called:
            self._refuse("sql-not-constant", node, f"F.{first} must be called directly.", f'Write F.{first}("...").')

    @staticmethod
    def _reaches(module: str, rest: list[str]) -> bool:
        allowed: dict[str, frozenset[str]] = {"window": WINDOW_MEMBERS, "functions": frozenset(), "types": frozenset()}
        return len(rest) == 1 and rest[0] in allowed.get(module, _OF_CLASSES)

    def _refused_import(self, node: ast.Attribute, origin: Origin, name: str) -> None:
        module = origin[0]
        rule, hint = REFUSED_MEMBERS.get(name, ("attribute", ""))
        if not hint:
            hint = did_you_mean(name, MODULE_MEMBERS[module]) or "Only the public functions of the module are allowed."
            rule = "unknown-function" if module == "functions" and not name.startswith("_") else rule
        self._refuse(rule, node, f"{ast.unparse(node)} is not allowed.", hint)

    def session(self, node: ast.Attribute, *, called: bool) -> None:
        """What is read from `spark`."""
        if node.attr not in _SESSION or not called:
            rule, hint = REFUSED_MEMBERS.get(node.attr, ("session", "Of spark, only spark.sql is for transforms."))
            self._refuse(rule, node, f"spark.{node.attr} is not allowed.", hint)

    def plain(self, node: ast.Attribute, *, called: bool, after_refusal: bool) -> None:
        """An attribute of any other value; one that is only read may be a column of any name.

        What hangs on something refused is unknown only because of that, and draws no word of its own.
        """
        name = node.attr
        if name.startswith("_"):
            hint = 'Write a column with such a name as F.col("...").'
            self._refuse("underscore", node, f"The attribute {name} is not allowed.", hint)
        elif name in REFUSED_MEMBERS:
            rule, hint = REFUSED_MEMBERS[name]
            self._refuse(rule, node, f".{name} is not allowed in a transform.", hint)
        elif called and name not in _CALLABLE:
            if not after_refusal:
                self._refuse("unknown-method", node, f".{name}() is not allowed.", self._nearest(name))
        elif not called and name in RESERVED_ATTRIBUTES | FRAME_MEMBERS:
            hint = f'Write F.col("{name}") for a column of this name, or call .{name}(...) directly.'
            self._refuse("attribute", node, f".{name} does not mean a column here.", hint)

    @staticmethod
    def _nearest(name: str) -> str:
        nearest = did_you_mean(name, _CALLABLE)
        return nearest or "Use the methods of DataFrames and Columns, and the functions of F."

    def advise(self, call: ast.Call, scope: Scope) -> None:
        """Says what an allowed method costs."""
        method = call.func
        if not isinstance(method, ast.Attribute) or self._imports.origin(method) is not None:
            return
        if method.attr in ADVISED_METHODS:
            rule, message, hint = ADVISED_METHODS[method.attr]
            self._findings.append(advisory(rule, method, message, hint))
        elif method.attr == "count" and not call.args and not _is_grouped(method.value, scope):
            hint = 'Use .agg(F.count("*")), or let the page count.'
            message = ".count() of a DataFrame runs the query inside transform."
            self._findings.append(advisory("action", method, message, hint))

    def _refuse(self, rule: str, node: ast.AST, message: str, hint: str) -> None:
        self._findings.append(blocking(rule, node, message, hint))


def _is_grouped(node: ast.AST, scope: Scope) -> bool:
    if isinstance(node, ast.Name):
        found = scope.lookup(node.id) or []
        return bool(found) and all(_is_grouping(binding.value) for binding in found)
    return _is_grouping(node)


def _is_grouping(node: ast.AST | None) -> bool:
    return isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in _GROUPING
