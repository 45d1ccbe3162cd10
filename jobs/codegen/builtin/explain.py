"""Says in short sentences what a plan does, and which words led to it."""

from __future__ import annotations

from jobs.codegen.builtin.joins import condition_text
from jobs.codegen.builtin.plan import Absence, Comparison, Filter, Function, JoinStep, Measure, Order, Output, Plan

_FUNCTIONS = {
    Function.SUM: "the sum of {}",
    Function.AVERAGE: "the average of {}",
    Function.MIN: "the smallest {}",
    Function.MAX: "the largest {}",
    Function.MEDIAN: "the median of {}",
    Function.COUNT_DISTINCT: "the number of different {}",
}


def understood(plan: Plan) -> tuple[str, ...]:
    """The rules that were applied, in the order in which the code applies them."""
    lines = [f"reads {plan.base}"]
    lines += [_join_text(step) for step in plan.joins]
    lines += [f"leaves out {_absence_text(absence)}" for absence in plan.absences]
    lines += [f"keeps rows where {_filter_text(item)}" for item in plan.filters]
    if plan.measures and plan.outputs:
        lines.append(f"one row for each {_list_text([_output_text(output) for output in plan.outputs])}")
    lines += [f"{measure.name} is {_measure_text(measure, plan)}" for measure in plan.measures]
    lines += [f"keeps only groups whose {limit.name} is {limit.comparison} {limit.value}" for limit in plan.thresholds]
    if plan.share is not None:
        per = "of the sum of all rows" if plan.share.whole == 1 else "of the sum of all rows, in per cent"
        lines.append(f"{plan.share.name} is what {plan.share.of} is {per}")
    if plan.counted_as:
        lines.append(f"{plan.counted_as} is the number of these groups")
    if not plan.measures and not plan.whole_rows and len(plan.outputs) <= 8:
        lines.append(f"shows {_list_text([_output_text(output) for output in plan.outputs])}")
    if plan.distinct or plan.once_per:
        lines.append("shows each row once")
    return (*lines, *_order_lines(plan))


def explanation(plan: Plan) -> str:
    """What the code does, in two or three sentences."""
    if plan.measures:
        what = _list_text([_measure_text(measure, plan) for measure in plan.measures])
        each = _list_text([_output_text(output) for output in plan.outputs])
        first = f"Computes {what}{f' for each {each}' if each else ''}."
    else:
        first = f"Lists {_list_text(list(dict.fromkeys(output.column.alias for output in plan.outputs)))}."
    joined = [step.right for step in plan.joins]
    along = "foreign keys" if not any(step.why for step in plan.joins) else "keys and columns of the same meaning"
    parts = [first, f"{_list_text([plan.base, *joined])} are joined along {along}." if joined else ""]
    parts += [f"Leaves out {_absence_text(absence)}." for absence in plan.absences]
    if plan.filters:
        parts.append(f"Only rows where {' and '.join(_filter_text(item) for item in plan.filters)} count.")
    parts += [f"Keeps those whose {limit.name} is {limit.comparison} {limit.value}." for limit in plan.thresholds]
    if plan.counted_as:
        parts.append("Only their number is shown.")
    if plan.within is not None:
        parts.append(f"Keeps the first {plan.within.count} of each {_list_text(list(plan.within.keys))}.")
    if plan.limit is not None:
        parts.append(f"Keeps the first {plan.limit}, {_order_text(plan.orders[0])}." if plan.orders else "")
    return " ".join(part for part in parts if part)


def title(plan: Plan) -> str:
    """One line for the docstring."""
    if plan.measures:
        figures = _list_text([measure.name.replace("_", " ") for measure in plan.measures])
        keys = _list_text([output.name.replace("_", " ") for output in plan.outputs])
        text = f"{figures} per {keys}" if keys else figures
    else:
        text = _list_text(list(dict.fromkeys(output.column.alias for output in plan.outputs)))
    if plan.counted_as:
        text = f"{plan.counted_as.replace('_', ' ')}: {text}"
    if plan.within is not None:
        text = f"first {plan.within.count} of each {_list_text(list(plan.within.keys))}: {text}"
    if plan.limit is not None:
        order = plan.orders[0] if plan.orders else None
        word = "bottom" if order and not order.descending and plan.measures else "top" if plan.measures else "first"
        text = f"{word} {plan.limit}: {text}"
    return text[:1].upper() + text[1:90] + "."


def _join_text(step: JoinStep) -> str:
    reason = step.why or "a foreign key"
    kept = f"; {step.left} without {step.right} stay" if step.keeps_left else ""
    only = f", only where {' and '.join(_filter_text(item) for item in step.filters)}" if step.filters else ""
    return f"joined {condition_text(step)}, {reason}{only}{kept}"


def _absence_text(absence: Absence) -> str:
    met = absence.steps[-1].right if len(absence.steps) == 1 else _list_text([s.right for s in absence.steps])
    only = f" where {' and '.join(_filter_text(item) for item in absence.filters)}" if absence.filters else ""
    return f"{absence.steps[0].left} that have {met}{only}"


def _order_lines(plan: Plan) -> list[str]:
    if plan.within is not None:
        groups = _list_text(list(plan.within.keys))
        return [f"keeps the first {plan.within.count} of each {groups}, {_order_text(plan.within.orders[0])}"]
    if not plan.orders:
        return [f"keeps {plan.limit} rows"] if plan.limit is not None else []
    first = _order_text(plan.orders[0])
    ties = _list_text([order.name for order in plan.orders[1:4]])
    tie_text = f", equal ones by {ties}" if ties else ""
    if plan.limit is None:
        down = ", largest first" if plan.orders[0].descending else ""
        return [f"sorted by {plan.orders[0].name}{down}{tie_text.replace('equal ones', 'then')}"]
    word = "top" if plan.orders[0].descending else "bottom" if plan.measures else "first"
    return [f"{word} {plan.limit} -> keeps {plan.limit} rows, {first}{tie_text}"]


def _order_text(order: Order) -> str:
    return f"largest {order.name} first" if order.descending else f"smallest {order.name} first"


def _output_text(output: Output) -> str:
    return f"{output.grain} of {output.column}" if output.grain else str(output.column)


def _measure_text(measure: Measure, plan: Plan) -> str:
    if measure.part:
        return _part_text(measure, plan)
    columns = _list_text([str(column) for column in measure.columns])
    if measure.times is not None:
        columns += f" times {measure.times}"
    if not columns:
        return f"the number of rows of {plan.base}"
    return _FUNCTIONS[measure.function].format(columns)


def _part_text(measure: Measure, plan: Plan) -> str:
    part = " and ".join(_filter_text(item) for item in measure.part)
    if measure.function is Function.RATIO:
        other = " and ".join(_filter_text(item) for item in measure.other)
        return f"the number of rows where {part}, divided by the number where {other}"
    of = f"{measure.columns[0]}" if measure.columns else f"the rows of {plan.base}"
    return f"the share of {of} where {part}{', in per cent' if measure.whole > 1 else ''}"


def _filter_text(item: Filter) -> str:
    values = _list_text([str(value) for value in item.values])
    word = {Comparison.EQ: "is", Comparison.NE: "is not"}.get(item.comparison, item.comparison)
    return f"{item.column} {word} {values}".rstrip()


def _list_text(parts: list[str]) -> str:
    return " and ".join([", ".join(parts[:-1]), parts[-1]] if len(parts) > 1 else parts)
