"""Ties wishes to columns: which measure, which moment, which place. Asks wherever two readings are equally good."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from jobs.codegen.builtin.lexer import Phrase, parts_of, text_of
from jobs.codegen.builtin.moments import Moments
from jobs.codegen.builtin.places import Places
from jobs.codegen.builtin.plan import Column, Family, Filter, Function
from jobs.codegen.builtin.reading import Ask, Wanted
from jobs.codegen.builtin.ties import replaced
from jobs.codegen.builtin.vocabulary import NOT_ADDITIVE, QUANTITIES, REVENUE

MEASURABLE = (Family.NUMBER,)
ORDERED = (Family.NUMBER, Family.TIME)
_OF_NUMBERS = (Function.SUM, Function.AVERAGE, Function.MEDIAN)


@dataclass(frozen=True, slots=True)
class Figure:
    """A measure tied to a table. `column` is None where rows of the table are counted.

    `times`, `part`, `other` and `whole` as in `plan.Measure`. `is_revenue`: money that lines add up to as well.
    """

    function: Function
    alias: str
    column: Column | None = None
    times: Column | None = None
    part: tuple[Filter, ...] = ()
    other: tuple[Filter, ...] = ()
    whole: int = 1
    is_revenue: bool = False


@dataclass(slots=True)
class Resolver(Moments, Places):
    def figure(self, wanted: Wanted) -> Figure:
        if wanted.part:
            return self._part(wanted)
        if wanted.function is Function.COUNT:
            return self._count(wanted)
        if wanted.of_time and (rows := self.lexicon.table(wanted.phrase)) and wanted.function:
            return Figure(wanted.function, rows, self.moment(rows, (), _spoken(wanted)))
        column = self.whole_name(wanted) or (self._measurable(wanted) if wanted.phrase else None)
        if column is not None:
            function = wanted.function or self._usual_function(wanted, column)
            money = is_revenue(wanted) and function is Function.SUM
            return Figure(function, column.alias, column, is_revenue=money)
        if is_revenue(wanted) and wanted.function in (None, Function.SUM) and (figure := self.lines_revenue()):
            self.assume(f"Revenue is {figure.column} times {figure.times}, added up.")
            return figure
        table = self.lexicon.table(wanted.phrase) if wanted.phrase else None
        if table is not None and wanted.function in (None, Function.SUM):
            self.assume(f"“{_spoken(wanted)}” is read as the number of {table}.")
            return Figure(Function.COUNT, table)
        if wanted.function is not None and (only := self.only_number(wanted, self.lexicon.sources)):
            return Figure(wanted.function, only.alias, only)
        raise self._no_measure(wanted)

    def only_number(self, wanted: Wanted, aliases: Iterable[str]) -> Column | None:
        """What "total" alone is of: the only numeric column of these tables. A "max" alone may be a date's."""
        if wanted.phrase or wanted.function not in _OF_NUMBERS:
            return None
        numbers = self._numbers(aliases)
        if len(numbers) != 1:
            return None
        self.assume(f"“{_spoken(wanted)}” is read as that of {numbers[0]}, the only numeric column.")
        return numbers[0]

    def _numbers(self, aliases: Iterable[str]) -> list[Column]:
        figures = [column for alias in aliases for column in self.lexicon.columns(alias)]
        return [column for column in figures if column.family is Family.NUMBER and not column.is_key]

    def _part(self, wanted: Wanted) -> Figure:
        """A share or ratio of rows, or of what a column of theirs adds up to."""
        part = tuple(self.known(known) for known in wanted.part)
        other = tuple(self.known(known) for known in wanted.other)
        table = self.lexicon.table(wanted.phrase) if wanted.phrase else part[0].column.alias
        function = wanted.function or Function.SHARE
        if table is not None:
            return Figure(function, table, None, None, part, other, wanted.whole)
        column = self._measurable(replace(wanted, function=None))
        if column is None or function is Function.RATIO:
            raise self._no_measure(wanted)
        return Figure(function, column.alias, column, None, part, other, wanted.whole)

    def lines_revenue(self) -> Figure | None:
        """Quantity times price, where just one picked table has both."""
        found = []
        for alias in self.lexicon.sources:
            numbers = [c for c in self.lexicon.columns(alias) if c.family is Family.NUMBER and not c.is_key]
            counts = [c for c in numbers if set(parts_of(c.name)) & QUANTITIES]
            prices = [c for c in numbers if {"unit", "price"} <= set(parts_of(c.name))]
            if len(counts) == 1 and len(prices) == 1:
                found.append(Figure(Function.SUM, alias, counts[0], prices[0]))
        return found[0] if len(found) == 1 else None

    def _count(self, wanted: Wanted) -> Figure:
        if not wanted.phrase:
            if len(self.near) == 1 or len(self.request.sources) == 1:
                return Figure(Function.COUNT, (self.near or list(self.lexicon.sources))[0])
            raise Ask("What should be counted?", *(f"how many {alias}" for alias in self.lexicon.sources))
        table = self.lexicon.table(wanted.phrase)
        if table is not None:
            return Figure(Function.COUNT, table)
        if flagged := self.flagged(wanted.phrase) or self._dated(wanted.phrase):
            return Figure(Function.COUNT, flagged)
        column = self.column(wanted.phrase)
        if column is None:
            raise self.unknown(wanted.phrase)
        if not wanted.distinct:
            self.assume(f"Counting {text_of(wanted.phrase)} counts the different values of {column}.")
        return Figure(Function.COUNT_DISTINCT, column.alias, column)

    def _dated(self, phrase: Phrase) -> str | None:
        """The table of "products added": a time of the rows that are counted, which dates and grains are about."""
        for end in range(min(len(phrase), 8) - 1, 0, -1):
            table = self.lexicon.table(phrase[:end])
            if table is not None and self.lexicon.matches(phrase[end:], (Family.TIME,), [table]):
                self.about = phrase[end:]
                return table
        return None

    def whole_name(self, wanted: Wanted) -> Column | None:
        """The column whose name holds the function's own word, as total_amount holds "total"."""
        if wanted.spoken is None:
            return None
        phrase = (wanted.spoken, *wanted.phrase)
        exact = self.lexicon.matches(phrase, MEASURABLE, keys=False)
        return self.column(phrase, MEASURABLE, keys=False) if exact and exact[0].tier == 0 else None

    def _measurable(self, wanted: Wanted) -> Column | None:
        families = ORDERED if wanted.function in (Function.MIN, Function.MAX) else MEASURABLE
        return self.column(wanted.phrase, families, keys=False)

    def _usual_function(self, wanted: Wanted, column: Column) -> Function:
        if not is_revenue(wanted) and NOT_ADDITIVE & set(parts_of(column.name)):
            said = text_of(wanted.phrase)
            options = [self.request.prompt.replace(said, f"{word} {said}") for word in ("total", "average", "max")]
            raise Ask(f"Should {column} be added up or averaged?", *options)
        self.assume(f"{column} is added up.")
        return Function.SUM

    def _no_measure(self, wanted: Wanted) -> Ask:
        said = _spoken(wanted)
        numbers = self._numbers(self._near_first())[:5]
        if not numbers:
            return Ask(f"None of the picked tables has a numeric column for “{said}”.")
        return Ask(
            f"Which column is meant by “{said}”? The numeric columns are {', '.join(map(str, numbers))}.",
            *replaced(self.request.prompt, said, [f"{wanted.function or 'total'} {number}" for number in numbers]),
        )

    def _near_first(self) -> list[str]:
        return self.near + [alias for alias in self.lexicon.sources if alias not in self.near]


def _spoken(wanted: Wanted) -> str:
    return text_of((wanted.spoken, *wanted.phrase) if wanted.spoken else wanted.phrase)


def is_revenue(wanted: Wanted) -> bool:
    return any(item.text.lower() in REVENUE for item in wanted.phrase[:8])
