"""The outline of a transform: one function of the right signature that gives a DataFrame, constants, helpers."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence

from jobs.checking.findings import Finding, advisory, blocking
from jobs.checking.python_names import BUILTINS
from jobs.checking.suggestions import did_you_mean
from jobs.checking.values import own_nodes

_NOT_FRAMES = (
    ast.Constant | ast.List | ast.Tuple | ast.Dict | ast.Set | ast.JoinedStr | ast.Lambda | ast.Compare | ast.ListComp
) | (ast.DictComp | ast.SetComp | ast.GeneratorExp)
_GIVE_NOTHING = frozenset({"show", "printSchema", "explain"})


def find_transform(tree: ast.Module) -> ast.FunctionDef | None:
    return next((node for node in tree.body if isinstance(node, ast.FunctionDef) and node.name == "transform"), None)


def check_outline(tree: ast.Module, aliases: Sequence[str]) -> Iterator[Finding]:
    transform = find_transform(tree)
    if transform is None:
        message = "There is no function called transform."
        yield blocking("no-transform", tree, message, f"Write {_signature(aliases)}")
    else:
        yield from _signature_findings(transform, aliases)
        yield from _return_findings(transform)
    yield from _top_level_findings(tree)


def _signature(aliases: Sequence[str]) -> str:
    return f"def transform({', '.join(['spark', *aliases])}):"


def _top_level_findings(tree: ast.Module) -> Iterator[Finding]:
    functions: set[str] = set()
    for number, node in enumerate(tree.body):
        if isinstance(node, ast.FunctionDef):
            if node.name in functions:
                message = f"There are two functions called {node.name}."
                yield blocking("duplicate-function", node, message, "Rename or delete one of them.")
            functions.add(node.name)
            yield from _builtin_findings(node, node.name)
        elif isinstance(node, ast.Assign | ast.AnnAssign):
            yield from _constant_findings(node)
        elif not isinstance(node, ast.Import | ast.ImportFrom) and not (number == 0 and _is_docstring(node)):
            message = "Outside of functions only imports and constants are allowed."
            yield blocking("top-level", node, message, "Move this into transform.")


def _is_docstring(node: ast.stmt) -> bool:
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)


def _constant_findings(node: ast.Assign | ast.AnnAssign) -> Iterator[Finding]:
    targets = node.targets if isinstance(node, ast.Assign) else [node.target]
    for target in targets:
        if not isinstance(target, ast.Name):
            yield blocking("top-level", node, "A constant needs one plain name.", "Write NAME = value.")
        else:
            yield from _builtin_findings(node, target.id)


def _builtin_findings(node: ast.stmt, name: str) -> Iterator[Finding]:
    if name in BUILTINS:  # the script around the transform uses them too
        message = f"{name} is a function of Python and cannot be given a new meaning for the whole script."
        yield blocking("shadowed-name", node, message, "Choose another name.")


def _signature_findings(transform: ast.FunctionDef, aliases: Sequence[str]) -> Iterator[Finding]:
    arguments = transform.args
    extra = [*arguments.posonlyargs, *arguments.kwonlyargs, arguments.vararg, arguments.kwarg]
    given = [argument.arg for argument in arguments.args]
    hint = f"Write {_signature(aliases)}"
    if any(argument is not None for argument in extra) or arguments.defaults:
        message = "transform takes plain parameters only, without defaults or stars."
        yield blocking("signature", transform, message, hint)
    elif given[:1] != ["spark"]:
        yield blocking("signature", transform, "The first parameter of transform must be spark.", hint)
    else:
        yield from _alias_findings(transform, given[1:], aliases, hint)


def _alias_findings(
    transform: ast.FunctionDef, given: list[str], aliases: Sequence[str], hint: str
) -> Iterator[Finding]:
    missing = [alias for alias in aliases if alias not in given]
    for argument in transform.args.args[1:]:
        if argument.arg not in aliases:
            guess = did_you_mean(argument.arg, missing)
            message = f"There is no source called {argument.arg}."
            yield blocking("unknown-source", argument, message, guess or hint)
    if missing:
        message = f"transform does not take the source{'s' if len(missing) > 1 else ''} {', '.join(missing)}."
        yield blocking("missing-source", transform, message, hint)


def _return_findings(transform: ast.FunctionDef) -> Iterator[Finding]:
    nodes = list(own_nodes(transform))
    returns = [node for node in nodes if isinstance(node, ast.Return)]
    if not returns:
        message = "transform returns nothing."
        yield blocking("no-return", transform, message, "End it with return and the DataFrame you want to see.")
    elif _falls_through(transform.body):
        message = "On some way through transform nothing is returned."
        yield advisory("no-return", transform, message, "Return a DataFrame on every way.")
    for node in returns:
        if not _may_be_frame(node.value):
            message = "transform must return a DataFrame."
            yield blocking("not-a-dataframe", node, message, "Return the DataFrame itself.")


def _may_be_frame(value: ast.expr | None) -> bool:
    if isinstance(value, ast.Call) and isinstance(value.func, ast.Attribute) and value.func.attr in _GIVE_NOTHING:
        return False
    return value is not None and not isinstance(value, _NOT_FRAMES)


def _falls_through(body: Sequence[ast.stmt]) -> bool:
    last = body[-1]
    if isinstance(last, ast.If):
        return not last.orelse or _falls_through(last.body) or _falls_through(last.orelse)
    return not isinstance(last, ast.Return)
