"""Every name, attribute, call and statement of a transform, held against the allow-lists."""

from __future__ import annotations

import ast
import builtins
from collections.abc import Sequence

from jobs.checking.findings import Finding, blocking
from jobs.checking.imports import Imports, Origin
from jobs.checking.members import Members
from jobs.checking.python_names import BUILTINS
from jobs.checking.reasons import REFUSED_NODES
from jobs.checking.scopes import Program, all_arguments
from jobs.checking.spark_names import names
from jobs.checking.sql_arguments import DIRECT_CALL_ONLY, SqlArguments
from jobs.checking.suggestions import did_you_mean
from jobs.checking.values import Values

_ALLOWED_NODES = tuple(
    getattr(ast, name)
    for name in names(
        """
        Module FunctionDef arguments arg Return Assign AnnAssign AugAssign For If Expr Pass Break Continue Import
        ImportFrom alias Lambda ListComp SetComp DictComp GeneratorExp comprehension BoolOp BinOp UnaryOp IfExp Dict
        Set Compare Call keyword Constant Attribute Subscript Starred Name List Tuple Slice JoinedStr FormattedValue
        expr_context operator unaryop boolop cmpop
        """
    )
)
_ANNOTATION_NODES = ast.Name | ast.Attribute | ast.Constant | ast.Subscript | ast.Tuple | ast.BinOp | ast.List
_OTHER_BUILTINS = frozenset(dir(builtins)) - BUILTINS


class Surface(ast.NodeVisitor):
    """Collects findings; `scope` follows the walk."""

    def __init__(self, program: Program, imports: Imports, values: Values, aliases: Sequence[str]) -> None:
        self.findings: list[Finding] = []
        self._program = program
        self._imports = imports
        self._scope = program.module
        self._in_annotation = False
        self._members = Members(imports, self.findings)
        self._sql = SqlArguments(program, imports, values, aliases, self.findings)

    def visit(self, node: ast.AST) -> None:
        if not isinstance(node, _ALLOWED_NODES):
            words, hint = REFUSED_NODES.get(type(node), (type(node).__name__, "Write it with simpler statements."))
            self._refuse("statement", node, f"{words} is not allowed in a transform.", hint)
        elif isinstance(node, ast.comprehension) and node.is_async:
            self._refuse("statement", node.iter, "async is not allowed in a transform.", "Use a plain for.")
        super().visit(node)

    def _refuse(self, rule: str, node: ast.AST, message: str, hint: str) -> None:
        self.findings.append(blocking(rule, node, message, hint))

    # -- scopes

    def visit_FunctionDef(self, node: ast.FunctionDef) -> None:
        for decorator in node.decorator_list:
            self._refuse("decorator", decorator, "Decorators are not allowed.", "Call the function where you need it.")
        self._bound(node, node.name, is_function=True)
        self.visit(node.args)
        self._annotation(node.returns)
        self._inside(node, node.body)

    def visit_Lambda(self, node: ast.Lambda) -> None:
        for argument in all_arguments(node.args):
            if argument.arg == "spark":
                self._refuse("reserved-name", argument, "spark cannot be given a new meaning.", "Choose another name.")
        self.visit(node.args)
        self._inside(node, [node.body])

    def visit_arg(self, node: ast.arg) -> None:
        self._bound(node, node.arg, is_parameter=True)
        self._annotation(node.annotation)

    def visit_AnnAssign(self, node: ast.AnnAssign) -> None:
        self.visit(node.target)
        self._annotation(node.annotation)
        if node.value is not None:
            self.visit(node.value)

    def _comprehension(self, node: ast.ListComp | ast.SetComp | ast.GeneratorExp | ast.DictComp) -> None:
        self.visit(node.generators[0].iter)
        parts = [node.key, node.value] if isinstance(node, ast.DictComp) else [node.elt]
        rest: list[ast.AST] = []
        for number, generator in enumerate(node.generators):
            rest += [generator.target, *generator.ifs, *([generator.iter] if number else [])]
            if generator.is_async:
                self._refuse("statement", generator.iter, "async is not allowed in a transform.", "Use a plain for.")
        self._inside(node, [*rest, *parts])

    visit_ListComp = visit_SetComp = visit_GeneratorExp = visit_DictComp = _comprehension

    def _inside(self, node: ast.AST, parts: Sequence[ast.AST]) -> None:
        outer, self._scope = self._scope, self._program.scopes.get(node, self._scope)
        for part in parts:
            self.visit(part)
        self._scope = outer

    def _annotation(self, node: ast.expr | None) -> None:
        if node is None:
            return
        if any(isinstance(part, ast.expr) and not isinstance(part, _ANNOTATION_NODES) for part in ast.walk(node)):
            self._refuse("annotation", node, "An annotation names a type and nothing else.", "Leave it out.")
        else:
            outer, self._in_annotation = self._in_annotation, True
            self.visit(node)
            self._in_annotation = outer

    # -- names

    def visit_Name(self, node: ast.Name) -> None:
        if not isinstance(node.ctx, ast.Load):
            self._bound(node, node.id)
        elif node.id in self._imports.names:
            self._import_as_value(node)
        elif node.id == "spark":
            hint = "Write spark.sql(...), or pass spark to a function of yours whose parameter is called spark."
            self._refuse("session", node, "spark can be used for spark.sql only.", hint)
        elif node.id == "transform":
            self._refuse("reserved-name", node, "transform is called by the platform.", "Put shared steps in a helper.")
        elif node.id.startswith("_") and node.id != "_":
            self._underscore(node, node.id)
        elif self._scope.lookup(node.id) is None and node.id not in BUILTINS:
            self._unknown_name(node)

    def _bound(
        self, node: ast.expr | ast.arg | ast.stmt, name: str, *, is_parameter: bool = False, is_function: bool = False
    ) -> None:
        protected = name in self._imports.names or (name == "spark" and not is_parameter)
        if name.startswith("_") and name != "_":
            self._underscore(node, name)
        elif protected or (name == "transform" and not (is_function and self._scope is self._program.module)):
            message = f"{name} cannot be given a new meaning."
            self._refuse("shadowed-name", node, message, "Choose another name for the variable.")

    def _underscore(self, node: ast.AST, name: str) -> None:
        hint = "Names with a leading underscore belong to Python and to the platform; choose another."
        self._refuse("underscore", node, f"The name {name} is not allowed.", hint)

    def _unknown_name(self, node: ast.Name) -> None:
        if node.id in _OTHER_BUILTINS:
            hint = "A transform computes with columns; it needs no other function of Python."
            self._refuse("builtin", node, f"{node.id} is not allowed in a transform.", hint)
            return
        known = self._scope.visible() | set(self._imports.names) | BUILTINS
        hint = did_you_mean(node.id, known) or 'Assign it first, or write a column as F.col("...").'
        self._refuse("undefined-name", node, f"The name {node.id} is not defined.", hint)

    def _import_as_value(self, node: ast.Name) -> None:
        module, member = self._imports.names[node.id]
        if not member or member == "Window":
            self._refuse("module", node, f"{node.id} cannot be passed on.", f"Use it as {node.id}.name.")
        elif module == "pyspark.sql" and not self._in_annotation:
            hint = "Use it to annotate parameters only."
            self._refuse("session", node, f"{member} is not for use inside a transform.", hint)
        elif module == "functions" and member in DIRECT_CALL_ONLY:
            self._refuse("sql-not-constant", node, f"{member} must be called directly.", f'Write {node.id}("...").')

    # -- attributes and calls

    def visit_Attribute(self, node: ast.Attribute) -> None:
        if not isinstance(node.ctx, ast.Load):
            self._refuse("assignment", node, "Attributes cannot be assigned.", "Use .withColumn(name, value).")
        self._attribute(node, called=False)

    def visit_Call(self, node: ast.Call) -> None:
        if isinstance(node.func, ast.Attribute):
            self._attribute(node.func, called=True)
            self._members.advise(node, self._scope)
        elif not (isinstance(node.func, ast.Name) and self._symbol(node.func)):
            self.visit(node.func)
        self._sql.check(node, self._scope)
        for keyword in node.keywords:
            if keyword.arg is not None and keyword.arg.startswith("_"):
                self._underscore(keyword.value, keyword.arg)
        for argument in [*node.args, *(keyword.value for keyword in node.keywords)]:
            if not self._session_argument(node, argument):
                self.visit(argument)

    def _symbol(self, node: ast.Name) -> Origin | None:
        """The origin of an imported function that is called by its bare name."""
        origin = self._imports.names.get(node.id)
        return origin if origin and origin[1] not in ("", "Window") and origin[0] != "pyspark.sql" else None

    def _attribute(self, node: ast.Attribute, *, called: bool) -> None:
        origin = self._imports.origin(node)
        if origin is not None:
            self._members.imported(node, origin, called=called)
        elif isinstance(node.value, ast.Name) and node.value.id == "spark":
            self._members.session(node, called=called)
        else:
            before = len(self.findings)
            self.visit(node.value)
            refused = any(finding.severity == "blocking" for finding in self.findings[before:])
            self._members.plain(node, called=called, after_refusal=refused)

    def _session_argument(self, call: ast.Call, argument: ast.expr) -> bool:
        """Whether this is `spark`, passed to a helper whose parameter is called spark."""
        if not (isinstance(argument, ast.Name) and argument.id == "spark" and isinstance(call.func, ast.Name)):
            return False
        function = self._program.function(call.func.id, self._scope)
        if not isinstance(function, ast.FunctionDef) or any(isinstance(arg, ast.Starred) for arg in call.args):
            return False
        if argument in call.args:
            positional = [*function.args.posonlyargs, *function.args.args]
            index = call.args.index(argument)
            return index < len(positional) and positional[index].arg == "spark"
        return any(keyword.value is argument and keyword.arg == "spark" for keyword in call.keywords)
