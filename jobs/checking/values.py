"""What an expression can be when it reaches Spark: never a string, one of a few known strings, or unknown.

Wherever this cannot tell it says unknown, and the rule that asks refuses.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass

from jobs.checking.imports import Imports
from jobs.checking.python_names import METHODS, NEVER_TEXT_BUILTINS, NEVER_TEXT_METHODS, PLAIN_PROPERTIES
from jobs.checking.scopes import Binding, Function, Program, Scope
from jobs.checking.spark_names import COLUMN_METHODS, DATAFRAME_METHODS, GROUPED_METHODS, WINDOW_MEMBERS

ONLY_SPARK_METHODS = (DATAFRAME_METHODS | COLUMN_METHODS | GROUPED_METHODS | WINDOW_MEMBERS) - METHODS - {"max", "min"}
"""Methods that no plain value has: what answers them is Spark's, and never text."""

_MAY_JOIN_TEXT = ast.Add | ast.Mult | ast.Mod
_NO_TEXT = (
    ast.Compare | ast.UnaryOp | ast.Lambda | ast.List | ast.Tuple | ast.Set | ast.Dict | ast.ListComp | ast.SetComp
) | (ast.DictComp | ast.GeneratorExp)


_SPARK = ast.Pass()  # stands for a DataFrame that Spark or the platform hands in
_ABSENT = ast.Constant(None)  # the caller gives nothing: the default, if any, is asked by itself
_MAX_STEPS = 5_000  # for one question; code that needs more counts as unknown


@dataclass(frozen=True, slots=True)
class Text:
    """The strings an expression can be, each with the node that spells it."""

    known: tuple[ast.Constant, ...] = ()
    unknown: bool = False
    other: bool = False  # it can be something that is no string

    def __or__(self, more: Text) -> Text:
        known = (*self.known, *(node for node in more.known if node not in self.known))
        return Text(known, self.unknown or more.unknown, self.other or more.other)


NO_TEXT = Text(other=True)
UNKNOWN = Text(unknown=True)


class Values:
    """Answers about the expressions of one program. `sources` are the DataFrame parameters of transform."""

    def __init__(self, program: Program, imports: Imports, transform: ast.FunctionDef | None) -> None:
        self._program = program
        self._imports = imports
        self._transform = transform
        self._open: set[tuple[str, int]] = set()
        self._steps = 0

    def text(self, node: ast.AST, scope: Scope) -> Text:
        """Every string the expression can be. A value made from itself counts as unknown."""
        if not self._enter(("text", _identity(node, scope))):
            return UNKNOWN
        try:
            return self._text(node, scope)
        finally:
            self._leave(("text", _identity(node, scope)))

    def is_spark(self, node: ast.AST, scope: Scope) -> bool:
        """Surely a DataFrame, a Column or the like. A value made from itself stays what it was before."""
        key = ("spark", _identity(node, scope))
        if not self._enter(key):
            return self._steps < _MAX_STEPS
        try:
            return self._is_spark(node, scope)
        finally:
            self._leave(key)

    def _enter(self, key: tuple[str, int]) -> bool:
        self._steps += 1
        if key in self._open or self._steps >= _MAX_STEPS:
            return False
        self._open.add(key)
        return True

    def _leave(self, key: tuple[str, int]) -> None:
        self._open.discard(key)
        if not self._open:
            self._steps = 0

    def _text(self, node: ast.AST, scope: Scope) -> Text:
        if isinstance(node, ast.Constant):
            return Text((node,)) if isinstance(node.value, str) else NO_TEXT
        if isinstance(node, _NO_TEXT) or self.is_spark(node, scope):
            return NO_TEXT
        if isinstance(node, ast.BinOp):
            return UNKNOWN if isinstance(node.op, _MAY_JOIN_TEXT) else NO_TEXT
        if isinstance(node, ast.BoolOp | ast.IfExp):
            return self._any_of(_choices(node), scope)
        if isinstance(node, ast.Name):
            return self._name_text(node, scope)
        if isinstance(node, ast.Call):
            return self._call_text(node, scope)
        if isinstance(node, ast.JoinedStr) and len(node.values) == 1:
            return self.text(node.values[0], scope)
        return UNKNOWN

    def _any_of(self, nodes: list[ast.expr], scope: Scope) -> Text:
        answer = Text()
        for node in nodes:
            answer |= self.text(node, scope)
        return answer

    def _name_text(self, node: ast.Name, scope: Scope) -> Text:
        found = scope.lookup(node.id)
        if not found:
            return UNKNOWN
        answer = Text()
        for binding in found:
            for value, where in self._values(binding):
                answer |= UNKNOWN if value is None else self.text(value, where)
        return answer

    def _call_text(self, node: ast.Call, scope: Scope) -> Text:
        origin = self._imports.origin(node.func)
        if origin is not None and origin[0] == "types":
            return NO_TEXT
        if isinstance(node.func, ast.Attribute):
            return NO_TEXT if node.func.attr in NEVER_TEXT_METHODS else UNKNOWN
        if not isinstance(node.func, ast.Name):
            return UNKNOWN
        function = self._program.function(node.func.id, scope)
        if function is not None:
            answer = NO_TEXT  # a function can end without return
            for value, where in self._results(function):
                answer |= self.text(value, where)
            return answer
        builtin = scope.lookup(node.func.id) is None and node.func.id in NEVER_TEXT_BUILTINS
        return NO_TEXT if builtin else UNKNOWN

    def _is_spark(self, node: ast.AST, scope: Scope) -> bool:
        if node is _SPARK:
            return True
        if isinstance(node, ast.Name):
            return self._name_is_spark(node, scope)
        if isinstance(node, ast.Call):
            return self._call_is_spark(node, scope)
        if isinstance(node, ast.Attribute):
            return self.is_spark(node.value, scope) and node.attr not in PLAIN_PROPERTIES - {"na", "stat"}
        if isinstance(node, ast.Subscript):
            return self.is_spark(node.value, scope)
        if isinstance(node, ast.BinOp):
            # "text" % column is text, for str answers first
            right = not isinstance(node.op, ast.Mod) and self.is_spark(node.right, scope)
            return right or self.is_spark(node.left, scope)
        if isinstance(node, ast.UnaryOp) and not isinstance(node.op, ast.Not):
            return self.is_spark(node.operand, scope)
        if isinstance(node, ast.Compare):
            return len(node.comparators) == 1 and any(self.is_spark(n, scope) for n in (node.left, *node.comparators))
        if isinstance(node, ast.BoolOp | ast.IfExp):
            return all(self.is_spark(choice, scope) for choice in _choices(node))
        return False

    def _name_is_spark(self, node: ast.Name, scope: Scope) -> bool:
        found = scope.lookup(node.id)
        if not found:
            return False
        values = [pair for binding in found for pair in self._values(binding)]
        return bool(values) and all(value is not None and self.is_spark(value, where) for value, where in values)

    def _call_is_spark(self, node: ast.Call, scope: Scope) -> bool:
        origin = self._imports.origin(node.func)
        if origin is not None:
            return origin[0] == "functions" or origin[1].startswith("Window.")
        if isinstance(node.func, ast.Attribute):
            by_session = isinstance(node.func.value, ast.Name) and node.func.value.id == "spark"
            only_spark = by_session or node.func.attr in ONLY_SPARK_METHODS
            return only_spark or (node.func.attr != "count" and self.is_spark(node.func.value, scope))
        if not isinstance(node.func, ast.Name):
            return False
        function = self._program.function(node.func.id, scope)
        results = list(self._results(function)) if function is not None else []
        return bool(results) and all(self.is_spark(value, where) for value, where in results)

    def _values(self, binding: Binding) -> Iterator[tuple[ast.AST | None, Scope]]:
        """The expressions a binding can stand for; for a parameter, what its callers give."""
        if not isinstance(binding.value, ast.arg):
            unknown = isinstance(binding.value, ast.alias | ast.FunctionDef)
            yield (None if unknown else binding.value), binding.scope
            return
        function = binding.scope.node
        if function is self._transform:
            yield _SPARK, binding.scope
        elif isinstance(function, Function):
            yield from self._arguments(function, binding.value, binding.scope)

    def _arguments(
        self, function: Function, parameter: ast.arg, inner: Scope
    ) -> Iterator[tuple[ast.AST | None, Scope]]:
        arguments = function.args
        positional = [*arguments.posonlyargs, *arguments.args]
        known = parameter in positional or parameter in arguments.kwonlyargs
        calls = list(self._calls(function)) if known else [None]
        for call in calls:
            if call is None:
                yield None, inner
                continue
            given, first_is_frame = call
            yield self._given(given, parameter, positional, first_is_frame), self._program.owner(given)
        default = _default(arguments, parameter)
        if default is not None and inner.parent is not None:
            yield default, inner.parent

    def _calls(self, function: Function) -> Iterator[tuple[ast.Call, bool] | None]:
        """Calls of the function, and whether Spark gives the first argument (`frame.transform(function)`)."""
        if isinstance(function, ast.Lambda) and not self._named(function):
            yield None
        names: dict[ast.AST, Scope] = dict(self._program.uses(function))
        for call in [node for node in self._program.scope_of if isinstance(node, ast.Call)]:
            if isinstance(call.func, ast.Name) and call.func in names:
                del names[call.func]
                yield call, False
            elif _is_transform(call) and call.args[0] in names:
                del names[call.args[0]]
                yield call, True
        if names:
            yield None  # the function itself went somewhere

    def _named(self, function: ast.Lambda) -> bool:
        return any(b.value is function for s in self._program.scopes.values() for bs in s.bindings.values() for b in bs)

    @staticmethod
    def _given(call: ast.Call, parameter: ast.arg, positional: list[ast.arg], frame_first: bool) -> ast.AST | None:
        """The expression a call gives for a parameter; None when stars hide it or the default is used."""
        if any(isinstance(arg, ast.Starred) for arg in call.args) or any(k.arg is None for k in call.keywords):
            return None
        for keyword in call.keywords:
            if keyword.arg == parameter.arg:
                return keyword.value
        if parameter not in positional:
            return _ABSENT
        index = positional.index(parameter)
        if frame_first and index == 0:
            return _SPARK
        return call.args[index] if index < len(call.args) else _ABSENT

    def _results(self, function: Function) -> Iterator[tuple[ast.expr, Scope]]:
        inner = self._program.scopes[function]
        if isinstance(function, ast.Lambda):
            yield function.body, inner
            return
        for node in own_nodes(function):
            if isinstance(node, ast.Return) and node.value is not None:
                yield node.value, inner


def _identity(node: ast.AST, scope: Scope) -> int:
    """Two places that read one variable ask the same question."""
    found = scope.lookup(node.id) if isinstance(node, ast.Name) else None
    return id(node if found is None else found)


def own_nodes(function: ast.FunctionDef) -> Iterator[ast.AST]:
    """The nodes of a function without those of functions inside it."""
    waiting: list[ast.AST] = list(function.body)
    while waiting:
        node = waiting.pop()
        yield node
        if not isinstance(node, ast.FunctionDef | ast.Lambda):
            waiting.extend(ast.iter_child_nodes(node))


def _is_transform(call: ast.Call) -> bool:
    return isinstance(call.func, ast.Attribute) and call.func.attr == "transform" and bool(call.args)


def _choices(node: ast.BoolOp | ast.IfExp) -> list[ast.expr]:
    return node.values if isinstance(node, ast.BoolOp) else [node.body, node.orelse]


def _default(arguments: ast.arguments, parameter: ast.arg) -> ast.expr | None:
    positional = [*arguments.posonlyargs, *arguments.args]
    if parameter in positional:
        index = positional.index(parameter) - (len(positional) - len(arguments.defaults))
        return arguments.defaults[index] if index >= 0 else None
    if parameter in arguments.kwonlyargs:
        return arguments.kw_defaults[arguments.kwonlyargs.index(parameter)]
    return None
