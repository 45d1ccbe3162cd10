"""The text of a transform before its meaning: can it be read at all, and is it of a size that a person reads?"""

from __future__ import annotations

import ast
import re
import warnings
from collections.abc import Iterator

from jobs.checking.findings import Finding

MAX_BYTES = 64 * 1024
MAX_NODES = 2_000
MAX_DEPTH = 50
MAX_CHAIN = 200  # calls in one chain; the other rules walk it by recursion

_LEAVES = (ast.expr_context, ast.operator, ast.unaryop, ast.boolop, ast.cmpop, ast.Name, ast.Constant)

# Line ends that only some readers see, controls, and marks that turn the reading direction: what a person reads in the
# editor would not be what runs.
_INVISIBLE = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff\ud800-\udfff]"
)


def read(source: str) -> ast.Module | list[Finding]:
    """The syntax tree, or why there is none."""
    source = source.replace("\r\n", "\n")
    findings = list(_text_findings(source))
    if findings:
        return findings
    try:
        tree = _parse(source)
    except SyntaxError as error:
        return [_syntax_error(error)]
    except (ValueError, RecursionError, MemoryError):
        return [_blocking("too-deep", 1, 0, "This code is nested too deeply to be read.", "Split it into steps.")]
    return list(_size_findings(tree)) or tree


def _parse(source: str) -> ast.Module:
    with warnings.catch_warnings():  # "\d" in a pattern is only a warning to Python, wherever warnings are errors
        warnings.simplefilter("ignore")
        return ast.parse(source, feature_version=(3, 9))


def _text_findings(source: str) -> Iterator[Finding]:
    if not source.strip():
        hint = "Write def transform(spark, ...): with one parameter per source."
        yield _blocking("empty", 1, 0, "There is no code.", hint)
    if len(source.encode("utf-8", "replace")) > MAX_BYTES:
        hint = "Keep the transformation to what it computes; data belongs into a source."
        yield _blocking("too-long", 1, 0, f"The code is longer than {MAX_BYTES // 1024} kB.", hint)
    elif found := _INVISIBLE.search(source):
        line = source.count("\n", 0, found.start()) + 1
        column = found.start() - source.rfind("\n", 0, found.start()) - 1
        message = f"The invisible character U+{ord(found.group()):04X} stands here."
        yield _blocking(
            "invisible-character", line, column, message, "Delete it, or write it as an escape in a string."
        )


def _syntax_error(error: SyntaxError) -> Finding:
    line, column = max(error.lineno or 1, 1), max((error.offset or 1) - 1, 0)
    return _blocking("syntax-error", line, column, f"Python cannot read this: {error.msg}.", "Correct the code here.")


def _size_findings(tree: ast.Module) -> Iterator[Finding]:
    count = sum(not isinstance(node, _LEAVES) for node in ast.walk(tree))
    if count > MAX_NODES:
        message = f"The code has {count} elements; {MAX_NODES} are allowed."
        yield _blocking("too-large", 1, 0, message, "Split the question into smaller ones.")
    deep = next(_deep(tree), None)
    if deep is not None:
        line, column = getattr(deep, "lineno", 1), getattr(deep, "col_offset", 0)
        message = f"The code is nested deeper than {MAX_DEPTH} levels."
        yield _blocking("too-deep", line, column, message, "Give the inner parts names of their own.")


def _deep(tree: ast.AST) -> Iterator[ast.AST]:
    """Nodes below the limit; links of one method chain count as one level, for a chain reads from left to right."""
    stack: list[tuple[ast.AST, int, int]] = [(tree, 0, 0)]
    while stack:
        node, depth, raw = stack.pop()
        if depth > MAX_DEPTH or raw > MAX_CHAIN:
            yield node
            return
        link = _next_link(node)
        stack.extend((child, depth + (child is not link), raw + 1) for child in ast.iter_child_nodes(node))


def _next_link(node: ast.AST) -> ast.AST | None:
    if isinstance(node, ast.Call):
        return node.func
    return node.value if isinstance(node, ast.Attribute) else None


def _blocking(rule: str, line: int, column: int, message: str, hint: str) -> Finding:
    return Finding(rule, "blocking", line, column, message, hint)
