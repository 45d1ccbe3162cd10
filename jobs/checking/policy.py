"""The policy: what a transform may hold, decided before anything runs it.

An allow-list that fails closed. It reads the tree of the text and runs nothing; the engine's confinement comes on top.
Rows may not come to the driver (`.collect()` blocks), for the platform counts and writes the result; what only costs
time or shows rows in the log (`.count()`, `.show()`, `.cache()`) is advisory.
"""

from __future__ import annotations

import ast
from collections.abc import Sequence

from connections.errors import PortalError
from jobs.checking import imports, scopes, shape, source_text
from jobs.checking.findings import Finding, blocking
from jobs.checking.surface import Surface
from jobs.checking.values import Values


def check(source: str, aliases: Sequence[str]) -> list[Finding]:
    """Everything that speaks against running `source` over the sources `aliases`, in the order of its lines."""
    tree = source_text.read(source)
    if isinstance(tree, list):
        return tree
    try:
        return _judge(tree, aliases)
    except RecursionError:
        return [blocking("too-deep", tree, "This code is too intricate to be read.", "Split it into steps.")]


def refuse_blocked(source: str, aliases: Sequence[str]) -> None:
    """Raises CODE_BLOCKED when `check` finds anything that keeps the code from running."""
    blocked = sum(finding.severity == "blocking" for finding in check(source, aliases))
    if blocked:
        raise PortalError("CODE_BLOCKED", count=blocked)


def _judge(tree: ast.Module, aliases: Sequence[str]) -> list[Finding]:
    program = scopes.analyse(tree)
    table = imports.collect(tree)
    values = Values(program, table, shape.find_transform(tree))
    surface = Surface(program, table, values, aliases)
    surface.visit(tree)
    found = {*table.findings, *shape.check_outline(tree, aliases), *surface.findings}
    return sorted(found, key=lambda finding: (finding.line, finding.column, finding.rule, finding.message))
