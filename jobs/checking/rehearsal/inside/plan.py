"""Spark's logical and physical plans as trees of plain values, read from the JSON that Spark writes of them."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import islice
from typing import Any


@dataclass(slots=True)
class Expression:
    """`kind` is the class without its package; `fields` are the JSON's own, children apart."""

    kind: str
    fields: dict[str, Any]
    children: list[Expression] = field(default_factory=list)

    @property
    def id(self) -> int | None:
        """The number that ties an attribute to the expression that makes it."""
        told = self.fields.get("exprId")
        return told["id"] if isinstance(told, dict) else None

    @property
    def name(self) -> str:
        return str(self.fields.get("name", ""))

    def walk(self) -> Iterator[Expression]:
        yield self
        for child in self.children:
            yield from child.walk()

    def references(self) -> frozenset[int]:
        return frozenset(node.id for node in self.walk() if node.kind == "AttributeReference" and node.id is not None)

    def with_columns(self, known: Mapping[int, Expression]) -> Expression:
        """The expression with what is known of its columns in their place."""
        if self.kind == "AttributeReference":
            return known.get(self.id or 0, self)
        if not self.children:
            return self
        return Expression(self.kind, self.fields, [child.with_columns(known) for child in self.children])

    def is_longer_than(self, nodes: int) -> bool:
        return any(True for _ in islice(self.walk(), nodes, None))

    def subplans(self) -> list[Plan]:
        """The plans of subqueries inside this expression."""
        return [_plan(node.fields["plan"]) for node in self.walk() if isinstance(node.fields.get("plan"), list)]


@dataclass(slots=True)
class Plan:
    """One operator of a plan and those below it."""

    kind: str
    fields: dict[str, Any]
    children: list[Plan] = field(default_factory=list)
    _listed: dict[str, list[Expression]] = field(default_factory=dict, compare=False, repr=False)

    def walk(self) -> Iterator[Plan]:
        yield self
        for child in self.children:
            yield from child.walk()

    def expression(self, name: str) -> Expression | None:
        """The expression of a field, None where there is none."""
        told = self.fields.get(name)
        return _expression(told) if told else None

    def expressions(self, name: str) -> list[Expression]:
        """The list of expressions of a field, read once."""
        if name not in self._listed:
            self._listed[name] = [_expression(told) for told in self.fields.get(name) or [] if told]
        return self._listed[name]

    def alternatives(self, name: str) -> list[list[Expression]]:
        """The lists of expressions of a field that has several of them."""
        return [[_expression(told) for told in listed if told] for listed in self.fields.get(name) or []]


def read(text: str) -> Plan:
    return _plan(json.loads(text))


def _plan(told: list[dict[str, Any]]) -> Plan:
    return _plan_node(iter(told))


def _plan_node(waiting: Iterator[dict[str, Any]]) -> Plan:
    fields = next(waiting)
    node = Plan(_short(fields["class"]), fields)
    node.children = [_plan_node(waiting) for _ in range(fields["num-children"])]
    return node


def _expression(told: Iterable[dict[str, Any]]) -> Expression:
    return _expression_node(iter(told))


def _expression_node(waiting: Iterator[dict[str, Any]]) -> Expression:
    fields = next(waiting)
    node = Expression(_short(fields["class"]), fields)
    node.children = [_expression_node(waiting) for _ in range(fields["num-children"])]
    return node


def _short(class_name: str) -> str:
    return class_name.rsplit(".", 1)[-1]


def kind_of(told: Any) -> str:
    """The name of a case object such as a join type: {"object": "...plans.Inner$"} is Inner."""
    name = told.get("object") or told.get("product-class") or "" if isinstance(told, dict) else ""
    return _short(str(name)).removesuffix("$")


def conjuncts(condition: Expression | None) -> list[Expression]:
    """The parts of a condition that are joined by AND."""
    if condition is None:
        return []
    if condition.kind == "And":
        return [part for child in condition.children for part in conjuncts(child)]
    return [condition]
