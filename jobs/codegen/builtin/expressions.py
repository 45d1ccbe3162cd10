"""Writes columns, comparisons and figures as PySpark expressions, every literal through repr()."""

from __future__ import annotations

import keyword
import re
from collections.abc import Sequence

from jobs.codegen.builtin.plan import Column, Comparison, Filter, Function, Grain, Measure, Output

_PLAIN = re.compile(r"[A-Za-z_][A-Za-z0-9_]*\Z")


def literal(value: object) -> str:
    """A Python literal in double quotes where repr() allows; no text of a person can end it."""
    text = repr(value)
    if isinstance(value, str) and text.startswith("'") and '"' not in text:
        return f'"{text[1:-1]}"'
    return text


class Expressions:
    """`joined`: columns of several frames meet, so that each is named by its own."""

    def __init__(self, *, joined: bool) -> None:
        self.joined = joined

    def column(self, column: Column) -> str:
        quoted = literal(quoted_name(column.name))
        return f"{column.alias}[{quoted}]" if self.joined else f"F.col({quoted})"

    def output(self, output: Output) -> str:
        column = self.column(output.column)
        if output.grain is None:
            if output.name == output.column.name:
                return column if self.joined else literal(output.name)
            return f"{column}.alias({literal(output.name)})"
        return f"{_rounded(column, output.grain)}.alias({literal(output.name)})"

    def all_of(self, filters: Sequence[Filter]) -> list[str]:
        """One test for each filter, in parentheses where several are to be joined."""
        tests = [self.test(item) for item in filters]
        return tests if len(tests) == 1 else [f"({test})" for test in tests]

    def test(self, item: Filter) -> str:
        column, values = self.column(item.column), ", ".join(literal(value) for value in item.values)
        match item.comparison:
            case Comparison.ANY_OF:
                return f"{column}.isin({values})"
            case Comparison.NONE_OF:
                return f"~{column}.isin({values})"
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

    def measure(self, measure: Measure) -> str:
        return f"{self._figure(measure)}.alias({literal(measure.name)})"

    def _figure(self, measure: Measure) -> str:
        if measure.function is Function.SHARE:
            return self._share(measure)
        if measure.function is Function.RATIO:
            return f"(\n    {self._count_of(measure.part)}\n    / {self._count_of(measure.other)}\n)"
        if measure.times is not None:
            text = f"F.sum({self.column(measure.columns[0])} * {self.column(measure.times)})"
        else:
            function = "countDistinct" if measure.function is Function.COUNT_DISTINCT else str(measure.function)
            text = f"F.{function}({self._arguments(measure)})"
        return f"F.coalesce({text}, F.lit(0))" if measure.or_zero else text

    def _arguments(self, measure: Measure) -> str:
        if not self.joined and all(_PLAIN.match(column.name) for column in measure.columns):
            return ", ".join(literal(column.name) for column in measure.columns) or '"*"'
        return ", ".join(self.column(column) for column in measure.columns) or '"*"'

    def _share(self, measure: Measure) -> str:
        tests = " & ".join(self.all_of(measure.part))
        if not measure.columns:
            return f"F.avg(F.when({tests}, {float(measure.whole)}).otherwise(0.0))"
        column, whole = self.column(measure.columns[0]), f"{measure.whole} * " if measure.whole > 1 else ""
        return f"(\n    {whole}F.sum(F.when({tests}, {column}))\n    / F.sum({column})\n)"

    def _count_of(self, filters: Sequence[Filter]) -> str:
        return f"F.count(F.when({' & '.join(self.all_of(filters))}, 1))"


def _rounded(column: str, grain: Grain) -> str:
    if grain is Grain.HOUR:
        return f'F.date_trunc("hour", {column})'
    return f"F.to_date({column})" if grain is Grain.DAY else f'F.trunc({column}, "{grain}")'


def quoted_name(name: str) -> str:
    """A column's name as Spark parses it: in backticks unless plain."""
    if _PLAIN.match(name) and not keyword.iskeyword(name):
        return name
    return "`" + name.replace("`", "``") + "`"
