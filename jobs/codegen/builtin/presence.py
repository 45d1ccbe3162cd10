"""Reads what rows have met or lack: "without orders", "who ordered", "with more than 3 orders", "not active"."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from jobs.codegen.builtin.conditions import ConditionReader
from jobs.codegen.builtin.lexer import Item, Phrase, text_of
from jobs.codegen.builtin.periods import opens_dated_period
from jobs.codegen.builtin.plan import Comparison, Family
from jobs.codegen.builtin.reading import Ask, Condition, Known, Limit, Met, Period, Wanted, function_of
from jobs.codegen.builtin.vocabulary import MONEY_UNITS, Key

_FIGURES = (Key.FUNCTION, Key.COUNT)
# After "with a status": what is said of it.
_OPENS_MORE = (*_FIGURES, Key.COMPARE, Key.KNOWN, Key.NOT, Key.EXCEPT)


class PresenceReader(ConditionReader):
    def presence_clauses(self) -> dict[Key, Callable[[], None]]:
        return {
            Key.KNOWN: self.take_known,
            Key.WITHOUT: self._without,
            Key.NOT: self._not,
            Key.EXCEPT: self._except,
            Key.HAVING: self._having,
            Key.EVENT: self._event,
            Key.COMPARE: self._loose_comparison,
        }

    def _event(self) -> None:
        item = self.take()
        last = self.reading.measures[-1] if self.reading.measures else None
        if last is not None and last.spoken is not None and last.spoken.key is Key.COUNT and not last.phrase:
            raise Ask(f"“{last.spoken.text}” … “{item.text}”: name the rows to count, as in “number of orders”.")
        self.reading.events.append((item,))
        self.noun = (item,)

    def _without(self) -> None:
        """ "without orders in 2024" narrows what is missing; "without a company" is an empty column."""
        opener = self.take()
        self.skip(Key.FILLER, Key.HAVING)
        known, periods = len(self.reading.known), len(self.reading.periods)
        phrase = self._met()
        if not phrase:
            raise self.not_understood(opener)
        if phrase[0].key is not Key.EVENT and not self.lexicon.tables(phrase):
            if not self.lexicon.matches(phrase) or len(self.reading.known) > known:
                raise self.not_understood(opener, phrase)
            self.reading.conditions.append(Condition(phrase, Comparison.EMPTY, ()))
            return
        self.skip(Key.FILLER)
        if self.is_known():
            self.take_known()
        self.skip_to_period()
        narrowed, dated = self._taken_back(known, periods)
        self.reading.absences.append(Met(phrase, narrowed, dated))

    def _met(self) -> Phrase:
        """A verb that names what happens to rows, or plain words."""
        item = self.peek()
        if item is not None and item.key is Key.EVENT:
            self.noun = (self.take(),)
            return self.noun
        return self.phrase()

    def _taken_back(self, known: int, periods: int) -> tuple[tuple[Known, ...], tuple[Period, ...]]:
        """What was read since then, which narrows one clause and not the whole question."""
        reading = self.reading
        taken = tuple(reading.known[known:]), tuple(reading.periods[periods:])
        del reading.known[known:], reading.periods[periods:]
        return taken

    def skip_to_period(self) -> None:
        """Reads the dates that follow directly."""
        while opens_dated_period(self.items[self.at : self.at + 3]):
            self.condition_clauses()[self.items[self.at].key]()

    def _not(self) -> None:
        word = self.take()
        self.skip(Key.FILLER)
        item = self.peek()
        if item is not None and item.key is Key.KNOWN:
            self.take_known(negated=True)
        elif item is not None and item.key is Key.EVENT:
            self.at -= 1
            self._without()
        elif flag := self._flag():
            no = Item(Key.VALUE, "false", "false")
            self.reading.conditions.append(Condition(flag, Comparison.EQ, (no,)))
        else:
            raise self.not_understood(word)

    def _flag(self) -> Phrase:
        """The words here when they name a yes-or-no column, and only then."""
        start = self.at
        phrase = self.phrase()
        if phrase and self.lexicon.matches(phrase, (Family.FLAG,)) and not self.lexicon.tables(phrase):
            return phrase
        self.at = start
        return ()

    def _except(self) -> None:
        """ "excluding cancelled orders", "except DE"."""
        word = self.take()
        self.skip(Key.FILLER)
        if self.is_known():
            self.take_known(negated=True)
            start = self.at
            if not self.lexicon.tables(self.phrase()):
                self.at = start
            return
        following = self.peek()
        is_value = following is not None and following.key in (Key.WORD, Key.VALUE)
        if not is_value or (self.is_naming(self.at) and self.names_something()):
            raise self.not_understood(word)
        values = self.values_here(Comparison.ANY_OF)
        self.reading.left_out.append(values)

    def _having(self) -> None:
        """ "with a note" wants the column filled, "with an order" rows met; else it opens a condition."""
        opener = self.peek()
        start = self.at
        self.take()
        self.skip(Key.FILLER)
        known, periods = len(self.reading.known), len(self.reading.periods)
        phrase = () if self.condition_follows(self.at) else self.phrase()
        following = self.peek()
        is_plain = following is None or following.key not in _OPENS_MORE
        if phrase and is_plain and self.lexicon.tables(phrase):
            self.skip_to_period()
            narrowed, dated = self._taken_back(known, periods)
            self.reading.known += narrowed
            self.reading.periods += [replace(period, hint=phrase) for period in dated]
            self.reading.events.append(phrase)
        elif phrase and is_plain and self.lexicon.matches(phrase):
            self.reading.conditions.append(Condition(phrase, Comparison.FILLED, ()))
        elif opener is not None:
            self.at = start
            self._taken_back(known, periods)
            self.items[start] = replace(opener, key=Key.WHERE)

    def where_figure(self) -> bool:
        """ "with an average amount above 300", after "with": read, or nothing is taken."""
        start = self.at
        item = self.peek()
        if item is None or item.key not in _FIGURES:
            return False
        self.take()
        self.skip(Key.FILLER, Key.OF)
        phrase = self.phrase()
        self.skip(Key.FILLER)
        comparison, value = self.peek(), self.peek(1)
        whole = self.lexicon.matches((item, *phrase))
        if comparison is not None and comparison.key is Key.BETWEEN and whole and whole[0].tier == 0:
            self.take()
            self.between((item, *phrase))
            return True
        compares = comparison is not None and comparison.key is Key.COMPARE and value is not None and value.is_number
        if not phrase or comparison is None or value is None or not compares:
            self.at = start
            return False
        self.at += 2
        wanted = Wanted(phrase, function_of(item), spoken=item)
        self.reading.limits.append(Limit(wanted, Comparison(str(comparison.meaning)), value))
        return True

    def _loose_comparison(self) -> None:
        """A comparison with nothing on its left: "more than 3 orders"; or "what is ...", which compares nothing."""
        item = self.take()
        following = self.peek()
        if item.text.lower() in ("is", "is in") or following is None:
            return
        if not following.is_number:
            raise Ask(f"“{item.text} {following.text}”: which column should be compared? Name it before “{item.text}”.")
        value = self.take()
        if value.unit in MONEY_UNITS and self.lexicon.tables(self.noun):
            comparison = Comparison(str(item.meaning))
            self.reading.conditions.append(Condition(self.noun, comparison, (value,)))
            return
        happened = self.skip(Key.TIMES)
        phrase = self.reading.events[-1] if happened and self.reading.events else self.phrase()
        if not phrase and value.unit:
            phrase = (Item(Key.WORD, value.unit),)
        if not phrase:
            raise Ask(f"“{item.text} {following.text}”: which column should be compared? Name it before “{item.text}”.")
        self.reading.limits.append(Limit(Wanted(phrase), Comparison(str(item.meaning)), value))

    def not_understood(self, word: Item, phrase: Phrase = ()) -> Ask:
        said = text_of((word, *phrase))
        return Ask(
            f"“{said}” changes what is meant, and the built-in rules cannot tell how. "
            "Please ask without it, or write that part in the code."
        )
