"""Findings of a rehearsal: its error, or what its plan says that a person should know before it runs."""

from __future__ import annotations

import ast
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace

from jobs.checking.findings import Finding, advisory, blocking
from jobs.checking.rehearsal.answers import Join, Rehearsal
from jobs.checking.rehearsal.error_words import finding_of
from jobs.checking.shape import find_transform
from jobs.checking.values import own_nodes

_NOT_REHEARSED = {
    "starting": ("its Spark is getting ready", "Save it again in some seconds."),
    "unconfined": (
        "this machine has neither bubblewrap nor user namespaces to confine it",
        "Install bubblewrap; or set PGSPARK_REHEARSAL_UNCONFINED=1 where all who write code are trusted.",
    ),
    "no-java": ("Java 17 was not found", "Set PGSPARK_JAVA_HOME to a Java 17."),
    "broken": ("its Spark does not start", "The reason is in keeper.log below PGSPARK_REHEARSAL_DIR."),
    "gone": ("its process was ended from outside", "Save the code again."),
    "time": ("it was stopped at its time limit", "Write it in fewer steps, or save the code again."),
    "unreadable": ("its answer could not be read", "Save the code again."),
}
_UNWRITABLE = re.compile(r"(?<![a-z])interval(?! (?:year|month|day|hour|minute|second))|<.*\bvoid\b")


def findings_of(rehearsal: Rehearsal, transform: str, aliases: Sequence[str]) -> list[Finding]:
    """What the rehearsal says of a text that the policy could read."""
    tree = ast.parse(transform.replace("\r\n", "\n"))
    function = find_transform(tree)
    if function is None:
        return []
    if rehearsal["state"] in _NOT_REHEARSED:
        why, hint = _NOT_REHEARSED[rehearsal["state"]]
        return [advisory("not-rehearsed", function, f"This code was not rehearsed: {why}.", hint)]
    places = _Places(function)
    if rehearsal["state"] == "failed":
        found = finding_of(rehearsal["error"], needs_rows=rehearsal["needs_rows"])
        return [found if rehearsal["error"]["line"] else replace(found, line=places.result().lineno)]
    if rehearsal["state"] != "done":
        return []
    return [
        *_schema_findings(rehearsal, places),
        *_pattern_findings(rehearsal, places),
        *(finding for join in rehearsal["joins"] for finding in _join_findings(join, places)),
        *_unused_findings(rehearsal, aliases, places),
    ]


class _Places:
    """Where in the code a finding of the plan belongs, as far as the code tells."""

    def __init__(self, function: ast.FunctionDef) -> None:
        self.function = function
        self._nodes = list(ast.walk(function))

    def result(self) -> ast.stmt:
        returns = [node for node in own_nodes(function=self.function) if isinstance(node, ast.Return)]
        return max(returns, key=lambda node: node.lineno, default=self.function)

    def source(self, alias: str) -> ast.AST:
        return next((one for one in self.function.args.args if one.arg == alias), self.function)

    def text(self, text: str) -> ast.AST:
        """The string that holds the text."""
        held = [node for node in self._nodes if isinstance(node, ast.Constant) and text in str(node.value)]
        return held[0] if held else self.function

    def join(self, join: Join) -> ast.AST:
        """The join itself where the code has only one that it can be."""
        calls = [node for node in self._nodes if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)]
        named = [(call, call.func.attr) for call in calls if isinstance(call.func, ast.Attribute)]
        crossed = [call for call, name in named if name == "crossJoin"] if join["is_cross"] else []
        joined = crossed or [call for call, name in named if name in ("join", "crossJoin")]
        queries = [call for call, name in named if name == "sql"] if not joined else []
        found = joined or queries
        return _Name(found[0]) if len(found) == 1 else self.function


class _Name(ast.AST):
    """The place of the method's name in a call, which may stand lines below the call's beginning."""

    def __init__(self, call: ast.Call) -> None:
        func = call.func
        assert isinstance(func, ast.Attribute)  # noqa: S101
        self.lineno = func.end_lineno or func.lineno
        self.col_offset = max((func.end_col_offset or 0) - len(func.attr), 0)


def _schema_findings(rehearsal: Rehearsal, places: _Places) -> Iterator[Finding]:
    names = [column["name"] for column in rehearsal["schema"]]
    if not names:
        yield blocking("no-columns", places.result(), "The result has no columns.", "Select at least one.")
    counted = Counter(name.lower() for name in names)
    for double in [name for name, times in counted.items() if times > 1]:
        message = (
            f"The result has {counted[double]} columns called {double}; they are written as {double}, {double}_2 …"
        )
        yield advisory("duplicate-column", places.result(), message, "Give each a name of its own, or drop the others.")
    for column in rehearsal["schema"]:
        if _UNWRITABLE.search(column["type"]):
            message = f"The column {column['name']} has the type {column['type']}, which no file can hold."
            yield blocking("unwritable-type", places.result(), message, 'Cast it, as .cast("string").')


def _pattern_findings(rehearsal: Rehearsal, places: _Places) -> Iterator[Finding]:
    for bad in rehearsal["patterns"]:
        hint = "Write yyyy for the year, MM for the month, dd for the day." if "date" in bad["use"] else "Correct it."
        message = f"{bad['pattern']!r} does not work for {bad['use']}: {bad['reason']}"
        yield blocking("bad-pattern", places.text(bad["pattern"]), message, hint)


def _join_findings(join: Join, places: _Places) -> Iterator[Finding]:
    sides = f"{' and '.join(join['left']) or 'the left side'} with {' and '.join(join['right']) or 'the right side'}"
    if join["is_cross"]:
        message = f"This joins every row of {sides.replace(' with ', ' with every row of ')}."
        yield advisory("cross-join", places.join(join), message, "Join on the columns that belong together.")
    elif join["compares_all"]:
        message = f"The join of {sides} has no equality: every row is compared with every row."
        yield advisory("cross-join", places.join(join), message, "Join on equal columns first, then filter.")
    elif join["fans_out"]:
        message = f"The join of {sides} multiplies rows: neither side is unique on {' and '.join(join['on'])}."
        yield advisory("fan-out", places.join(join), message, "Aggregate one side first, or join on its key.")


def _unused_findings(rehearsal: Rehearsal, aliases: Sequence[str], places: _Places) -> Iterator[Finding]:
    for alias in aliases:
        if alias not in rehearsal["read"]:
            message = f"The source {alias} has no part in the result."
            yield advisory("unused-source", places.source(alias), message, "Use it, or remove it from the selection.")
