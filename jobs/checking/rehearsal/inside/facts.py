"""What an optimised plan says to a person: joins that multiply rows, what is read, where columns come from."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from jobs.checking.rehearsal.inside import words
from jobs.checking.rehearsal.inside.keys import Keys, SourceKeys
from jobs.checking.rehearsal.inside.outputs import Outputs
from jobs.checking.rehearsal.inside.plan import Expression, Plan, conjuncts, kind_of
from jobs.checking.rehearsal.inside.steps import Steps

MAX_PARTS = 8
_KINDS = {"Inner": "inner", "Cross": "cross", "LeftOuter": "left", "RightOuter": "right", "FullOuter": "full"} | {
    "LeftSemi": "semi",
    "LeftAnti": "anti",
    "ExistenceJoin": "semi",
}
_EXISTS = ("semi", "anti")


class Facts:
    """Asks one optimised plan. `marks` are as `Outputs` wants them, `keys` the unique keys of the sources."""

    def __init__(self, plan: Plan, marks: Mapping[int, str], keys: SourceKeys) -> None:
        self._plan = plan
        self._outputs = Outputs(marks)
        self._keys = Keys(self._outputs, keys)
        self._subplans: dict[int, list[Plan]] = {}
        self._plans = self._all_plans()
        nodes = [node for one in self._plans for node in one.walk() if node.kind == "Join"]
        self._joins = [(node, self._join(node)) for node in reversed(nodes)]

    def read(self) -> list[str]:
        """The sources that the plan reads, also those that only a subquery reads."""
        return sorted({alias for plan in self._plans for alias in self._outputs.aliases(plan)})

    def joins(self) -> list[dict[str, Any]]:
        """From the sources up."""
        return [join for _, join in self._joins]

    def lineage(self, names: list[str]) -> list[dict[str, Any]]:
        """For each column of the result the columns of the sources behind it, and how it is made of them."""
        outputs = self._outputs.of(self._plan)
        if len(outputs) != len(names):
            return []
        return [
            {
                "column": name,
                "from": [{"alias": alias, "column": column} for alias, column in sorted(output.origins)],
                "expression": words.definition(output.formula),
            }
            for name, output in zip(names, outputs, strict=True)
        ]

    def ordering(self) -> list[str]:
        """How the result is sorted; empty where it is not."""
        node = self._plan
        while node.kind in ("GlobalLimit", "LocalLimit", "Project") and node.children:
            node = node.children[0]
        return [words.text(order) for order in node.expressions("order")] if node.kind == "Sort" else []

    def limit(self) -> int | None:
        """The rows that the result has at most, where a limit ends the plan."""
        node = self._plan
        while node.kind == "Project" and node.children:
            node = node.children[0]
        limit = node.expression("limitExpr")
        value = limit.fields.get("value") if limit else None
        return int(value) if value and str(value).isdecimal() else None

    def steps(self) -> Steps:
        """The plan as a drawing needs it."""
        return Steps(self._plan, self._subplans, self._outputs, self._joins)

    def _all_plans(self) -> list[Plan]:
        """The plan and those of its subqueries, which are made once: what is known of a plan hangs on its object."""
        plans = [self._plan]
        for plan in plans:
            for node in plan.walk():
                own = [sub for expression in _own_expressions(node) for sub in expression.subplans()]
                self._subplans[id(node)] = own
                plans += own
        return plans

    def _join(self, node: Plan) -> dict[str, Any]:
        left, right = node.children
        kind = _KINDS.get(kind_of(node.fields.get("joinType")), "inner")
        parts = conjuncts(node.expression("condition"))
        one_row = self._keys.of(left).is_one_row or self._keys.of(right).is_one_row
        equal = bool(self._keys.join_keys(node).left) or self._has_equality(node, parts)
        return {
            "kind": kind,
            "left": sorted(self._outputs.aliases(left)),
            "right": sorted(self._outputs.aliases(right)),
            "on": [words.text(part) for part in parts][:MAX_PARTS],
            "is_cross": not parts and not one_row and kind not in _EXISTS,
            "compares_all": bool(parts) and not equal and not one_row,
            "fans_out": self._keys.fans_out(node) if equal else False,
        }

    def _has_equality(self, node: Plan, parts: list[Expression]) -> bool:
        """Also one between expressions, such as lower(a) = lower(b), by which Spark can sort or hash."""
        left, right = (self._outputs.ids(child) for child in node.children)
        equals = [part.children for part in parts if part.kind in ("EqualTo", "EqualNullSafe")]
        return any(
            (one.references() <= left and other.references() <= right)
            or (one.references() <= right and other.references() <= left)
            for one, other in equals
            if one.references() and other.references()
        )


def _own_expressions(node: Plan) -> list[Expression]:
    """The expressions that may hold subqueries."""
    single = [node.expression(name) for name in ("condition",)]
    listed = [one for name in ("projectList", "aggregateExpressions") for one in node.expressions(name)]
    return [one for one in [*single, *listed] if one is not None]
