"""What a rehearsal told, as stored in `CodeVersion.rehearsal`.

It comes from a process that ran code nobody trusts: here it is cut down to known shapes and sizes, and whoever shows
it escapes it like any other text.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any, Literal, NotRequired, TypedDict, cast

State = Literal[
    "done", "failed", "off", "starting", "unconfined", "no-java", "broken", "gone", "time", "unreadable", "blocked"
]
_NOT_AVAILABLE = ("off", "starting", "unconfined", "no-java", "broken", "gone", "time", "unreadable", "blocked")
MAX_COLUMNS = 2_000
MAX_ITEMS = 200
MAX_TEXT = 700


class Problem(TypedDict):
    """Why `transform` failed. `kind` is spark, python, time, memory, engine, source or not-a-dataframe."""

    kind: str
    type: str
    message: str
    error_class: str
    parameters: dict[str, str]
    line: int
    column: int
    names: list[str]
    in_spark: bool


class OutputColumn(TypedDict):
    name: str
    type: str
    nullable: bool


class Origin(TypedDict):
    alias: str
    column: str


Lineage = TypedDict("Lineage", {"column": str, "from": list[Origin], "expression": NotRequired[str]})


class Scan(TypedDict):
    """One reading of a source: `pushed` filters are applied by it, those of `filtered_after` by Spark."""

    alias: str
    columns: list[str]
    pushed: list[str]
    filtered_after: list[str]


class Join(TypedDict):
    """`left` and `right` are the aliases below; `compares_all` is a join without an equality; `fans_out` is None where
    the keys of the sources are not known.
    """

    kind: str
    left: list[str]
    right: list[str]
    on: list[str]
    is_cross: bool
    compares_all: bool
    fans_out: bool | None


class Step(TypedDict):
    """A step of the plan; `inputs` are the ids of the steps that feed it, `more` counts the details left out.

    `join` is the number of a join in `joins`, `scan` that of a source's reading in `scans`.
    """

    id: int
    kind: str
    details: list[str]
    inputs: list[int]
    more: NotRequired[int]
    join: NotRequired[int]
    scan: NotRequired[int]


class Pattern(TypedDict):
    use: str
    pattern: str
    reason: str


class Rehearsal(TypedDict, total=False):
    """`state` is always there. With `done` come the facts, with `failed` the error, with others nothing.

    `facts` is the version of the facts, absent in the first: rows of both are stored.
    """

    state: State
    facts: int
    seconds: float
    needs_rows: bool
    error: Problem
    schema: list[OutputColumn]
    read: list[str]
    scans: list[Scan]
    joins: list[Join]
    ordering: list[str]
    limit: int | None
    lineage: list[Lineage]
    steps: list[Step]
    steps_left_out: int
    patterns: list[Pattern]


def not_available(state: str) -> Rehearsal:
    known = state if state in _NOT_AVAILABLE else "unreadable"
    return {"state": cast(State, known)}


def sound(answer: bytes) -> Rehearsal:
    """The answer of the confined process, in shape; whatever else it holds is left behind."""
    if not answer:
        return not_available("gone")
    try:
        told = json.loads(answer)
        return _shaped(told)
    except (ValueError, TypeError, KeyError, AttributeError, OverflowError, RecursionError):
        return not_available("unreadable")


def _shaped(told: dict[str, Any]) -> Rehearsal:
    common: dict[str, Any] = {"seconds": float(told["seconds"]), "needs_rows": bool(told.get("needs_rows"))}
    if told["state"] == "failed":
        return cast(Rehearsal, {"state": "failed", **common, "error": _problem(told["error"])})
    limit = told["limit"]
    facts = {
        "schema": _list(told["schema"], _column, MAX_COLUMNS),
        "read": _texts(told["read"]),
        "scans": _list(told["scans"], _scan),
        "joins": _list(told["joins"], _join),
        "ordering": _texts(told["ordering"]),
        "limit": None if limit is None else int(limit),
        "lineage": _list(told["lineage"], _lineage, MAX_COLUMNS),
        "steps": _list(told["steps"], _step),
        "patterns": _list(told["patterns"], _pattern),
        **_numbers(told, "facts", "steps_left_out"),
    }
    return cast(Rehearsal, {"state": "done", **common, **facts})


def _text(told: Any) -> str:
    return str(told)[:MAX_TEXT].replace("\x00", "")


def _texts(told: list[Any]) -> list[str]:
    return [_text(one) for one in told[:MAX_COLUMNS]]


def _numbers(told: Any, *names: str) -> dict[str, int]:
    """Those that were told; the first version of the facts had none of them."""
    return {name: int(told[name]) for name in names if told.get(name) is not None}


def _list(told: list[Any], shape: Callable[[Any], Any], most: int = MAX_ITEMS) -> list[Any]:
    return [shape(one) for one in told[:most]]


def _problem(told: Any) -> Problem:
    return {
        "kind": _text(told["kind"]),
        "type": _text(told["type"]),
        "message": _text(told["message"]),
        "error_class": _text(told["error_class"]),
        "parameters": {_text(name): _text(value) for name, value in list(told["parameters"].items())[:MAX_ITEMS]},
        "line": max(int(told["line"]), 0),
        "column": max(int(told["column"]), 0),
        "names": _texts(told["names"]),
        "in_spark": bool(told["in_spark"]),
    }


def _column(told: Any) -> OutputColumn:
    return {"name": _text(told["name"]), "type": _text(told["type"]), "nullable": bool(told["nullable"])}


def _scan(told: Any) -> Scan:
    return {
        "alias": _text(told["alias"]),
        "columns": _texts(told["columns"]),
        "pushed": _texts(told["pushed"]),
        "filtered_after": _texts(told["filtered_after"]),
    }


def _join(told: Any) -> Join:
    fans_out = told["fans_out"]
    return {
        "kind": _text(told["kind"]),
        "left": _texts(told["left"]),
        "right": _texts(told["right"]),
        "on": _texts(told["on"]),
        "is_cross": bool(told["is_cross"]),
        "compares_all": bool(told["compares_all"]),
        "fans_out": None if fans_out is None else bool(fans_out),
    }


def _lineage(told: Any) -> Lineage:
    origins = _list(told["from"], lambda one: Origin(alias=_text(one["alias"]), column=_text(one["column"])))
    lineage: Lineage = {"column": _text(told["column"]), "from": origins}
    if "expression" in told:
        lineage["expression"] = _text(told["expression"])
    return lineage


def _step(told: Any) -> Step:
    step = {
        "id": int(told["id"]),
        "kind": _text(told["kind"]),
        "details": _texts(told["details"]),
        "inputs": [int(one) for one in told["inputs"][:MAX_ITEMS]],
    }
    return cast(Step, step | _numbers(told, "more", "join", "scan"))


def _pattern(told: Any) -> Pattern:
    return {"use": _text(told["use"]), "pattern": _text(told["pattern"]), "reason": _text(told["reason"])}
