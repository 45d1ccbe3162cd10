"""Reads dates: "since 2024-06-01", "between March and May 2024", "in the first half of 2024", "on 2024-05-01"."""

from __future__ import annotations

from collections.abc import Sequence

from jobs.codegen.builtin.cursor import Cursor
from jobs.codegen.builtin.lexer import Item, Phrase, Span, span_of, text_of
from jobs.codegen.builtin.plan import Comparison
from jobs.codegen.builtin.reading import Ask, Period
from jobs.codegen.builtin.vocabulary import Key

PERIODS = (Key.SINCE, Key.AFTER, Key.BEFORE, Key.UNTIL)


class PeriodReader(Cursor):
    def place_or_table(self) -> None:
        """Reads "in" and "from" where no date follows."""
        raise NotImplementedError

    def period(self, named: Phrase | None = None) -> None:
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
        if opener.text.lower() == "from" and end is None and (start.end - start.start).days > 1:
            said = f"{opener.text} {value.text}"
            options = [self.rewritten(opener, word) for word in ("since", "in")]
            raise Ask(f"Does “{said}” mean since then, or only in {value.text}?", *options)
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
        """The words that a date is about: a verb said last, else the last plain words."""
        if self.noun and self.noun[0].key is Key.EVENT:
            return self.noun
        return self.reading.subjects[-1] if self.reading.subjects else ()

    def add_period(self, span: Span, text: str) -> None:
        self.reading.periods.append(Period(self._hint(), span.start, span.end, text))

    def _on(self) -> None:
        """`join ... on customer_id`: the foreign key decides, and the page says which."""
        word = self.take()
        if (value := self.peek()) is not None and (span := span_of(value)) is not None:
            self.take()
            return self.add_period(span, f"{word.text} {value.text}")
        phrase = self.phrase()
        while (item := self.peek()) is not None and item.key in (Key.COMPARE, Key.FILLER):
            if item.key is Key.COMPARE and item.meaning is not Comparison.EQ:
                return None
            self.take()
            phrase += self.phrase()
        if not self.lexicon.matches(phrase):
            raise Ask(f"What date should follow “{word.text}”? Write it like 2024-06-01.")
        self.reading.ignored.append(text_of((word, *phrase)))
        return None

    def _without_date(self, opener: Item) -> None:
        """ "from Germany" is a place, "from orders" a table; "since last spring" cannot be read."""
        if opener.text.lower() == "from":
            self.at -= 1
            self.place_or_table()
            return
        raise Ask(f"What date should follow “{opener.text}”? Write it like 2024-06-01, 2024-06 or 2024.")


def opens_dated_period(items: Sequence[Item]) -> bool:
    """ "in 2024", "since March 2024", "between 2024-01-01 and ..."."""
    if not items or items[0].key not in (Key.IN, Key.ON, Key.BETWEEN, *PERIODS):
        return False
    following = next((item for item in items[1:] if item.key is not Key.FILLER), None)
    return following is not None and span_of(following) is not None
