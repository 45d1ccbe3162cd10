"""What columns each operator of an optimised plan gives, and from which columns of the sources they come."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from jobs.checking.rehearsal.inside.plan import Expression, Plan, kind_of

Column = tuple[str, str]
"""Alias and column name of a source."""

LEFT_ONLY = ("LeftSemi", "LeftAnti")


@dataclass(frozen=True, slots=True)
class Output:
    """A column that an operator gives: its number in the plan, its name, and where its values come from."""

    id: int
    name: str
    origins: frozenset[Column]


class Outputs:
    """Answers for the operators of one plan; each is asked once.

    `sources` are the aliases of the sources by the number of the first column that a leaf of theirs gives.
    """

    def __init__(self, sources: Mapping[int, str]) -> None:
        self._sources = sources
        self._known: dict[int, list[Output]] = {}

    def of(self, plan: Plan) -> list[Output]:
        found = self._known.get(id(plan))
        if found is None:
            found = self._known[id(plan)] = self._of(plan)
        return found

    def ids(self, plan: Plan) -> frozenset[int]:
        return frozenset(output.id for output in self.of(plan))

    def source_of(self, leaf: Plan) -> str | None:
        """The alias of the source that a leaf reads; None for anything else."""
        first = next(iter(leaf.expressions("output")), None) if leaf.kind == "LogicalRelation" else None
        return self._sources.get(first.id or 0) if first else None

    def aliases(self, plan: Plan) -> frozenset[str]:
        """The sources that are read at or below the operator."""
        named = {self.source_of(node) for node in plan.walk() if not node.children}
        return frozenset(alias for alias in named if alias is not None)

    def _of(self, plan: Plan) -> list[Output]:
        if not plan.children:
            return self._leaf(plan)
        given = [output for child in plan.children for output in self.of(child)]
        for name in ("projectList", "aggregateExpressions"):
            if name in plan.fields:
                return self._named(plan.expressions(name), given)
        if plan.kind == "Window":
            return [*given, *self._named(plan.expressions("windowExpressions"), given)]
        if plan.kind == "Join" and kind_of(plan.fields.get("joinType")) in LEFT_ONLY:
            return self.of(plan.children[0])
        if plan.kind == "Union":
            return self._union(plan)
        if plan.kind == "Generate":
            return self._generate(plan, given)
        if plan.kind == "Expand":
            return self._expand(plan, given)
        return given

    def _leaf(self, leaf: Plan) -> list[Output]:
        alias = self.source_of(leaf)
        listed = leaf.expressions("output") if isinstance(leaf.fields.get("output"), list) else []
        return [Output(e.id or 0, e.name, frozenset({(alias, e.name)} if alias else ())) for e in listed]

    def _named(self, expressions: Iterable[Expression], given: list[Output]) -> list[Output]:
        origins = {output.id: output.origins for output in given}
        named = (expression for expression in expressions if expression.id is not None)
        return [Output(e.id or 0, e.name, self._origins(e, origins)) for e in named]

    def _origins(self, expression: Expression, known: dict[int, frozenset[Column]]) -> frozenset[Column]:
        """The columns behind an expression, those of its subqueries too."""
        found = [known.get(number, frozenset()) for number in expression.references()]
        found += [output.origins for plan in expression.subplans() for output in self.of(plan)]
        return frozenset[Column]().union(*found)

    def _union(self, plan: Plan) -> list[Output]:
        columns = zip(*(self.of(child) for child in plan.children), strict=False)
        together = [(own[0], frozenset[Column]().union(*(one.origins for one in own))) for own in columns]
        return [Output(first.id, first.name, origins) for first, origins in together]

    def _generate(self, plan: Plan, given: list[Output]) -> list[Output]:
        generator = plan.expression("generator")
        origins = {output.id: output.origins for output in given}
        behind = self._origins(generator, origins) if generator else frozenset[Column]()
        made = plan.expressions("generatorOutput")
        return [*given, *(Output(one.id or 0, one.name, behind) for one in made)]

    def _expand(self, plan: Plan, given: list[Output]) -> list[Output]:
        """The columns that grouping sets repeat; those they group by have new numbers and the old names."""
        by_id = {output.id: output.origins for output in given}
        by_name = {output.name: output.origins for output in given}
        listed = plan.expressions("output")
        return [Output(e.id or 0, e.name, by_id.get(e.id or 0) or by_name.get(e.name, frozenset())) for e in listed]
