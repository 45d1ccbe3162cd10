"""Which names a transform binds, where, and to which expressions."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

Function = ast.FunctionDef | ast.Lambda


@dataclass(eq=False, slots=True)
class Scope:
    """One namespace of Python: the module, a function, a lambda or a comprehension."""

    node: ast.AST
    parent: Scope | None
    bindings: dict[str, list[Binding]] = field(default_factory=dict)

    def bind(self, name: str, value: ast.AST | None, scope: Scope, at: ast.AST) -> None:
        self.bindings.setdefault(name, []).append(Binding(value, scope, at))

    def lookup(self, name: str) -> list[Binding] | None:
        """Every binding of the name in the nearest namespace that has one."""
        scope: Scope | None = self
        while scope is not None:
            if name in scope.bindings:
                return scope.bindings[name]
            scope = scope.parent
        return None

    def visible(self) -> set[str]:
        return set(self.bindings) | (self.parent.visible() if self.parent else set())


@dataclass(frozen=True, eq=False, slots=True)
class Binding:
    """A name gets `value`, an expression of `scope`, a function or a parameter (ast.arg); None: nobody can tell."""

    value: ast.AST | None
    scope: Scope
    at: ast.AST


@dataclass(eq=False, slots=True)
class Program:
    """The names of a whole transform. `scopes` is keyed by the node that opens the scope."""

    tree: ast.Module
    module: Scope
    scopes: dict[ast.AST, Scope]
    scope_of: dict[ast.AST, Scope]

    def owner(self, node: ast.AST) -> Scope:
        """The scope in which a name or a call is evaluated."""
        return self.scope_of[node]

    def function(self, name: str, scope: Scope) -> Function | None:
        """The one function that a name can mean."""
        found = scope.lookup(name)
        if found is None or len(found) != 1 or not isinstance(found[0].value, Function):
            return None
        return found[0].value

    def uses(self, function: Function) -> Iterator[tuple[ast.Name, Scope]]:
        """Every place that reads a name which can mean the function."""
        for node, scope in self.scope_of.items():
            if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load):
                found = scope.lookup(node.id) or ()
                if any(binding.value is function for binding in found):
                    yield node, scope


def analyse(tree: ast.Module) -> Program:
    module = Scope(tree, None)
    program = Program(tree, module, {tree: module}, {})
    _Builder(program, module).block(tree.body)
    return program


class _Builder(ast.NodeVisitor):
    """Walks one scope; inner scopes get a builder of their own."""

    def __init__(self, program: Program, scope: Scope) -> None:
        self.program = program
        self.scope = scope

    def block(self, nodes: Iterable[ast.AST]) -> None:
        for node in nodes:
            self.visit(node)

    def visit(self, node: ast.AST) -> None:
        if isinstance(node, ast.Name | ast.Call):
            self.program.scope_of[node] = self.scope
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store) and node.id not in self.scope.bindings:
            self.scope.bind(node.id, None, self.scope, node)  # by a statement that is refused elsewhere
        super().visit(node)

    def visit_Assign(self, node: ast.Assign) -> None:
        for target in node.targets:
            self._target(target, node.value, node)
        self.generic_visit(node)

    def visit_AnnAssign(self, node: ast.AnnAssign) -> None:
        self._target(node.target, node.value, node)
        self.generic_visit(node)

    def visit_AugAssign(self, node: ast.AugAssign) -> None:
        if isinstance(node.target, ast.Name):
            before = ast.copy_location(ast.Name(node.target.id, ast.Load()), node)
            self.program.scope_of[before] = self.scope
            after = ast.copy_location(ast.BinOp(before, node.op, node.value), node)
            self.scope.bind(node.target.id, after, self.scope, node)
        self.generic_visit(node)

    def visit_NamedExpr(self, node: ast.NamedExpr) -> None:
        self._target(node.target, None, node)
        self.generic_visit(node)

    def visit_For(self, node: ast.For) -> None:
        self._loop(node.target, node.iter, self.scope, node)
        self.generic_visit(node)

    def visit_Import(self, node: ast.Import | ast.ImportFrom) -> None:
        for name in node.names:
            self.scope.bind((name.asname or name.name).split(".")[0], name, self.scope, node)

    visit_ImportFrom = visit_Import

    def visit_FunctionDef(self, node: ast.FunctionDef) -> None:
        self.scope.bind(node.name, node, self.scope, node)
        self._function(node, node.args, node.body)
        self.block(node.decorator_list)
        if node.returns is not None:
            self.visit(node.returns)

    def visit_Lambda(self, node: ast.Lambda) -> None:
        self._function(node, node.args, [node.body])

    def _function(self, node: Function, arguments: ast.arguments, body: Iterable[ast.AST]) -> None:
        self.visit(arguments)  # defaults and annotations belong to the scope around
        inner = self._opened(node)
        for argument in all_arguments(arguments):
            inner.scope.bind(argument.arg, argument, inner.scope, argument)
        inner.block(body)

    def _comprehension(self, node: ast.ListComp | ast.SetComp | ast.GeneratorExp | ast.DictComp) -> None:
        inner = self._opened(node)
        for number, generator in enumerate(node.generators):
            around = self if number == 0 else inner  # Python evaluates the first iterable outside
            around.visit(generator.iter)
            inner._loop(generator.target, generator.iter, around.scope, generator.target)
            inner.block([generator.target, *generator.ifs])
        inner.block([node.key, node.value] if isinstance(node, ast.DictComp) else [node.elt])

    visit_ListComp = visit_SetComp = visit_GeneratorExp = visit_DictComp = _comprehension

    def _opened(self, node: ast.AST) -> _Builder:
        scope = Scope(node, self.scope)
        self.program.scopes[node] = scope
        return _Builder(self.program, scope)

    def _loop(self, target: ast.expr, iterable: ast.expr, scope: Scope, at: ast.AST) -> None:
        """Binds the elements one by one where they are written out: nothing can have changed such a list."""
        written: list[ast.expr] = iterable.elts if isinstance(iterable, ast.List | ast.Tuple | ast.Set) else []
        for element in written or (None,):
            self._target(target, element, at, scope)

    def _target(self, target: ast.expr, value: ast.expr | None, at: ast.AST, scope: Scope | None = None) -> None:
        scope = scope or self.scope
        if isinstance(target, ast.Name):
            self.scope.bind(target.id, None if isinstance(value, ast.Starred) else value, scope, at)
        elif isinstance(target, ast.Starred):
            self._target(target.value, None, at, scope)
        elif isinstance(target, ast.Tuple | ast.List):
            for inner, part in zip(target.elts, _parts(value, target.elts), strict=True):
                self._target(inner, part, at, scope)


def _parts(value: ast.expr | None, targets: list[ast.expr]) -> list[ast.expr] | list[None]:
    written = value.elts if isinstance(value, ast.Tuple | ast.List) else []
    starred = any(isinstance(part, ast.Starred) for part in [*written, *targets])
    return [None] * len(targets) if starred or len(written) != len(targets) else written


def all_arguments(arguments: ast.arguments) -> Iterator[ast.arg]:
    yield from (*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs)
    yield from (argument for argument in (arguments.vararg, arguments.kwarg) if argument is not None)
