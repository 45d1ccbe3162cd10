"""Reads items into wishes: one small method per kind of clause, found by the item that opens it."""

from __future__ import annotations

from collections.abc import Callable

from jobs.codegen.builtin.lexer import Item, Phrase, span_of, text_of
from jobs.codegen.builtin.lexicon import LONGEST_NAME, Lexicon
from jobs.codegen.builtin.plan import Family, Function, Grain
from jobs.codegen.builtin.ranking import RankingReader, is_grain, is_singular
from jobs.codegen.builtin.reading import Ask, Condition, KeyWish, Reading, Wanted
from jobs.codegen.builtin.vocabulary import REVENUE, Key

# Parts of a question; more is a wall of words, of which nothing good would come.
LARGEST_QUESTION = 60


def read(items: list[Item], lexicon: Lexicon) -> Reading:
    """The reading of a whole question. Raises Ask for words that change its meaning in a way no rule knows."""
    return Grammar(items, lexicon).read()


class Grammar(RankingReader):
    def read(self) -> Reading:
        clauses: dict[Key, Callable[[], None]] = {
            Key.LIST: self._list,
            Key.JOIN: self._join,
            Key.DISTINCT: self._distinct,
            Key.PER: self._keys,
            Key.BY: self._by,
            Key.GRAIN: self._grain,
            Key.WORD: self._subject,
            Key.VALUE: self._value,
            **self.condition_clauses(),
            **self.presence_clauses(),
            **self.figure_clauses(),
            **self.ranking_clauses(),
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

    def _by(self) -> None:
        """After "top 10 X" what ranks them, after "first 10 X" their order, else what groups."""
        before = self.items[self.at - 1] if self.at else None
        if before is not None and (before.key is Key.EVENT or before.text.lower() in ("placed", "made")):
            # "orders placed by enterprise customers": who did it, not a group.
            self.take()
            return None
        if self.reading.limit is not None and self.reading.ranked is None and not self.reading.measures:
            return self.sort()
        if self.reading.ranked is None or self.reading.ranked_by is not None:
            self.reading.by_alone = True
            return self._keys()
        self.take()
        self.skip(Key.FILLER)
        following = self.peek()
        if following is not None and following.key in (Key.FUNCTION, Key.COUNT):
            self.opened_by = Key.BY
            self.measures()
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

    def _subject(self) -> None:
        """Plain words: a table, columns, or the left side of a condition without "where"."""
        if self.condition_follows(self.at):
            return self.condition()
        if self._is_valued():
            return self.condition()
        before = self.items[self.at - 1].text.lower() if self.at else ""
        phrase = self.phrase()
        if self._postfix_count():
            self.reading.measures.append(Wanted(phrase, Function.COUNT))
        elif self.identified(phrase):
            pass
        elif phrase[-1].text.lower() in REVENUE and not self.lexicon.tables(phrase):
            self.reading.measures.append(Wanted(phrase))
        elif before in ("are", "is", "were", "was") and self._is_flag(phrase):
            self.reading.conditions.append(Condition(phrase, None, ()))
        elif self._is_preamble(phrase):
            self.reading.ignored.append(text_of(phrase))
        else:
            self.reading.subject_leads |= not self.reading.measures and not self.reading.joined
            self.reading.distinct |= before in ("which", "what") and self._is_several(phrase)
            self.reading.subjects.append(phrase)
        return None

    def _is_valued(self) -> bool:
        """ "status new": a column, then a value that its comment lists."""
        end = self.run_end(self.at)
        run = self.items[self.at : end]
        is_column = bool(self.lexicon.matches(run, (Family.TEXT,))) and not self.lexicon.tables(run)
        return is_column and end < len(self.items) and self.items[end].key is Key.KNOWN

    def _is_flag(self, phrase: Phrase) -> bool:
        return self._has_started() and bool(self.lexicon.matches(phrase, (Family.FLAG,)))

    def _is_several(self, phrase: Phrase) -> bool:
        """ "which countries": each of them once."""
        return not is_singular(phrase) and bool(self.lexicon.matches(phrase)) and not self.lexicon.tables(phrase)

    def _is_preamble(self, phrase: Phrase) -> bool:
        """Unknown words before anything known carry no meaning for the rules; later ones might, and are asked about."""
        if is_grain(phrase) and self.at < len(self.items):
            return False
        known = any(self.lexicon.tables((item,)) or self.lexicon.matches((item,)) for item in phrase[:LONGEST_NAME])
        return not self._has_started() and not known and not self.lexicon.tables(phrase)

    def _has_started(self) -> bool:
        reading = self.reading
        return bool(
            reading.measures or reading.subjects or reading.joined or reading.ranked or reading.keys or reading.known
        )

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
