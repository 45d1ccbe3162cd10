"""What a check says about a transform."""

from __future__ import annotations

import ast
from dataclasses import asdict, dataclass
from typing import Literal, TypedDict, cast

Severity = Literal["blocking", "advisory"]


class FindingDict(TypedDict):
    """A finding as stored in `CodeVersion.findings` and sent to pages."""

    rule: str
    severity: Severity
    line: int
    column: int
    message: str
    hint: str


@dataclass(frozen=True, slots=True)
class Finding:
    """`line` counts from 1 and `column` from 0, as `ast` does. `hint` says what to write instead."""

    rule: str
    severity: Severity
    line: int
    column: int
    message: str
    hint: str

    def as_dict(self) -> FindingDict:
        return cast(FindingDict, asdict(self))


def blocking(rule: str, node: ast.AST, message: str, hint: str) -> Finding:
    """A finding that keeps the code from running, at the place of a node."""
    return _at(rule, "blocking", node, message, hint)


def advisory(rule: str, node: ast.AST, message: str, hint: str) -> Finding:
    """A finding to think about, at the place of a node."""
    return _at(rule, "advisory", node, message, hint)


def _at(rule: str, severity: Severity, node: ast.AST, message: str, hint: str) -> Finding:
    return Finding(rule, severity, getattr(node, "lineno", 1), getattr(node, "col_offset", 0), message, hint)
