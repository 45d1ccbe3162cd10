"""The steps of a plan as boxes that feed each other, the result last."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from jobs.checking.rehearsal.answers import Rehearsal
from jobs.explanation.sentences import MOST_NAMES, definition, grouping, order
from jobs.explanation.steps import PlanStep, SourceRead, Steps

MOST_LINES = 6
Style = Literal["note", "code", "warn"]
_JOINS = {
    "inner": "Join",
    "left": "Join, left side stays",
    "right": "Join, right side stays",
    "full": "Join, both sides stay",
    "semi": "Keep what has a partner",
    "anti": "Keep what has no partner",
    "cross": "Join all with all",
}
_TITLES = {
    "filter": "Keep rows where",
    "compute": "Compute",
    "window": "Compute beside each row",
    "generate": "One row of each element",
    "sort": "Sort by",
    "expand": "Several rows of each",
    "union": "Put together",
    "rows": "Rows of the code itself",
    "sample": "Random part",
}


@dataclass(frozen=True, slots=True)
class Line:
    style: Style
    text: str


@dataclass(frozen=True, slots=True)
class Box:
    """`inputs` are the ids of the boxes that feed it. `source` is the number of the source that it reads, 0 for none.

    `steps` is how many steps it stands for.
    """

    id: int
    title: str
    lines: tuple[Line, ...] = ()
    inputs: tuple[int, ...] = ()
    source: int = 0
    steps: int = 1
    is_join: bool = False
    is_result: bool = False

    @property
    def is_warning(self) -> bool:
        return any(line.style == "warn" for line in self.lines)


def boxes_of(steps: Steps, rehearsal: Rehearsal) -> list[Box]:
    boxes = [_box(step) for step in steps.listed]
    ends, number = steps.ends, max((box.id for box in boxes), default=-1) + 1
    if steps.left_out or len(ends) > 1:
        count = steps.left_out or 1
        boxes.append(Box(number, f"{count} more step{'' if count == 1 else 's'}", inputs=ends, steps=count))
        ends, number = (number,), number + 1
    return [*boxes, _result(rehearsal, number, ends)]


def _box(step: PlanStep) -> Box:
    warnings = [Line("warn", text) for text in step.warnings]
    if step.source is not None:
        return Box(step.id, step.source.alias, _reading(step.source), step.inputs, step.source.number)
    title, details = _title(step)
    lines = [Line("code", text) for text in details[:MOST_LINES]]
    hidden = len(details) - len(lines) + step.more
    more = [Line("note", f"and {hidden} more")] if hidden else []
    return Box(step.id, title, (*lines, *more, *warnings), step.inputs, is_join=step.kind.endswith(" join"))


def _title(step: PlanStep) -> tuple[str, list[str]]:
    details = [definition(detail) for detail in step.details]
    if step.kind.endswith(" join"):
        return _JOINS.get(step.kind.removesuffix(" join"), "Join"), list(step.details)
    if step.kind in ("aggregate", "distinct"):
        groups, made = grouping(step)
        if step.kind == "distinct":
            return f"Each {groups or 'row'} once", []
        return (f"Group by {groups}" if groups else "All rows together"), [definition(detail) for detail in made]
    if step.kind in ("limit", "offset"):
        return f"{'Keep' if step.kind == 'limit' else 'Leave out'} the first {details[0] if details else 'rows'}", []
    if step.kind == "sort":
        return _TITLES["sort"], [order(detail) for detail in step.details]
    if step.kind in ("filter", "compute", "window", "generate"):
        return _TITLES[step.kind], list(step.details) if step.kind == "filter" else details
    return _TITLES.get(step.kind, step.kind.replace("_", " ").capitalize()), list(step.details)


def _reading(source: SourceRead) -> tuple[Line, ...]:
    total = f" of {source.column_count}" if source.column_count else ""
    read = "" if source.columns is None else f"{len(source.columns)}{total} columns"
    lines = [Line("note", text) for text in (source.place, ", ".join(filter(None, (source.kind, read)))) if text]
    if source.own_filter:
        lines += [Line("note", "your filter:"), Line("code", source.own_filter)]
    if source.at_source:
        shown, hidden = source.at_source[:MOST_LINES], len(source.at_source[MOST_LINES:])
        lines += [Line("note", "sends only rows where"), *(Line("code", text) for text in shown)]
        lines += [Line("note", f"and {hidden} more")] if hidden else []
    return tuple(lines)


def _result(rehearsal: Rehearsal, number: int, inputs: tuple[int, ...]) -> Box:
    names = [column["name"] for column in rehearsal["schema"]]
    shown = names if len(names) <= MOST_NAMES + 1 else names[:MOST_NAMES]
    lines = [Line("note", f"{len(names)} column{'' if len(names) == 1 else 's'}")]
    lines += [Line("code", name) for name in shown]
    lines += [Line("note", f"and {len(names) - len(shown)} more")] if len(names) > len(shown) else []
    return Box(number, "Result", tuple(lines), inputs, is_result=True)
