"""The stored steps of a plan as they are explained: with the source, join and filters that each is about.

They were told by a process that ran code nobody trusts, and older rows hold less: what does not fit is left out.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from jobs.checking.rehearsal.answers import Join, Rehearsal, Scan, Step

LATE = "PostgreSQL cannot apply this: the rows that it drops are sent too."
_NOT_NULL = re.compile(r'"((?:[^"]|"")+)" IS NOT NULL')
# What Spark adds by itself before it makes rows of an array.
_NOT_EMPTY = re.compile(r"size\(.*\) > 0")
_KINDS = {"POSTGRES": "PostgreSQL", "GLUE": "Glue", "CSV": "File"}


@dataclass(frozen=True, slots=True)
class SourceRead:
    """A source as one step reads it. `number` counts the sources from 1, as their colours do.

    `at_source` are conditions that the source itself applies; `own_filter` is the row filter that a person gave it.
    `columns` are those that are read, None where that is not known.
    """

    alias: str
    number: int = 0
    kind: str = ""
    place: str = ""
    column_count: int = 0
    columns: tuple[str, ...] | None = None
    at_source: tuple[str, ...] = ()
    own_filter: str = ""

    @property
    def is_postgres(self) -> bool:
        return self.kind == "PostgreSQL"


@dataclass(frozen=True, slots=True)
class PlanStep:
    """`inputs` are ids of earlier steps, and no step is an input twice. `more` counts the details that are not told.

    `is_late` marks a filter that a database could not apply.
    """

    id: int
    kind: str
    details: tuple[str, ...] = ()
    inputs: tuple[int, ...] = ()
    more: int = 0
    source: SourceRead | None = None
    join: Join | None = None
    is_late: bool = False

    @property
    def warnings(self) -> tuple[str, ...]:
        if self.is_late:
            return (LATE,)
        return _join_warnings(self.join) if self.join else ()


@dataclass(frozen=True, slots=True)
class Steps:
    """All steps, sources first. `ends` are those that feed no other: one, unless `left_out` more were not stored."""

    listed: tuple[PlanStep, ...]
    left_out: int = 0
    ends: tuple[int, ...] = field(default=())


def steps_of(rehearsal: Rehearsal, sources: Sequence[Mapping[str, Any]]) -> Steps:
    """`sources` as stored with the version. Call for a rehearsal whose state is done."""
    steps = _tree(rehearsal["steps"])
    joins = _joins(steps, rehearsal["joins"])
    scans = _scans(steps, rehearsal["scans"])
    known = {str(source["alias"]): _source(source, number) for number, source in enumerate(sources, 1)}
    told = {step["id"]: _told(step, joins.get(step["id"])) for step in steps}
    for step in steps:
        if step["kind"] == "source" and step["details"]:
            alias, scan = step["details"][0], scans.get(step["id"])
            source = known.get(alias, SourceRead(alias))
            columns = None if scan is None else tuple(scan["columns"])
            told[step["id"]] = replace(told[step["id"]], details=(), source=replace(source, columns=columns))
    _part_filters(told, scans)
    used = {number for step in told.values() for number in step.inputs}
    ends = tuple(number for number in told if number not in used)
    return Steps(tuple(told.values()), rehearsal.get("steps_left_out", 0), ends)


def _tree(steps: Sequence[Step]) -> list[Step]:
    """The steps whose inputs come before them; each feeds one step at most."""
    kept: dict[int, Step] = {}
    used: set[int] = set()
    for step in steps:
        if step["id"] in kept:
            continue
        inputs = [number for number in dict.fromkeys(step["inputs"]) if number in kept and number not in used]
        used.update(inputs)
        kept[step["id"]] = {**step, "inputs": inputs}
    return list(kept.values())


def _joins(steps: Sequence[Step], joins: Sequence[Join]) -> dict[int, Join]:
    """The join that each step is. Older rows do not name it: they are told by kind and condition."""
    found: dict[int, Join] = {}
    left = list(joins)
    for step in steps:
        if not step["kind"].endswith(" join"):
            continue
        if "join" in step:
            if 0 <= step["join"] < len(joins):
                found[step["id"]] = joins[step["join"]]
            continue
        same = next((one for one in left if _kind_of(one) == step["kind"] and one["on"] == step["details"]), None)
        if same is not None:
            found[step["id"]] = same
            left.remove(same)
    return found


def _scans(steps: Sequence[Step], scans: Sequence[Scan]) -> dict[int, Scan]:
    """The reading that each source is. Older rows do not name it: they are told by alias and order."""
    found: dict[int, Scan] = {}
    waiting: dict[str, list[Scan]] = defaultdict(list)
    for scan in scans:
        waiting[scan["alias"]].append(scan)
    for step in steps:
        if step["kind"] != "source" or not step["details"]:
            continue
        alias = step["details"][0]
        if "scan" in step:
            if 0 <= step["scan"] < len(scans) and scans[step["scan"]]["alias"] == alias:
                found[step["id"]] = scans[step["scan"]]
        elif waiting[alias]:
            found[step["id"]] = waiting[alias].pop(0)
    return found


def _kind_of(join: Join) -> str:
    return "cross join" if join["is_cross"] else f"{join['kind']} join"


def _told(step: Step, join: Join | None) -> PlanStep:
    inputs, details = tuple(step["inputs"]), tuple(step["details"])
    return PlanStep(step["id"], step["kind"], details, inputs, step.get("more", 0), join=join)


def _source(source: Mapping[str, Any], number: int) -> SourceRead:
    kind = _KINDS.get(str(source.get("kind")), "")
    return SourceRead(
        alias=str(source["alias"]),
        number=number,
        kind=kind,
        place=_place(source),
        column_count=len(source.get("columns") or ()),
        own_filter=str((source.get("read_options") or {}).get("row_filter") or ""),
    )


def _place(source: Mapping[str, Any]) -> str:
    """Where a table is, of a file its name: no bucket and no key."""
    if source.get("uri"):
        return str(source["uri"]).rstrip("/").rpartition("/")[2]
    return ".".join(str(source[name]) for name in ("database", "schema", "table") if source.get(name))


def _part_filters(told: dict[int, PlanStep], scans: Mapping[int, Scan]) -> None:
    """Conditions that a database applies move to its box; what stays of the filter above it is late."""
    conditions = [step.details for step in told.values() if step.kind == "filter" or step.kind.endswith(" join")]
    words = " ".join(detail for details in conditions for detail in details)
    above = {step.inputs[0]: step for step in told.values() if step.kind == "filter" and len(step.inputs) == 1}
    unfolded = {number for step in told.values() if step.kind == "generate" for number in step.inputs}
    for number, scan in scans.items():
        source = told[number].source
        if source is None or not source.is_postgres:
            continue
        late = scan["filtered_after"]
        step = above.get(number)
        pushed = tuple(detail for detail in step.details if detail not in late) if step and scan["pushed"] else ()
        asked = (*pushed, *_not_null(scan, words))
        told[number] = replace(told[number], source=replace(source, at_source=asked))
        if step is None:
            continue
        rest = tuple(detail for detail in step.details if detail not in pushed)
        if rest and not (step.id in unfolded and all(map(_NOT_EMPTY.fullmatch, rest))):
            told[step.id] = replace(step, details=rest, is_late=True)
        else:
            _drop(told, step)


def _not_null(scan: Scan, words: str) -> list[str]:
    """Columns that must have a value by themselves, and not because a condition or a join needs one anyway."""
    names = [found[1].replace('""', '"') for one in scan["pushed"] if (found := _NOT_NULL.fullmatch(one))]
    return [f"{name} IS NOT NULL" for name in names if not re.search(rf"(?<!\w){re.escape(name)}(?!\w)", words)]


def _drop(told: dict[int, PlanStep], gone: PlanStep) -> None:
    """Takes a step out that says nothing any more."""
    del told[gone.id]
    for number, step in told.items():
        if gone.id in step.inputs:
            inputs = tuple(gone.inputs[0] if one == gone.id else one for one in step.inputs)
            told[number] = replace(step, inputs=inputs)


def _join_warnings(join: Join) -> tuple[str, ...]:
    if join["is_cross"]:
        return ("Every row meets every row of the other side.",)
    if join["compares_all"]:
        return ("No columns are equal here: every row is compared with every row.",)
    if join["fans_out"]:
        return ("Neither side is unique on these columns: rows are multiplied.",)
    return ()
