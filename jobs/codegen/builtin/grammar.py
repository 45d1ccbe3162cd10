"""Reads items into wishes: one small method per kind of clause, found by the item that opens it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from jobs.codegen.builtin.conditions import ConditionReader
from jobs.codegen.builtin.lexer import Item, Phrase, span_of, text_of
from jobs.codegen.builtin.lexicon import LONGEST_NAME, Lexicon
from jobs.codegen.builtin.plan import Comparison, Function, Grain
from jobs.codegen.builtin.reading import Ask, KeyWish, Reading, Sort, Wanted
from jobs.codegen.builtin.vocabulary import Key

# Parts of a question; more is a wall of words, of which nothing good would come.
LARGEST_QUESTION = 60


def read(items: list[Item], lexicon: Lexicon) -> Reading:
    """The reading of a whole question. Raises Ask for words that change its meaning in a way no rule knows."""
    return Grammar(items, lexicon).read()


class Grammar(ConditionReader):
    def read(self) -> Reading:
        clauses: dict[Key, Callable[[], None]] = {
            Key.LIST: self._list,
            Key.JOIN: self._join,
            Key.COUNT: self._measures,
            Key.FUNCTION: self._measures,
            Key.DISTINCT: self._distinct,
            Key.EXTREME: self._extreme,
            Key.RECENT: self._recent,
            Key.LIMIT: self._limit,
            Key.PER: self._keys,
            Key.BY: self._by,
            Key.SORT: self._sort,
            Key.DIRECTION: self._direction,
            Key.GRAIN: self._grain,
            Key.WORD: self._subject,
            Key.VALUE: self._value,
            Key.ON: self._on,
            **self.condition_clauses(),
        }
        while (item := self.peek()) is not None:
            clause = clauses.get(item.key)
            if clause is None:
                self.take()
            else:
                clause()
            if self.reading.size > LARGEST_QUESTION:
                raise Ask("This is more than one question. Please ask for one result, in a sentence or two.")
        return self.reading

    def _list(self) -> None:
        self.take()
        self.reading.listing = True

    def _join(self) -> None:
        """`join A and B with C`, up to the first thing that is not a table."""
        self.take()
        while True:
            self.skip(Key.FILLER, Key.AND, Key.WHERE)
            start = self.at
            phrase = self.phrase()
            if not phrase:
                return None
            if not self.lexicon.tables(phrase):
                self.at = start
                return self._subject()
            self.reading.joined.append(phrase)
            following = self.peek()
            if following is None or following.key not in (Key.AND, Key.WHERE, Key.FILLER):
                return None
            if following.key is Key.FILLER and following.text.lower() != "to":
                return None

    def _distinct(self) -> None:
        self.take()
        self.reading.distinct = True

    def _extreme(self) -> None:
        """`top 10 customers`, or `highest price`, which is a maximum."""
        word = self.take()
        self.skip(Key.FILLER)
        number = self.number() or self._number_before()
        phrase = self.phrase()
        if number is None and not self._is_maximum(word, phrase):
            raise self._how_many(word, phrase)
        if number is None:
            function = Function.MAX if word.meaning else Function.MIN
            self.reading.measures.append(Wanted(phrase, function))
            return
        self.reading.limit, self.reading.descending, self.reading.ranked = number, bool(word.meaning), phrase

    def _how_many(self, word: Item, phrase: Phrase) -> Ask:
        """For "which customers have the highest total amount" the options turn the words around."""
        tables = [subject for subject in self.reading.subjects if self.lexicon.tables(subject)]
        if tables and not self.lexicon.tables(phrase):
            rest = text_of(phrase or self.items[self.at :])
            side = "top" if word.meaning else "bottom"
            options = [f"{side} {count} {text_of(tables[-1])} by {rest}" for count in (1, 10)]
        else:
            options = [self.rewritten(word, f"{word.text} {count}") for count in (10, 5)]
        return Ask(f"How many {text_of(phrase) or 'rows'} should “{word.text}” keep?", *options)

    def _is_maximum(self, word: Item, phrase: Phrase) -> bool:
        if word.text.lower() in ("top", "bottom", "best", "worst") or not phrase:
            return False
        return bool(self.lexicon.matches(phrase)) and not self.lexicon.tables(phrase)

    def _recent(self) -> None:
        word = self.take()
        number = self.number() or self._number_before()
        self.reading.recent = self.phrase()
        self.reading.descending = bool(word.meaning)
        if number is None:
            raise Ask(
                f"How many rows should “{word.text}” keep?",
                *(self.rewritten(word, f"{word.text} {count}") for count in (1, 10)),
            )
        self.reading.limit = number

    def _number_before(self) -> int | None:
        """ "the 10 most recent orders": the number that stood before the word."""
        counted, self.counted = self.counted, None
        return self.as_limit(counted) if counted is not None else None

    def _limit(self) -> None:
        word = self.take()
        number = self.number()
        if number is None:
            self.reading.ignored.append(word.text)
        else:
            self.reading.limit = number

    def _measures(self) -> None:
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
        phrase = self.phrase()
        for item in functions:
            function = Function.COUNT if item.key is Key.COUNT else Function(str(item.meaning))
            wanted = Wanted(phrase, function, distinct, item)
            self._add_measure(wanted)

    def _were_joined(self, functions: list[Item]) -> bool:
        before = self.items[self.items.index(functions[-1]) - 1]
        return before.key is Key.AND

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

    def _by(self) -> None:
        """After "top 10 X" what ranks them, else what groups."""
        if self.reading.ranked is None or self.reading.ranked_by is not None:
            self.reading.by_alone = True
            return self._keys()
        self.take()
        self.skip(Key.FILLER)
        following = self.peek()
        if following is not None and following.key in (Key.FUNCTION, Key.COUNT):
            self.opened_by = Key.BY
            self._measures()
            self.opened_by = None
            return None
        phrase = self.phrase()
        if self._postfix_count():
            self.reading.ranked_by = Wanted(phrase, Function.COUNT)
        elif phrase:
            self.reading.ranked_by = Wanted(phrase)
        return None

    def _keys(self) -> None:
        opener = self.take()
        while True:
            self.skip(Key.FILLER, Key.PER)
            following = self.peek()
            if following is not None and following.key is Key.GRAIN:
                self._grain()
            else:
                phrase = self.phrase()
                if not phrase:
                    self.reading.ignored.append(opener.text)
                    return
                self.reading.keys.append(KeyWish(phrase))
            if not self._another_key():
                return
            self.take()

    def _another_key(self) -> bool:
        following, then = self.peek(), self.peek(1)
        if following is None or then is None or following.key is not Key.AND:
            return False
        if then.key in (Key.PER, Key.GRAIN):
            return True
        return then.key is Key.WORD and not self.condition_follows(self.at + 1)

    def _grain(self) -> None:
        item = self.take()
        self.reading.keys.append(KeyWish(grain=Grain(str(item.meaning))))

    def _sort(self) -> None:
        self.take()
        self.skip(Key.FILLER)
        function = self.take() if (item := self.peek()) and item.key in (Key.FUNCTION, Key.COUNT) else None
        phrase = self.phrase()
        if not phrase and function is None:
            return
        kind = None
        if function is not None:
            kind = Function.COUNT if function.key is Key.COUNT else Function(str(function.meaning))
        self.reading.sorts.append(Sort(Wanted(phrase, kind, spoken=function), None))

    def _direction(self) -> None:
        item = self.take()
        if not self.reading.sorts:
            self.reading.ignored.append(item.text)
            return
        self.reading.sorts[-1] = replace(self.reading.sorts[-1], descending=bool(item.meaning))

    def _subject(self) -> None:
        """Plain words: a table, columns, or the left side of a condition without "where"."""
        if self.condition_follows(self.at):
            return self.condition()
        phrase = self.phrase()
        if self._postfix_count():
            self.reading.measures.append(Wanted(phrase, Function.COUNT))
        elif self._is_preamble(phrase):
            self.reading.ignored.append(text_of(phrase))
        else:
            self.reading.subject_leads |= not self.reading.measures and not self.reading.joined
            self.reading.subjects.append(phrase)
        return None

    def _is_preamble(self, phrase: Phrase) -> bool:
        """Unknown words before anything known carry no meaning for the rules; later ones might, and are asked about."""
        known = any(self.lexicon.tables((item,)) or self.lexicon.matches((item,)) for item in phrase[:LONGEST_NAME])
        return not self._has_started() and not known and not self.lexicon.tables(phrase)

    def _has_started(self) -> bool:
        reading = self.reading
        return bool(reading.measures or reading.subjects or reading.joined or reading.ranked or reading.keys)

    def _postfix_count(self) -> bool:
        """`order count per country`: the count comes after what is counted."""
        item, then = self.peek(), self.peek(1)
        if item is None or item.text.lower() != "count" or (then is not None and then.key is Key.WORD):
            return False
        self.take()
        return True

    def _value(self) -> None:
        """A literal that no clause took: "show 5 customers", "orders 2024"."""
        item = self.take()
        following = self.peek()
        if (span := span_of(item)) is not None:
            self.add_period(span, item.text)
        elif item.is_number and following is not None and following.key in (Key.EXTREME, Key.RECENT):
            self.counted = item
        elif item.is_number and following is not None and following.key is Key.WORD and self.reading.limit is None:
            self.reading.limit = self.as_limit(item)
        elif item.quoted or self._has_started():
            raise Ask(f"What should {item.text} be compared with?", *self.comparisons(item))
        else:
            self.reading.ignored.append(item.text)

    def _on(self) -> None:
        """`join ... on customer_id`: the foreign key decides, and the page says which."""
        word = self.take()
        phrase = self.phrase()
        while (item := self.peek()) is not None and item.key in (Key.COMPARE, Key.FILLER):
            if item.key is Key.COMPARE and item.meaning is not Comparison.EQ:
                return
            self.take()
            phrase += self.phrase()
        self.reading.ignored.append(text_of((word, *phrase)))
