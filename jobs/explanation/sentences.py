"""The steps of a plan in short sentences, in the order in which they happen."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from jobs.checking.rehearsal.answers import Rehearsal
from jobs.explanation.steps import PlanStep, SourceRead, Steps

MOST_NAMES = 5
_WITHIN = ("for each ", "in the order of ")


@dataclass(frozen=True, slots=True)
class Sentence:
    text: str
    warnings: tuple[str, ...] = ()


def sentences_of(steps: Steps, rehearsal: Rehearsal) -> list[Sentence]:
    told = [Sentence(_sentence(step), step.warnings) for step in steps.listed]
    if steps.left_out:
        told.append(Sentence(f"{steps.left_out} more steps are not told here."))
    return [*told, Sentence(_result(rehearsal))]


def listed(names: Sequence[str], last: str = "and") -> str:
    """`a`, `a and b`, `a, b and c`."""
    return f" {last} ".join(filter(None, (", ".join(names[:-1]), *names[-1:])))


def definition(detail: str) -> str:
    """`total: sum(amount)` as it is stored, as people write it."""
    name, colon, made = detail.partition(": ")
    return f"{name} = {made}" if colon else detail


def order(detail: str) -> str:
    """`total DESC` in words."""
    if detail.endswith(" DESC"):
        return f"{detail.removesuffix(' DESC')}, the largest first"
    return detail.removesuffix(" ASC")


def grouping(step: PlanStep) -> tuple[str, tuple[str, ...]]:
    """What an aggregation groups by, empty for nothing, and what it computes."""
    first = step.details[0] if step.details else ""
    return (first[3:], step.details[1:]) if first.startswith("by ") else ("", step.details)


def _sentence(step: PlanStep) -> str:
    if step.source is not None:
        return _reading(step.source)
    if step.kind.endswith(" join"):
        return _join(step)
    if step.kind in _TOLD:
        return _TOLD[step.kind](step)
    return f"Then: {step.kind.replace('_', ' ')}{' ' if step.details else ''}{'; '.join(step.details)}."


def _reading(source: SourceRead) -> str:
    place = f" ({source.kind}, {source.place})" if source.kind and source.place else ""
    told = f"Reads {_columns(source)}{source.alias}{place}"
    if source.own_filter:
        told += f", only the rows of your filter {source.own_filter}"
    if source.at_source:
        told += f". {source.kind} itself sends only the rows where {listed(source.at_source)}"
    return f"{told}."


def _columns(source: SourceRead) -> str:
    names = source.columns
    if names is None:
        return ""
    if not names:
        return "no column, only the rows of "
    if len(names) <= MOST_NAMES:
        return f"{listed(names)} of "
    if len(names) == source.column_count:
        return f"all {len(names)} columns of "
    return f"{len(names)} of {source.column_count} columns of " if source.column_count else f"{len(names)} columns of "


def _join(step: PlanStep) -> str:
    left, right = _sides(step)
    where = f" where {_conditions(step)}" if step.details else ""
    kind = step.kind.removesuffix(" join")
    if kind == "semi":
        return f"Keeps the rows of {left} that have a partner in {right}{where}."
    if kind == "anti":
        return f"Keeps the rows of {left} that have no partner in {right}{where}."
    if kind == "cross":
        return f"Puts every row of {left} together with every row of {right}."
    ends = {
        "left": f"every row of {left} stays, also without a partner",
        "right": f"every row of {right} stays, also without a partner",
        "full": "every row of both sides stays, also without a partner",
    }
    end = ends.get(kind, "rows without a partner are left out" if step.details else "")
    return f"Joins {left} with {right}{where}{'; ' if end else ''}{end}."


def _sides(step: PlanStep) -> tuple[str, str]:
    left, right = (step.join["left"], step.join["right"]) if step.join else ([], [])
    if left == right:  # a table with itself, or two that make no row of their own from a table
        return listed(left) or "the rows so far", f"another reading of {listed(left)}" if left else "other rows"
    return listed(left) or "the rows so far", listed(right) or "other rows"


def _conditions(step: PlanStep) -> str:
    return listed([*step.details, *_more(step)])


def _definitions(step: PlanStep, details: Sequence[str]) -> str:
    return "; ".join([*map(definition, details), *_more(step)])


def _more(step: PlanStep) -> list[str]:
    return [f"{step.more} more"] if step.more else []


def _filter(step: PlanStep) -> str:
    return f"Keeps only the rows where {_conditions(step)}."


def _aggregate(step: PlanStep) -> str:
    groups, made = grouping(step)
    return f"{f'Groups by {groups}' if groups else 'Takes all rows together'} and computes {_definitions(step, made)}."


def _window(step: PlanStep) -> str:
    """What is computed, then within which rows and in which order."""
    within = [detail for detail in step.details if detail.startswith(_WITHIN)]
    made = [detail for detail in step.details if detail not in within]
    return f"Computes beside each row {', '.join([_definitions(step, made), *map(order, within)])}."


def _distinct(step: PlanStep) -> str:
    groups, _ = grouping(step)
    return f"Keeps each {groups} once." if groups else "Keeps each row once."


def _result(rehearsal: Rehearsal) -> str:
    names = [column["name"] for column in rehearsal["schema"]]
    limit = rehearsal["limit"]
    rows = "" if limit is None else f", at most {limit} row{'' if limit == 1 else 's'}"
    if len(names) > MOST_NAMES:
        return f"Gives {len(names)} columns{rows}."
    return f"Gives {listed(names)}{rows}." if names else "Gives no column."


def _rows(step: PlanStep) -> str:
    count = step.details[0] if step.details else ""
    return "one row" if count == "1" else f"{count} rows"


_TOLD: Mapping[str, Callable[[PlanStep], str]] = {
    "filter": _filter,
    "aggregate": _aggregate,
    "distinct": _distinct,
    "compute": lambda step: f"Computes {_definitions(step, step.details)}.",
    "window": _window,
    "generate": lambda step: f"Makes one row of each element: {_definitions(step, step.details)}.",
    "sort": lambda step: f"Sorts by {'; then by '.join(map(order, step.details))}.",
    "limit": lambda step: f"Keeps the first {_rows(step).removeprefix('one ')}.",
    "offset": lambda step: f"Leaves out the first {_rows(step).removeprefix('one ')}.",
    "union": lambda step: f"Puts the rows of {len(step.inputs)} inputs one below the other.",
    "expand": lambda step: "Makes several rows of each row.",
    "sample": lambda step: "Takes a random part of the rows.",
    "rows": lambda step: "Starts from rows that the code itself makes.",
}
