"""Reads figures: "average and total amount", "share of cancelled orders", "how much did they spend", "when was"."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from jobs.codegen.builtin.lexer import Item, text_of
from jobs.codegen.builtin.plan import Comparison, Family, Function
from jobs.codegen.builtin.presence import PresenceReader
from jobs.codegen.builtin.reading import Ask, Known, Limit, Wanted, function_of
from jobs.codegen.builtin.vocabulary import Key


class FigureReader(PresenceReader):
    def figure_clauses(self) -> dict[Key, Callable[[], None]]:
        return {
            Key.COUNT: self.measures,
            Key.FUNCTION: self.measures,
            Key.SHARE: self._share,
            Key.RATIO: self._ratio,
            Key.MOMENT: self._moment,
            Key.SPENT: self._spent,
        }

    def measures(self) -> None:
        """`max and min price`, `number of distinct customers`: functions that share the phrase after them."""
        functions = [self.take()]
        while self._function_follows():
            self.skip(Key.AND)
            functions.append(self.take())
        self.skip(Key.FILLER, Key.OF)
        distinct = bool(self.skip(Key.DISTINCT))
        counted = [item for item in functions if item.key is Key.COUNT]
        if counted and len(functions) > 1 and functions[0].key is Key.FUNCTION and not self._were_joined(functions):
            raise Ask(f"“{text_of(functions)}” asks for a figure of figures, which these rules do not know.")
        functions, prefix = self._without_names(functions)
        phrase = (*prefix, *self.phrase())
        for item in functions:
            self._add_measure(Wanted(phrase, function_of(item), distinct, item))
        if counted and len(functions) == 1:
            self._more_counts()

    def _without_names(self, functions: list[Item]) -> tuple[list[Item], tuple[Item, ...]]:
        """ "average total amount": a word of a column's own name is no function of its own."""
        if len(functions) < 2 or self._were_joined(functions):
            return functions, ()
        last = functions[-1]
        found = self.lexicon.matches((last, *self.items[self.at : self.run_end(self.at)]))
        return (functions[:-1], (last,)) if found and found[0].tier == 0 else (functions, ())

    def _were_joined(self, functions: list[Item]) -> bool:
        before = self.items[self.items.index(functions[-1]) - 1]
        return before.key is Key.AND

    def _more_counts(self) -> None:
        """ "number of customers and orders" counts both, "number of orders and revenue" adds one up."""
        while (item := self.peek()) is not None and item.key is Key.AND:
            end = self.run_end(self.at + 1)
            named = self.items[self.at + 1 : end]
            tables = bool(named) and bool(self.lexicon.tables(named))
            numbers = named and self.lexicon.matches(named, (Family.NUMBER,), keys=False)
            if not (tables or numbers) or self.condition_follows(self.at + 1):
                return
            self.take()
            self._add_measure(Wanted(self.phrase(), Function.COUNT if tables else None))

    def _add_measure(self, wanted: Wanted) -> None:
        if self.reading.ranked is not None and self.reading.ranked_by is None and self.opened_by is Key.BY:
            self.reading.ranked_by = wanted
        else:
            self.reading.measures.append(wanted)

    def _function_follows(self) -> bool:
        following = self.peek()
        if following is not None and following.key is Key.AND:
            following = self.peek(1)
        return following is not None and following.key in (Key.FUNCTION, Key.COUNT)

    def _moment(self) -> None:
        """ "when did each customer place their first order"."""
        item = self.take()
        self.skip(Key.FILLER)
        self.reading.measures.append(Wanted(self.phrase(), function_of(item), spoken=item, of_time=True))

    def _spent(self) -> None:
        """ "how much did customers spend": the sum of what "how much" left open."""
        word = replace(self.take(), key=Key.WORD)
        self.skip(Key.FILLER)
        following = self.peek()
        if following is not None and following.key is Key.MOST:
            self.spent = word
            return
        value = self.peek(1)
        if following is not None and following.key is Key.COMPARE and value is not None and value.is_number:
            self.at += 2
            comparison = Comparison(str(following.meaning))
            self.reading.limits.append(Limit(Wanted((word,), Function.SUM), comparison, value))
            return
        wanted = Wanted((word,), Function.SUM)
        last = self.reading.measures[-1] if self.reading.measures else None
        is_open = last is not None and last.spoken is not None and last.spoken.text.lower() == "how much"
        if last is not None and is_open and (not last.phrase or self.lexicon.tables(last.phrase)):
            self.reading.measures.pop()
            if last.phrase:
                self.reading.subjects.append(last.phrase)
        self.reading.measures.append(wanted)

    def _share(self) -> None:
        """ "share of cancelled orders", "percentage of customers that are enterprise", "share of revenue" per group."""
        word = self.take()
        self.skip(Key.FILLER, Key.OF)
        function = None
        if (item := self.peek()) is not None and item.key in (Key.FUNCTION, Key.COUNT):
            function = self.take()
            self.skip(Key.FILLER, Key.OF)
        before = len(self.reading.known)
        phrase = self.phrase()
        self._described()
        part = self._parts_since(before)
        whole = 100 if word.meaning == 100 else 1
        kind = function_of(function) if function is not None else None
        if part:
            self.reading.measures.append(Wanted(phrase, Function.SHARE, spoken=word, part=part, whole=whole))
        elif phrase and not self._is_narrowed():
            self.reading.measures.append(Wanted(phrase, kind, spoken=function, share=whole))
        else:
            raise self.not_understood(word)

    def _is_narrowed(self) -> bool:
        """ "share of orders where ...": a condition here may be the part, or narrow the whole."""
        item = self.peek()
        return item is not None and item.key in (Key.WHERE, Key.HAVING, Key.WITHOUT, Key.NOT, Key.COMPARE)

    def _described(self) -> None:
        """ "orders were returned", "customers that are not enterprise", "revenue from cancelled orders"."""
        start = self.at
        self.skip(Key.FILLER)
        negated = self.skip(Key.NOT) > 0
        self.skip(Key.FILLER)
        if (item := self.peek()) is not None and item.key in (Key.IN, Key.SINCE) and self.is_known(1):
            self.take()
        if not self.is_known():
            self.at = start
            return
        self.take_known(negated=negated)
        end = self.at
        if not self.lexicon.tables(self.phrase()):
            self.at = end

    def _parts_since(self, before: int) -> tuple[Known, ...]:
        part = tuple(self.reading.known[before:])
        del self.reading.known[before:]
        return part

    def _ratio(self) -> None:
        """ "ratio of cancelled to delivered orders"."""
        word = self.take()
        self.skip(Key.FILLER, Key.OF)
        sides = []
        for _ in range(2):
            self.skip(Key.FILLER, Key.AND)
            if not self.is_known():
                raise self.not_understood(word)
            before = len(self.reading.known)
            values = self.take()
            self.reading.known.append(Known((values,)))
            sides.append(self._parts_since(before))
        phrase = self.phrase()
        if not phrase:
            raise self.not_understood(word)
        part, other = (tuple(replace(known, noun=phrase) for known in side) for side in sides)
        self.reading.measures.append(Wanted(phrase, Function.RATIO, spoken=word, part=part, other=other))
