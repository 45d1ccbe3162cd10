"""Says in short sentences what a plan does, and which words led to it."""

from __future__ import annotations

from jobs.codegen.builtin.joins import condition_text
from jobs.codegen.builtin.plan import Comparison, Filter, Function, Measure, Order, Output, Plan

_FUNCTIONS = {
    Function.SUM: "the sum of {}",
    Function.AVERAGE: "the average of {}",
    Function.MIN: "the smallest {}",
    Function.MAX: "the largest {}",
    Function.COUNT_DISTINCT: "the number of different {}",
}


def understood(plan: Plan) -> tuple[str, ...]:
    """The rules that were applied, in the order in which the code applies them."""
    lines = [f"reads {plan.base}"]
    lines += [f"joined {condition_text(step)}, a foreign key" for step in plan.joins]
    lines += [f"keeps rows where {_filter_text(item)}" for item in plan.filters]
    if plan.measures and plan.outputs:
        lines.append(f"one row for each {_list_text([_output_text(output) for output in plan.outputs])}")
    lines += [f"{measure.name} is {_measure_text(measure, plan)}" for measure in plan.measures]
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
    parts = [first, f"{_list_text([plan.base, *joined])} are joined along foreign keys." if joined else ""]
    if plan.filters:
        parts.append(f"Only rows where {' and '.join(_filter_text(item) for item in plan.filters)} count.")
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
    if plan.limit is not None:
        order = plan.orders[0] if plan.orders else None
        word = "bottom" if order and not order.descending and plan.measures else "top" if plan.measures else "first"
        text = f"{word} {plan.limit}: {text}"
    return text[:1].upper() + text[1:90] + "."


def _order_lines(plan: Plan) -> list[str]:
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
    columns = _list_text([str(column) for column in measure.columns])
    if not columns:
        return f"the number of rows of {plan.base}"
    return _FUNCTIONS[measure.function].format(columns)


def _filter_text(item: Filter) -> str:
    values = _list_text([str(value) for value in item.values])
    word = (
        "is" if item.comparison is Comparison.EQ else "is not" if item.comparison is Comparison.NE else item.comparison
    )
    return f"{item.column} {word} {values}".rstrip()


def _list_text(parts: list[str]) -> str:
    return " and ".join([", ".join(parts[:-1]), parts[-1]] if len(parts) > 1 else parts)
