"""Writes a plan as PySpark, as an engineer would: one named step per line, every literal through repr()."""

from __future__ import annotations

import keyword
import re
from collections.abc import Sequence

from jobs.codegen.builtin.plan import (
    Column,
    Comparison,
    Filter,
    Function,
    Grain,
    JoinStep,
    Measure,
    Order,
    Output,
    Plan,
)

WIDTH = 100
_PLAIN = re.compile(r"[A-Za-z_][A-Za-z0-9_]*\Z")
_INDENT = "    "


def literal(value: object) -> str:
    """A Python literal in double quotes where repr() allows; no text of a person can end it."""
    text = repr(value)
    if isinstance(value, str) and text.startswith("'") and '"' not in text:
        return f'"{text[1:-1]}"'
    return text


def render(plan: Plan, aliases: Sequence[str], title: str) -> str:
    """The whole `transform` with the picked aliases as its parameters, in order."""
    writer = _Writer(plan, aliases)
    body = "\n\n".join(writer.steps())
    return f"def transform({', '.join(['spark', *aliases])}):\n{_INDENT}{_docstring(title)}\n{body}\n"


def _docstring(title: str) -> str:
    words = " ".join("".join(c for c in title if c.isprintable()).replace("\\", " ").replace('"', "'").split())
    return f'"""{words}"""'


class _Writer:
    def __init__(self, plan: Plan, aliases: Sequence[str]) -> None:
        self.plan = plan
        self.taken = {*aliases, "spark", "F", "T", "Window", "transform"}
        self.frame = plan.base

    def steps(self) -> list[str]:
        plan, lines = self.plan, []
        if plan.joins:
            calls = [self._join(step) for step in plan.joins]
            lines.append(self._assign("joined", calls))
        if plan.filters:
            lines.append(self._assign("kept", [self._where()]))
        if plan.measures:
            if not plan.outputs:
                return [*lines, _chain("return ", self.frame, self._aggregate())]
            lines.append(self._assign("totals", self._aggregate()))
            return [*lines, self._return([])]
        return [*lines, self._return(self._selection())]

    def _assign(self, wish: str, calls: Sequence[str]) -> str:
        name = wish
        while name in self.taken:
            name += "_rows"
        text = _chain(f"{name} = ", self.frame, calls)
        self.taken.add(name)
        self.frame = name
        return text

    def _return(self, calls: Sequence[str]) -> str:
        calls = list(calls)
        if self.plan.orders:
            orders = [self._order(order) for order in self.plan.orders]
            calls.append(_call(".orderBy", orders))
        if self.plan.limit is not None:
            calls.append(f".limit({self.plan.limit})")
        return _chain("return ", self.frame, calls)

    def _column(self, column: Column) -> str:
        return self._reference(column.alias, column.name)

    def _reference(self, alias: str, name: str) -> str:
        quoted = literal(_quoted(name))
        return f"{alias}[{quoted}]" if self.plan.joins else f"F.col({quoted})"

    def _join(self, step: JoinStep) -> str:
        pairs = [
            f"{step.left}[{literal(_quoted(left))}] == {step.right}[{literal(_quoted(right))}]"
            for left, right in zip(step.left_columns, step.right_columns, strict=True)
        ]
        condition = pairs[0] if len(pairs) == 1 else " & ".join(f"({pair})" for pair in pairs)
        return f".join({step.right}, {condition})"

    def _where(self) -> str:
        tests = [self._test(item) for item in self.plan.filters]
        if len(tests) == 1:
            return f".where({tests[0]})"
        return _call(".where", [f"({test})" for test in tests], between=" & ")

    def _test(self, item: Filter) -> str:
        column, values = self._column(item.column), ", ".join(literal(value) for value in item.values)
        match item.comparison:
            case Comparison.ANY_OF:
                return f"{column}.isin({values})"
            case Comparison.CONTAINS:
                return f"{column}.contains({values})"
            case Comparison.STARTS:
                return f"{column}.startswith({values})"
            case Comparison.EMPTY:
                return f"{column}.isNull()"
            case Comparison.FILLED:
                return f"{column}.isNotNull()"
            case Comparison.EQ if item.values == (True,):
                return column
            case Comparison.EQ if item.values == (False,):
                return f"~{column}"
        return f"{column} {item.comparison} {values}"

    def _aggregate(self) -> list[str]:
        keys = [self._output(output) for output in self.plan.outputs]
        measures = [self._measure(measure) for measure in self.plan.measures]
        grouped = [_call(".groupBy", keys)] if keys else []
        return [*grouped, _call(".agg", measures)]

    def _output(self, output: Output) -> str:
        column = self._column(output.column)
        if output.grain is None:
            if output.name == output.column.name:
                return column if self.plan.joins else literal(output.name)
            return f"{column}.alias({literal(output.name)})"
        return f"{_rounded(column, output.grain)}.alias({literal(output.name)})"

    def _measure(self, measure: Measure) -> str:
        columns = [self._column(column) for column in measure.columns] or ['"*"']
        if not self.plan.joins and all(_PLAIN.match(column.name) for column in measure.columns):
            columns = [literal(column.name) for column in measure.columns] or ['"*"']
        function = "countDistinct" if measure.function is Function.COUNT_DISTINCT else str(measure.function)
        return f"F.{function}({', '.join(columns)}).alias({literal(measure.name)})"

    def _selection(self) -> list[str]:
        plan = self.plan
        calls = []
        if self._needs_select():
            outputs = [self._output(output) for output in plan.outputs]
            calls.append(_call(".select", outputs))
        if plan.distinct:
            calls.append(".distinct()")
        elif plan.once_per:
            calls.append(f".dropDuplicates([{', '.join(literal(name) for name in plan.once_per)}])")
        return calls

    def _needs_select(self) -> bool:
        return bool(self.plan.outputs) and not self.plan.whole_rows

    def _order(self, order: Order) -> str:
        name = literal(order.name)
        if order.descending:
            return f"F.desc({name})"
        keys = {output.name for output in self.plan.outputs if output.column.is_key}
        ranked = order is self.plan.orders[0] and self.plan.limit is not None and order.name not in keys
        return f"F.asc_nulls_last({name})" if ranked else name


def _rounded(column: str, grain: Grain) -> str:
    if grain is Grain.HOUR:
        return f'F.date_trunc("hour", {column})'
    return f"F.to_date({column})" if grain is Grain.DAY else f'F.trunc({column}, "{grain}")'


def _quoted(name: str) -> str:
    """A column's name as Spark parses it: in backticks unless plain."""
    if _PLAIN.match(name) and not keyword.iskeyword(name):
        return name
    return "`" + name.replace("`", "``") + "`"


def _call(head: str, parts: Sequence[str], between: str = ", ") -> str:
    """One call on one line where it fits, else one argument per line."""
    line = f"{head}({between.join(parts)})"
    if len(line) + 16 <= WIDTH:
        return line
    if between == ", ":
        lines = [f"{_INDENT}{part}," for part in parts]
    else:
        lines = [f"{_INDENT}{between.lstrip() if at else ''}{part}" for at, part in enumerate(parts)]
    return "\n".join([f"{head}(", *lines, ")"])


def _chain(head: str, frame: str, calls: Sequence[str]) -> str:
    """`head` and a chain of calls, broken over lines in parentheses where one line is too long."""
    line = _INDENT + head + frame + "".join(calls)
    if len(line) <= WIDTH and "\n" not in line:
        return line
    if len(calls) == 1:
        return _indented(head + frame + calls[0], 1)
    return (
        f"{_INDENT}{head}(\n{_indented(frame, 2)}\n" + "\n".join(_indented(call, 2) for call in calls) + f"\n{_INDENT})"
    )


def _indented(text: str, levels: int) -> str:
    return "\n".join(_INDENT * levels + line for line in text.split("\n"))
