"""Reads conditions, periods and places: "where status equals shipped", "since 2024-06-01", "in DE"."""

from __future__ import annotations

from collections.abc import Callable

from jobs.codegen.builtin.cursor import Cursor
from jobs.codegen.builtin.lexer import Item, Phrase, Span, span_of, text_of
from jobs.codegen.builtin.plan import Comparison, Family
from jobs.codegen.builtin.reading import Ask, Condition, Period
from jobs.codegen.builtin.vocabulary import Key

_PERIODS = (Key.SINCE, Key.AFTER, Key.BEFORE, Key.UNTIL)
_OPENS_CONDITION = (Key.COMPARE, Key.BETWEEN)
# What ends a value of several words, such as "in transit".
_VALUE_WORDS = (Key.WORD, Key.VALUE)
_WITHOUT_VALUE = (Comparison.EMPTY, Comparison.FILLED)


class ConditionReader(Cursor):
    def condition_clauses(self) -> dict[Key, Callable[[], None]]:
        return {
            Key.WHERE: self._where,
            Key.COMPARE: self._loose_comparison,
            Key.BETWEEN: self._period,
            **dict.fromkeys(_PERIODS, self._period),
            Key.IN: self._in,
            Key.OR: self._unsupported,
            Key.UNSUPPORTED: self._unsupported,
        }

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
        if not self.is_naming(self.at):
            self.reading.ignored.append(word.text)
            return
        self.condition()
        while (item := self.peek()) is not None and item.key is Key.AND and self.condition_follows(self.at + 1):
            self.take()
            self.condition()

    def _loose_comparison(self) -> None:
        """A comparison with nothing on its left: "what is ...", or "more than 3 orders", which is beyond the rules."""
        item = self.take()
        following = self.peek()
        if item.text.lower() in ("is", "is in") or following is None:
            return
        raise Ask(f"“{item.text} {following.text}”: which column should be compared? Name it before “{item.text}”.")

    def condition(self) -> None:
        phrase = self.phrase()
        self.skip(Key.FILLER)
        item = self.peek()
        if item is None or item.key not in (Key.COMPARE, Key.BETWEEN, Key.IN, *_PERIODS):
            self.reading.conditions.append(Condition(phrase, None, self._more_values(several=False)))
        elif item.key in _PERIODS and self._is_dated():
            self._period(phrase)
        elif item.key is Key.BETWEEN:
            self.take()
            self._between(phrase)
        else:
            self._compare(phrase, self.take())

    def _compare(self, phrase: Phrase, item: Item) -> None:
        comparison = Comparison(str(item.meaning)) if item.key is Key.COMPARE else Comparison.ANY_OF
        if item.key in _PERIODS:
            raise Ask(f"What date should follow “{item.text}”? Write it like 2024-06-01.")
        values = () if comparison in _WITHOUT_VALUE else self._values(comparison)
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

    def _between(self, phrase: Phrase) -> None:
        low = self._one_value()
        self.skip(Key.AND, Key.FILLER)
        high = self._one_value()
        if low is None or high is None:
            raise Ask(f"Between which two values should {text_of(phrase)} be?")
        self.reading.conditions.append(Condition(phrase, None, (low, high), between=True))

    def _values(self, comparison: Comparison) -> tuple[Item, ...]:
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
        self.skip(Key.FILLER)
        item = self.peek()
        if item is None or item.key in (Key.STOP, Key.AND, Key.OR):
            return None
        self.take()
        if item.key is Key.VALUE:
            return item
        words = [item]
        while (following := self.peek()) is not None and following.key is Key.WORD:
            words.append(self.take())
        return Item(Key.VALUE, text_of(words), text_of(words))

    def _period(self, named: Phrase | None = None) -> None:
        """`named`: the words before, which must be the column; else what was said before may hint at it."""
        opener = self.take()
        self.skip(Key.FILLER)
        value = self.peek()
        start = span_of(value) if value is not None else None
        if value is None or start is None:
            self._without_date(opener)
            return
        self.take()
        text, end = f"{opener.text} {value.text}", None
        if opener.key is Key.BETWEEN or (opener.key is Key.SINCE and self._closes_range()):
            end, last = self._range_end(text)
            text = f"{text} {'and' if opener.key is Key.BETWEEN else 'to'} {last}"
        bounds = {
            Key.SINCE: (start.start, end.end if end else None),
            Key.BETWEEN: (start.start, end.end if end else None),
            Key.AFTER: (start.end, None),
            Key.BEFORE: (None, start.start),
            Key.UNTIL: (None, start.end),
        }[opener.key]
        self.reading.periods.append(Period(named or self._hint(), *bounds, text, explicit=bool(named)))

    def _range_end(self, text: str) -> tuple[Span, str]:
        self.skip(Key.AND, Key.FILLER, Key.UNTIL)
        last = self.peek()
        span = span_of(last) if last is not None else None
        if last is None or span is None:
            raise Ask(f"Until when? Write the end after “{text}” as a date like 2024-06-30.")
        self.take()
        return span, last.text

    def _closes_range(self) -> bool:
        at = 1 if (item := self.peek()) is not None and item.key is Key.AND else 0
        item, then = self.peek(at), self.peek(at + 1)
        ends = item is not None and (item.key is Key.UNTIL or item.text.lower() == "to")
        return ends and then is not None and span_of(then) is not None

    def _hint(self) -> Phrase:
        return self.reading.subjects[-1] if self.reading.subjects else ()

    def add_period(self, span: Span, text: str) -> None:
        self.reading.periods.append(Period(self._hint(), span.start, span.end, text))

    def _without_date(self, opener: Item) -> None:
        """ "from Germany" is a place, "from orders" a table; "since last spring" cannot be read."""
        if opener.text.lower() == "from":
            self.at -= 1
            self._in()
            return
        raise Ask(f"What date should follow “{opener.text}”? Write it like 2024-06-01, 2024-06 or 2024.")

    def _in(self) -> None:
        opener = self.take()
        self.skip(Key.FILLER)
        value = self.peek()
        span = span_of(value) if value is not None else None
        if value is None or value.key not in _VALUE_WORDS:
            return
        if span is not None:
            self.take()
            self.add_period(span, f"{opener.text} {value.text}")
        elif self.condition_follows(self.at):
            self.condition()
        elif self.is_naming(self.at) and self._names_something():
            phrase = self.phrase()
            known = bool(self.lexicon.tables(phrase))
            if known:
                self.reading.subjects.append(phrase)
            else:
                self.reading.conditions.append(Condition(phrase, None, ()))
        else:
            self.reading.places.append(self._values(Comparison.ANY_OF))

    def _names_something(self) -> bool:
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
