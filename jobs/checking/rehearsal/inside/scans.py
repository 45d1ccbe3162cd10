"""What each source is asked for: the columns that are read and the filters that the source itself applies."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from jobs.checking.rehearsal.inside import words
from jobs.checking.rehearsal.inside.engine import Engine, each
from jobs.checking.rehearsal.inside.plan import Plan, conjuncts, read

MAX_FILTERS = 20
_RELATION = re.compile(r"JDBCRelation\((\w+)\)")


def scans(engine: Engine, physical: Any) -> list[dict[str, Any]]:
    """One entry for each time a source is read. `physical` is Spark's plan before it runs, as the JVM holds it."""
    leaves = _leaves(read(physical.toJSON()), [])
    told = [(_alias(engine, leaf), node, after, leaf) for (node, after), leaf in _pairs(leaves, physical)]
    return [
        {
            "alias": alias,
            "columns": [one.name for one in node.expressions("output")],
            "pushed": _pushed(engine, leaf),
            "filtered_after": after,
        }
        for alias, node, after, leaf in told
        if alias
    ]


def _pairs(leaves: list[tuple[Plan, list[str]]], physical: Any) -> Iterator[tuple[tuple[Plan, list[str]], Any]]:
    return zip(leaves, each(physical.collectLeaves()), strict=False)


def _alias(engine: Engine, leaf: Any) -> str:
    """A scan that reads no column, as count(*) needs none, is known by the name of its relation only."""
    named = _RELATION.search(leaf.nodeName())
    return engine.mark_of(leaf) or (named[1] if named else "")


def _leaves(node: Plan, conditions: list[str]) -> list[tuple[Plan, list[str]]]:
    """Leaves from left to right, with the conditions that Spark applies right above them."""
    if not node.children:
        return [(node, conditions[:MAX_FILTERS])]
    own: list[str] = []
    if node.kind == "FilterExec":
        own = [words.text(one) for one in conjuncts(node.expression("condition")) if one.kind != "IsNotNull"]
    passes = node.kind in ("FilterExec", "ProjectExec")
    return [leaf for child in node.children for leaf in _leaves(child, [*conditions, *own] if passes else [])]


def _pushed(engine: Engine, leaf: Any) -> list[str]:
    name = leaf.nodeName()
    if not name.startswith("Scan "):
        return []
    if "JDBCRelation" in name:
        return [text for one in each(leaf.filters().toSeq()) if (text := engine.compile_filter(one))][:MAX_FILTERS]
    told = leaf.metadata().get("PushedFilters")
    listed = told.get() if told.isDefined() else "[]"
    return [listed[1:-1]] if len(listed) > 2 else []
