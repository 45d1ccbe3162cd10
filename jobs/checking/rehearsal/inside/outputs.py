"""What columns each operator of an optimised plan gives, from which columns of the sources they come, and how."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from jobs.checking.rehearsal.inside.plan import Expression, Plan, kind_of

Column = tuple[str, str]
"""Alias and column name of a source."""

LEFT_ONLY = ("LeftSemi", "LeftAnti")
MAX_FORMULA = 60
"""Parts of a formula; a longer one would not be shown whole, and formulas of formulas grow without end."""


@dataclass(frozen=True, slots=True)
class Output:
    """A column that an operator gives: its number in the plan, its name, where its values come from, and how."""

    id: int
    name: str
    origins: frozenset[Column]
    formula: Expression

    @property
    def is_copy(self) -> bool:
        """Whether it is a column of a source as it is."""
        return self.formula.kind == "AttributeReference"


class Outputs:
    """Answers for the operators of one plan; each is asked once.

    `sources` are the aliases of the sources by the number of the first column that a leaf of theirs gives.
    """

    def __init__(self, sources: Mapping[int, str]) -> None:
        self._sources = sources
        # With the plan itself: its id is its own only for as long as it lives.
        self._known: dict[int, tuple[Plan, list[Output]]] = {}

    def of(self, plan: Plan) -> list[Output]:
        if id(plan) not in self._known:
            self._known[id(plan)] = (plan, self._of(plan))
        return self._known[id(plan)][1]

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
        return [
            Output(e.id or 0, e.name, frozenset({(alias, e.name)} if alias else ()), _column_of(alias, e.name))
            for e in listed
        ]

    def _named(self, expressions: Iterable[Expression], given: list[Output]) -> list[Output]:
        known = {output.id: output for output in given}
        return [self._output(e, known) for e in expressions if e.id is not None]

    def _output(self, expression: Expression, known: Mapping[int, Output]) -> Output:
        made = expression.children[0] if expression.kind == "Alias" else expression
        own = known.get(made.id or 0) if made.kind == "AttributeReference" else None
        if own is not None:
            return Output(expression.id or 0, expression.name, own.origins, own.formula)
        return Output(expression.id or 0, expression.name, self._origins(made, known), self._formula(made, known))

    def _origins(self, expression: Expression, known: Mapping[int, Output]) -> frozenset[Column]:
        """The columns behind an expression, those of its subqueries too."""
        found = [known[number].origins for number in expression.references() if number in known]
        found += [output.origins for plan in expression.subplans() for output in self.of(plan)]
        return frozenset[Column]().union(*found)

    def _formula(self, expression: Expression, known: Mapping[int, Output]) -> Expression:
        """The expression over columns of the sources, as far as that stays short."""
        told = {number: known[number].formula for number in expression.references() if number in known}
        formulas = {number: one for number, one in told.items() if not one.is_longer_than(MAX_FORMULA)}
        whole = expression if expression.is_longer_than(MAX_FORMULA) else expression.with_columns(formulas)
        if not whole.is_longer_than(MAX_FORMULA):
            return whole
        return expression.with_columns({number: one for number, one in formulas.items() if not one.children})

    def _union(self, plan: Plan) -> list[Output]:
        columns = zip(*(self.of(child) for child in plan.children), strict=False)
        return [_either(own) for own in columns]

    def _generate(self, plan: Plan, given: list[Output]) -> list[Output]:
        """What is handed on, without the columns that only the generator needs, and what it makes."""
        generator = plan.expression("generator")
        known = {output.id: output for output in given}
        made = plan.expressions("generatorOutput")
        kept = plan.fields.get("kept")
        given = given if kept is None else [output for output in given if output.id in kept]
        if generator is None:
            return [*given, *(Output(one.id or 0, one.name, frozenset(), one) for one in made)]
        origins, formula = self._origins(generator, known), self._formula(generator, known)
        return [*given, *(Output(one.id or 0, one.name, origins, formula) for one in made)]

    def _expand(self, plan: Plan, given: list[Output]) -> list[Output]:
        """Of each row one for each of its projections: what grouping sets repeat, or what an unpivot parts."""
        known = {output.id: output for output in given}
        ways = list(zip(*plan.alternatives("projections"), strict=False))
        listed = plan.expressions("output")
        if len(ways) != len(listed):  # too many to be told
            return [known.get(e.id or 0) or Output(e.id or 0, e.name, frozenset(), e) for e in listed]
        return [self._one_of(e, way, known) for e, way in zip(listed, ways, strict=True)]

    def _one_of(self, column: Expression, way: Sequence[Expression], known: Mapping[int, Output]) -> Output:
        if all(one.kind == "Literal" for one in way):  # the number of the grouping set, the name of a column
            return Output(column.id or 0, column.name, frozenset(), column)
        made = [self._origins(one, known) for one in way], [self._formula(one, known) for one in way]
        outputs = [Output(column.id or 0, column.name, *one) for one in zip(*made, strict=True)]
        return _either(outputs)


def _column_of(alias: str | None, name: str) -> Expression:
    return Expression("AttributeReference", {"name": f"{alias}.{name}" if alias else name})


def _either(own: Sequence[Output]) -> Output:
    """A column of a union: of the first branch's name, made as in one of the branches."""
    formulas = [one.formula for one in own]
    same = all(formula == formulas[0] for formula in formulas)
    formula = formulas[0] if same else Expression("Either", {}, formulas)
    if formula.is_longer_than(MAX_FORMULA):
        formula = Expression("AttributeReference", {"name": own[0].name})
    origins = frozenset[Column]().union(*(one.origins for one in own))
    return Output(own[0].id, own[0].name, origins, formula)
