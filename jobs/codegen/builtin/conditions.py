"""Reads conditions and places: "where status equals shipped", "with status new or paid", "in DE"."""

from __future__ import annotations

from collections.abc import Callable

from jobs.codegen.builtin.lexer import Item, Phrase, parts_of, span_of, text_of
from jobs.codegen.builtin.periods import PERIODS, PeriodReader
from jobs.codegen.builtin.plan import Comparison, Family
from jobs.codegen.builtin.reading import Ask, Condition
from jobs.codegen.builtin.vocabulary import KEY_PARTS, Key

_OPENS_CONDITION = (Key.COMPARE, Key.BETWEEN)
# What ends a value of several words, such as "in transit".
_VALUE_WORDS = (Key.WORD, Key.VALUE, Key.KNOWN)
# What "with" may stand before without a meaning of its own: "the days with the highest amount".
_OPENS_FIGURE = (Key.EXTREME, Key.MOST, Key.WITHOUT, Key.NOT)
_HAVE = ("who have", "that have", "which have")
_WITHOUT_VALUE = (Comparison.EMPTY, Comparison.FILLED)


class ConditionReader(PeriodReader):
    def condition_clauses(self) -> dict[Key, Callable[[], None]]:
        return {
            Key.WHERE: self._where,
            Key.BETWEEN: self.period,
            **dict.fromkeys(PERIODS, self.period),
            Key.IN: self.place_or_table,
            Key.ON: self._on,
            Key.OR: self._unsupported,
            Key.RELATIVE: self._relative,
            Key.UNSUPPORTED: self._unsupported,
        }

    def where_figure(self) -> bool:
        """Whether a comparison of a figure stands here; it is read then."""
        raise NotImplementedError

    def _relative(self) -> None:
        """ "last year": which it is depends on the day of the run, and code should give the same again."""
        word = self.take()
        said = text_of((word, *self.items[self.at : self.at + 1]))
        raise Ask(
            f"“{said}” depends on the day on which the code runs. Name the dates, as in “in 2024” or “since 2024-06”.",
            *self._named_years(),
        )

    def _named_years(self) -> list[str]:
        """The question for each of the last two years that the statistics know, where "last year" stands alone."""
        before = self.items[self.at - 2].key if self.at > 1 else None
        unit = self.peek()
        if unit is None or unit.text.lower() != "year" or before in (Key.IN, Key.SINCE, Key.FILLER, Key.PER):
            return []
        rest = [item.text for item in self.items[self.at + 1 :]]
        start = [item.text for item in self.items[: self.at - 1]]
        return [" ".join([*start, f"in {year}", *rest]) for year in self.lexicon.last_years()]

    def _unsupported(self) -> None:
        item = self.take()
        raise Ask(
            f"“{item.text}” changes what is meant, and the built-in rules do not know it. "
            "Please ask without it, or write that part in the code."
        )

    def condition_follows(self, at: int) -> bool:
        """Whether plain words and a comparison start at that item."""
        end = self.run_end(at)
        if end == at or end >= len(self.items) or self.items[end].key not in _OPENS_CONDITION:
            return False
        item = self.items[end]
        if item.key is Key.BETWEEN:
            return not self._is_subject(tuple(self.items[at:end]))
        value = self.items[end + 1].key if end + 1 < len(self.items) else None
        return item.text.lower() != "is" or value in _VALUE_WORDS

    def _is_subject(self, phrase: Phrase) -> bool:
        """ "orders between ..." bounds the orders' time, "price between ..." the price."""
        if self.lexicon.tables(phrase):
            return True
        comparable = self.lexicon.matches(phrase, (Family.NUMBER, Family.TIME))
        return not comparable or bool(self.reading.measures or self.reading.keys)

    def _where(self) -> None:
        word = self.take()
        self.skip(Key.FILLER)
        following = self.peek()
        if following is None or following.key is Key.COMPARE:
            return
        if word.text.lower() in _HAVE and not self.condition_follows(self.at) and self._names_rows():
            self.reading.events.append(self.phrase())
            return
        if self.where_figure():
            return
        if following.key is Key.KNOWN:
            self._where_known()
            return
        if not self.is_naming(self.at):
            if following.key not in _OPENS_FIGURE:
                self.reading.ignored.append(word.text)
            return
        self.condition()
        while (item := self.peek()) is not None and item.key is Key.AND and self.condition_follows(self.at + 1):
            self.take()
            self.condition()

    def _names_rows(self) -> bool:
        return bool(self.lexicon.tables(self.items[self.at : self.run_end(self.at)]))

    def _where_known(self) -> None:
        """ "with cancelled orders": rows that have met some."""
        phrase = self.phrase()
        if phrase:
            self.reading.events.append(phrase)

    def condition(self) -> None:
        phrase = self.phrase()
        self.skip(Key.FILLER)
        item = self.peek()
        if item is not None and item.key in (Key.NOT, Key.EXCEPT) and self.is_known(1):
            self.take()
            self.reading.conditions.append(Condition(phrase, Comparison.NE, (self.take(),)))
        elif item is not None and item.key is Key.KNOWN:
            self.reading.conditions.append(Condition(phrase, Comparison.EQ, self.values_here(Comparison.EQ)))
        elif item is None or item.key not in (Key.COMPARE, Key.BETWEEN, Key.IN, *PERIODS):
            self.reading.conditions.append(Condition(phrase, None, self._more_values(several=False)))
        elif item.key in PERIODS and self._is_dated():
            self.period(phrase)
        elif item.key is Key.BETWEEN:
            self.take()
            self.between(phrase)
        else:
            self._compare(phrase, self.take())

    def _compare(self, phrase: Phrase, item: Item) -> None:
        comparison = Comparison(str(item.meaning)) if item.key is Key.COMPARE else Comparison.ANY_OF
        if item.key in PERIODS:
            raise Ask(f"What date should follow “{item.text}”? Write it like 2024-06-01.")
        values = () if comparison in _WITHOUT_VALUE else self.values_here(comparison)
        if not values and comparison not in _WITHOUT_VALUE:
            raise Ask(f"What should {text_of(phrase)} be compared with after “{item.text}”?")
        if item.text.lower() == "is in" and len(values) == 1 and not _is_proper(values[0]):
            raise self._in_or_value(item, values[0])
        self.reading.conditions.append(Condition(phrase, comparison, values))

    def _in_or_value(self, item: Item, value: Item) -> Ask:
        """ "status is in transit": the list ("transit") or the text "in transit"?"""
        prompt = text_of(self.items[: self.items.index(item)])
        options = [f'{prompt} equals "{text}"' for text in (f"in {value.text}", value.text)]
        return Ask(f"Is the value “in {value.text}” or “{value.text}”? Please put it in quotes.", *options)

    def _is_dated(self) -> bool:
        value = self.peek(1)
        return value is not None and span_of(value) is not None

    def between(self, phrase: Phrase) -> None:
        low = self._one_value()
        self.skip(Key.AND, Key.FILLER)
        high = self._one_value()
        if low is None or high is None:
            raise Ask(f"Between which two values should {text_of(phrase)} be?")
        self.reading.conditions.append(Condition(phrase, None, (low, high), between=True))

    def values_here(self, comparison: Comparison) -> tuple[Item, ...]:
        several = comparison is Comparison.ANY_OF
        first = self._one_value()
        return (first, *self._more_values(several=several)) if first else ()

    def _more_values(self, *, several: bool) -> tuple[Item, ...]:
        """ "or delivered" after a first value; where `several` are expected, commas and "and" part them too."""
        values = []
        while self._another_value(several):
            self.take()
            self.skip(Key.OR)
            value = self._one_value()
            if value is None:
                break
            values.append(value)
        return tuple(values)

    def _another_value(self, several: bool) -> bool:
        item, then = self.peek(), self.peek(1)
        if item is None or then is None:
            return False
        if item.key is Key.AND and then.key is Key.OR:
            then = self.peek(2)
        listed = item.key is Key.OR or (several and item.key is Key.AND)
        if not listed or then is None or then.key not in _VALUE_WORDS:
            return False
        ahead = self.items[self.at + 1 : self.run_end(self.at + 1)]
        known = then.key is Key.WORD and (self.lexicon.tables(ahead) or self.lexicon.matches(ahead))
        return not known and not self.condition_follows(self.at + 1)

    def _one_value(self) -> Item | None:
        """A literal, or plain words taken as they were written; the first may be any word."""
        skipped = self.skip(Key.FILLER)
        item = self.peek()
        if item is None or item.key in (Key.STOP, Key.AND, Key.OR):
            # "names starting with A"
            return self.items[self.at - 1] if skipped and self.items[self.at - 1].text.isupper() else None
        self.take()
        if item.key is Key.VALUE:
            return item
        words = [item]
        while (following := self.peek()) is not None and following.key is Key.WORD:
            words.append(self.take())
        return Item(Key.VALUE, text_of(words), text_of(words))

    def place_or_table(self) -> None:
        opener = self.take()
        self.skip(Key.FILLER)
        value = self.peek()
        span = span_of(value) if value is not None else None
        if value is None or value.key not in _VALUE_WORDS or value.key is Key.KNOWN:
            return
        if span is not None:
            self.take()
            self.add_period(span, f"{opener.text} {value.text}")
        elif self.condition_follows(self.at):
            self.condition()
        elif self.is_naming(self.at) and self.names_something():
            phrase = self.phrase()
            if self.identified(phrase):
                return
            if self.lexicon.tables(phrase):
                self.reading.subjects.append(phrase)
            else:
                self.reading.conditions.append(Condition(phrase, None, ()))
        else:
            self.reading.places.append(self.values_here(Comparison.ANY_OF))

    def identified(self, phrase: Phrase) -> bool:
        """ "customer 7": the row with this key; read when the words name a table or a key and a number follows."""
        value = self.peek()
        if not phrase or value is None or not value.is_number or value.unit or not isinstance(value.meaning, int):
            return False
        numbers = [match for match in self.lexicon.matches(phrase, (Family.NUMBER,)) if match.tier < 2]
        keys = [match for match in numbers if match.column.is_key or parts_of(match.column.name)[-1] in KEY_PARTS]
        if phrase[-1].text.lower().endswith("s") or not (keys or self.lexicon.tables(phrase)):
            return False
        self.reading.conditions.append(Condition(phrase, Comparison.EQ, (self.take(),), is_identity=True))
        return True

    def names_something(self) -> bool:
        """Whether the words from here start with a table or column, as "in country DE" does."""
        end = self.run_end(self.at)
        return any(
            self.lexicon.tables(self.items[self.at : stop]) or self.lexicon.matches(self.items[self.at : stop])
            for stop in range(self.at + 1, min(end, self.at + 8) + 1)
        )

    def comparisons(self, value: Item) -> tuple[str, ...]:
        """Questions that say what a loose literal is compared with, one for each of the first text columns."""
        texts = [
            column
            for alias in self.lexicon.sources
            for column in self.lexicon.columns(alias)
            if column.family is Family.TEXT and not column.is_key
        ]
        return tuple(self.rewritten(value, f"where {column} equals {value.text}") for column in texts[:4])


def _is_proper(value: Item) -> bool:
    """A literal, or a word written like a name or code: DE, Germany."""
    return value.quoted or value.is_number or value.text[:1].isupper()
