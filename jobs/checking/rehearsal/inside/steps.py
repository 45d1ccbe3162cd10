"""An optimised plan as the few steps that a person would draw."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from jobs.checking.rehearsal.inside import words
from jobs.checking.rehearsal.inside.outputs import Outputs
from jobs.checking.rehearsal.inside.plan import Expression, Plan, conjuncts

MAX_STEPS = 200
MAX_DETAILS = 8
Told = tuple[str, list[str]]
"""Kind and details of a step."""

_GROUPING_SET = "spark_grouping_id"
_MADE_UP = re.compile(r"_groupingexpression|_nondeterministic|_common_expr_\d+|_extract_\w+|_we?\d+|_gen_alias_\d+_\w*")
"""Names that Spark gives to what it computes on the way."""
_SILENT = ("LocalLimit", "WindowGroupLimit", "Repartition", "RepartitionByExpression", "RebalancePartitions")
"""Operators that change no row: how the work is spread, and halves of others."""


class Steps:
    """The steps of one plan, sources first; each knows the numbers of the steps that feed it.

    A source has the number of its reading (`scan`) among those that Spark does for the plan itself, a join its number
    in `joins`. What a subquery computes feeds the step that uses it.
    """

    def __init__(
        self,
        plan: Plan,
        subplans: Mapping[int, Sequence[Plan]],
        outputs: Outputs,
        joins: Sequence[tuple[Plan, dict[str, Any]]],
    ) -> None:
        self._subplans = subplans
        self._outputs = outputs
        self._joins = {id(node): (number, join) for number, (node, join) in enumerate(joins)}
        self._made: list[dict[str, Any]] = []
        self._scans = 0
        self._add(plan, is_main=True)

    @property
    def listed(self) -> list[dict[str, Any]]:
        return self._made[:MAX_STEPS]

    @property
    def left_out(self) -> int:
        return max(len(self._made) - MAX_STEPS, 0)

    def _add(self, node: Plan, *, is_main: bool) -> int:
        inputs = [self._add(child, is_main=is_main) for child in node.children]
        inputs += [self._add(subplan, is_main=False) for subplan in self._subplans.get(id(node), ())]
        told = self._told(node)
        if told is None and len(inputs) == 1:
            return inputs[0]
        kind, details = told or (words.snake(node.kind), [])
        step = {"id": len(self._made), "kind": kind, "details": details[:MAX_DETAILS], "inputs": inputs}
        if len(details) > MAX_DETAILS:
            step["more"] = len(details) - MAX_DETAILS
        if id(node) in self._joins:
            step["join"] = self._joins[id(node)][0]
        if kind == "source" and is_main:
            step["scan"], self._scans = self._scans, self._scans + 1
        self._made.append(step)
        return len(self._made) - 1

    def _told(self, node: Plan) -> Told | None:
        """None for what only hands columns on."""
        if not node.children:
            alias = self._outputs.source_of(node)
            return ("source", [alias]) if alias else ("rows", [])
        given = [output for child in node.children for output in self._outputs.of(child)]
        if node.kind == "Join":
            return self._join(node, Text({output.id: output.formula for output in given if output.is_copy}))
        hidden = Text({output.id: output.formula for output in given if _MADE_UP.fullmatch(output.name)})
        return _TOLD[node.kind](node, hidden) if node.kind in _TOLD else _other(node)

    def _join(self, node: Plan, text: Text) -> Told:
        _, join = self._joins[id(node)]
        parts = [text(part) for part in conjuncts(node.expression("condition"))]
        return ("cross join" if join["is_cross"] else f"{join['kind']} join"), parts


class Text:
    """Expressions in words, with what is known of some columns in place of their names."""

    def __init__(self, known: Mapping[int, Expression]) -> None:
        self._known = known

    def __call__(self, expression: Expression | None) -> str:
        return words.text(expression.with_columns(self._known) if expression and self._known else expression)

    def definition(self, expression: Expression) -> str:
        """`total: sum(amount)`; without the name where Spark has made it up."""
        made = words.definition(expression.with_columns(self._known) if self._known else expression)
        return made if _MADE_UP.fullmatch(expression.name) else f"{expression.name}: {made}"

    def listed(self, plan: Plan, field: str) -> list[str]:
        return [self(one) for one in plan.expressions(field)]


def _filter(node: Plan, text: Text) -> Told | None:
    told = [text(part) for part in conjuncts(node.expression("condition")) if part.kind != "IsNotNull"]
    return ("filter", told) if told else None


def _project(node: Plan, text: Text) -> Told | None:
    made = _definitions(node, "projectList", text)
    return ("compute", made) if made else None


def _aggregate(node: Plan, text: Text) -> Told:
    groups = [text(one) for one in node.expressions("groupingExpressions") if one.name != _GROUPING_SET]
    made = _definitions(node, "aggregateExpressions", text)
    return ("aggregate" if made else "distinct"), ([f"by {', '.join(groups)}"] if groups else []) + made


def _window(node: Plan, text: Text) -> Told:
    made = [text.definition(one) for one in node.expressions("windowExpressions")]
    parts, order = text.listed(node, "partitionSpec"), text.listed(node, "orderSpec")
    within = [f"for each {', '.join(parts)}"] if parts else []
    return "window", [*made, *within, *([f"in the order of {', '.join(order)}"] if order else [])]


def _generate(node: Plan, text: Text) -> Told:
    names = ", ".join(one.name for one in node.expressions("generatorOutput"))
    return "generate", [f"{names}: {text(node.expression('generator'))}"]


def _other(node: Plan) -> Told | None:
    return None if node.kind in _SILENT else (words.snake(node.kind), [])


def _definitions(node: Plan, field: str, text: Text) -> list[str]:
    """What is computed under a name of its own; what Spark names stands where it is used."""
    made = [one for one in node.expressions(field) if _computes(one) and not _MADE_UP.fullmatch(one.name)]
    return [text.definition(one) for one in made]


def _computes(expression: Expression) -> bool:
    return expression.kind == "Alias" and expression.children[0].kind != "AttributeReference"


_TOLD: Mapping[str, Callable[[Plan, Text], Told | None]] = {
    "Filter": _filter,
    "Project": _project,
    "Aggregate": _aggregate,
    "Window": _window,
    "Generate": _generate,
    "Sort": lambda node, text: ("sort", text.listed(node, "order")),
    "GlobalLimit": lambda node, text: ("limit", [text(node.expression("limitExpr"))]),
    "Offset": lambda node, text: ("offset", [text(node.expression("offsetExpr"))]),
}
