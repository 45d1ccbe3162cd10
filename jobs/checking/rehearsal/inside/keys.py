"""Which columns of an operator's output are surely unique, and from that whether a join multiplies rows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from jobs.checking.rehearsal.inside.outputs import LEFT_ONLY, Outputs
from jobs.checking.rehearsal.inside.plan import Expression, Plan, conjuncts, kind_of

Key = frozenset[int]
SourceKeys = Mapping[str, Sequence[Sequence[str]] | None]

_KEEP = frozenset(
    {"Filter", "Sort", "LocalLimit", "GlobalLimit", "Offset", "Sample", "Repartition", "RepartitionByExpression"}
    | {"RebalancePartitions", "SubqueryAlias", "Window", "WindowGroupLimit", "Project", "ResolvedHint"}
)
_LEFT_ONLY = (*LEFT_ONLY, "ExistenceJoin")
_MOST_KEYS = 16


@dataclass(frozen=True, slots=True)
class Uniqueness:
    """`keys` are sets of columns of which no two rows share all values; the empty set means one row at most.

    `known` is False where a source does not tell its keys, so that a missing key proves nothing.
    """

    keys: frozenset[Key]
    known: bool = True

    @property
    def is_one_row(self) -> bool:
        return frozenset() in self.keys

    def covered_by(self, columns: Key) -> bool:
        return any(key <= columns for key in self.keys)


@dataclass(frozen=True, slots=True)
class JoinKeys:
    """The columns of both sides that a join compares for equality."""

    left: Key
    right: Key


class Keys:
    """Answers for the operators of one plan. `sources` are the unique keys by alias, None where they are unknown."""

    def __init__(self, outputs: Outputs, sources: SourceKeys) -> None:
        self._outputs = outputs
        self._sources = sources

    def of(self, plan: Plan) -> Uniqueness:
        below = [self.of(child) for child in plan.children]
        found = self._of(plan, below)
        ids = self._outputs.ids(plan)
        kept = sorted((key for key in found.keys if key <= ids), key=lambda key: (len(key), sorted(key)))
        return Uniqueness(frozenset(kept[:_MOST_KEYS]), found.known)

    def _of(self, plan: Plan, below: list[Uniqueness]) -> Uniqueness:
        if not below:
            return self._leaf(plan)
        if plan.kind == "Join":
            return self._join(plan, *below)
        known = all(one.known for one in below)
        if plan.kind == "Aggregate":
            return Uniqueness(frozenset(self._grouping(plan)), True)
        if plan.kind not in _KEEP:
            return Uniqueness(frozenset(), known)
        keys = below[0].keys | self._added(plan)
        if plan.kind == "Filter":
            fixed = _fixed(plan.expression("condition"))
            keys |= {key - fixed for key in keys}
        if plan.kind == "Project":
            keys |= _renamed(plan, keys)
        return Uniqueness(frozenset(keys), known)

    def _leaf(self, plan: Plan) -> Uniqueness:
        alias = self._outputs.source_of(plan)
        keys = self._sources.get(alias) if alias else None
        if plan.kind == "OneRowRelation":
            return Uniqueness(frozenset({frozenset()}))
        if keys is None:
            return Uniqueness(frozenset(), known=False)
        ids = {output.name: output.id for output in self._outputs.of(plan)}
        return Uniqueness(frozenset(frozenset(ids[name] for name in key) for key in keys if set(key) <= ids.keys()))

    def _join(self, plan: Plan, left: Uniqueness, right: Uniqueness) -> Uniqueness:
        kind = kind_of(plan.fields.get("joinType"))
        if kind in _LEFT_ONLY:
            return left
        pairs = self.join_keys(plan)
        keys: set[Key] = set()
        if right.covered_by(pairs.right) and kind in ("Inner", "Cross", "LeftOuter"):
            keys |= left.keys
        if left.covered_by(pairs.left) and kind in ("Inner", "Cross", "RightOuter"):
            keys |= right.keys
        if kind in ("Inner", "Cross"):
            keys |= {one | other for one in left.keys for other in right.keys}
        return Uniqueness(frozenset(keys), left.known and right.known)

    def join_keys(self, plan: Plan) -> JoinKeys:
        left_ids, right_ids = (self._outputs.ids(child) for child in plan.children)
        left: set[int] = set()
        right: set[int] = set()
        for part in conjuncts(plan.expression("condition")):
            if part.kind not in ("EqualTo", "EqualNullSafe"):
                continue
            one, other = part.children
            if one.references() <= right_ids and other.references() <= left_ids:
                one, other = other, one
            if one.references() <= left_ids and other.references() <= right_ids:
                left |= _column(one)
                right |= _column(other)
        return JoinKeys(frozenset(left), frozenset(right))

    def fans_out(self, plan: Plan) -> bool | None:
        """Whether a join can give more rows than either side has; None when the sources do not tell."""
        if kind_of(plan.fields.get("joinType")) in _LEFT_ONLY:
            return False
        left, right = (self.of(child) for child in plan.children)
        pairs = self.join_keys(plan)
        if left.covered_by(pairs.left) or right.covered_by(pairs.right):
            return False
        return True if left.known and right.known else None

    @staticmethod
    def _grouping(plan: Plan) -> list[Key]:
        """Groups are unique, if all that they are made by is given on."""
        named = plan.expressions("aggregateExpressions")
        made = {_shape(one.children[0] if one.kind == "Alias" else one): one.id for one in named}
        ids = [made.get(_shape(one)) for one in plan.expressions("groupingExpressions")]
        key = frozenset(number for number in ids if number is not None)
        return [] if None in ids else [key]

    @staticmethod
    def _added(plan: Plan) -> frozenset[Key]:
        """The keys that an operator makes: one row by a limit, a number per group by row_number."""
        if plan.kind in ("LocalLimit", "GlobalLimit"):
            limit = plan.expression("limitExpr")
            return frozenset({frozenset()}) if limit and limit.fields.get("value") in ("0", "1") else frozenset()
        if plan.kind != "Window":
            return frozenset()
        parts = [one.references() for one in plan.expressions("partitionSpec")]
        together = frozenset().union(*parts)
        numbers = [
            one for one in plan.expressions("windowExpressions") if any(e.kind == "RowNumber" for e in one.walk())
        ]
        return frozenset(together | {one.id} for one in numbers if one.id is not None)


def _fixed(condition: Expression | None) -> Key:
    """Columns that a condition compares with one value, or with at most 1, as `row_number() <= 1` does."""
    fixed: set[int] = set()
    for part in conjuncts(condition):
        if part.kind not in ("EqualTo", "EqualNullSafe", "LessThanOrEqual", "LessThan"):
            continue
        one, other = part.children
        value = other.fields.get("value")
        limits = {"EqualTo": None, "EqualNullSafe": None, "LessThanOrEqual": "1", "LessThan": "2"}
        if other.kind == "Literal" and limits[part.kind] in (None, value):
            fixed |= _column(one) if part.kind.startswith("Equal") or _is_int(one) else frozenset()
    return frozenset(fixed)


def _is_int(expression: Expression) -> bool:
    """Row numbers are integers from 1 on; a column of a table below 2 is not one value."""
    return expression.kind == "AttributeReference" and not expression.fields.get("nullable", True)


def _column(expression: Expression) -> Key:
    """The column that is compared, also where Spark casts it to the other side's type."""
    while expression.kind in ("Cast", "KnownFloatingPointNormalized", "NormalizeNaNAndZero") and expression.children:
        expression = expression.children[0]
    return frozenset({expression.id}) if expression.kind == "AttributeReference" and expression.id else frozenset()


def _renamed(plan: Plan, keys: frozenset[Key]) -> set[Key]:
    """Keys under the new names that a projection gives their columns."""
    new = {}
    for one in plan.expressions("projectList"):
        if one.kind == "Alias" and one.children[0].kind == "AttributeReference":
            new[one.children[0].id] = one.id
    return {frozenset(new.get(number) or number for number in key) for key in keys}


def _shape(expression: Expression) -> str:
    """Two expressions of the same shape have the same value."""
    own = expression.id or expression.fields.get("value", "")
    return f"{expression.kind}{own}({','.join(map(_shape, expression.children))})"
