"""Reads what is kept of a result: "top 10 customers by", "which customer has the most orders", "latest 5"."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from jobs.codegen.builtin.figures import FigureReader
from jobs.codegen.builtin.lexer import Item, Phrase, grain_of, text_of
from jobs.codegen.builtin.plan import Function
from jobs.codegen.builtin.reading import Ask, Sort, Wanted, function_of
from jobs.codegen.builtin.vocabulary import AS_FUNCTIONS, IMPLIED, REVENUE, Key

_ALWAYS_RANKS = ("top", "bottom", "best", "worst", "best selling")
# What ends the words between "which customer ..." and "... has the most orders".
_ENDS_SUBJECT = (Key.AND, Key.OR, Key.PER, Key.BY, Key.LIST)


class RankingReader(FigureReader):
    def ranking_clauses(self) -> dict[Key, Callable[[], None]]:
        return {
            Key.EXTREME: self._extreme,
            Key.MOST: self._most,
            Key.RECENT: self._recent,
            Key.LIMIT: self._limit,
            Key.SORT: self.sort,
            Key.DIRECTION: self._direction,
        }

    def _extreme(self) -> None:
        """`top 10 customers`, `the largest order`, or `highest price`, which is a maximum."""
        word = self.take()
        self.skip(Key.FILLER)
        number = self.number() or self._number_before()
        if number is None and word.text.lower() in AS_FUNCTIONS and self._subject_to_rank() is not None:
            self._rank_subject(self._figure_here(word), word)
            return
        implied = IMPLIED.get(word.text.lower())
        if implied and number is None and not self.is_naming(self.at) and self._subject_to_rank() is not None:
            self._rank_subject(Wanted((Item(Key.WORD, implied),)), word)
            return
        phrase = self.phrase()
        if number is None and self._is_maximum(word, phrase):
            function = Function.MAX if word.meaning else Function.MIN
            self.reading.measures.append(Wanted(phrase, function))
            return
        if number is None and is_singular(phrase) and self.lexicon.tables(phrase):
            number = 1
        if number is None:
            raise self._how_many(word, phrase)
        if not phrase and (self.reading.measures or self.reading.subjects) and self.reading.keys:
            self.reading.limit = number
            self.reading.sorts.append(Sort(Wanted(()), bool(word.meaning)))
            return
        self.reading.limit, self.reading.descending, self.reading.ranked = number, bool(word.meaning), phrase
        if implied:
            self.reading.ranked_by = Wanted((Item(Key.WORD, implied),))

    def _figure_here(self, word: Item) -> Wanted:
        """The figure after "the highest": with a function of its own, or a column's largest value."""
        item = self.peek()
        if item is not None and item.key in (Key.FUNCTION, Key.COUNT):
            function = self.take()
            self.skip(Key.FILLER, Key.OF)
            return Wanted(self.phrase(), function_of(function), spoken=function)
        phrase = self.phrase()
        if any(part.text.lower() in REVENUE for part in phrase):
            return Wanted(phrase)
        return Wanted(phrase, Function.MAX if word.meaning else Function.MIN)

    def _most(self) -> None:
        """ "the most orders" counts, "spent the most" and "the most revenue" add up."""
        word = self.take()
        self.skip(Key.FILLER)
        if self.spent is not None:
            wanted = Wanted((self.spent,), Function.SUM)
            self.spent = None
        else:
            phrase = self.phrase()
            wanted = Wanted(phrase, Function.COUNT if self.lexicon.tables(phrase) else None)
        if self._subject_to_rank() is None:
            raise self.not_understood(word, wanted.phrase)
        if not wanted.phrase:
            raise Ask(f"By what figure is “{word.text}” meant? Name it, as in “by number of orders” or “by revenue”.")
        self._rank_subject(wanted, word)

    def _subject_to_rank(self) -> Phrase | None:
        """What "which customer has the highest ..." asks about: the words named last, when how many is clear."""
        subject = self.reading.subjects[-1] if self.reading.subjects else None
        if subject is None or self.reading.keys or self.reading.measures:
            return None
        start = max(at for at, item in enumerate(self.items[: self.at]) if item is subject[-1]) + 1
        if any(item.key in _ENDS_SUBJECT for item in self.items[start : self.at]):
            return None
        return subject if self.reading.limit is not None or is_singular(subject) or self._asks_which() else None

    def _asks_which(self) -> bool:
        return any(item.text.lower() in ("which", "what", "who") for item in self.items[: self.at])

    def _rank_subject(self, wanted: Wanted, word: Item) -> None:
        subject = self.reading.subjects[-1]
        if self.reading.limit is None and not is_singular(subject):
            options = [self.rewritten(subject[0], f"{count} {subject[0].text}") for count in (10, 5)]
            raise Ask(f"How many {text_of(subject)} should “{word.text}” keep?", *options)
        self.reading.subjects.pop()
        self.reading.limit = self.reading.limit or 1
        self.reading.ranked, self.reading.ranked_by = subject, wanted
        self.reading.descending = bool(word.meaning)

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
        if word.text.lower() in _ALWAYS_RANKS or not phrase:
            return False
        return bool(self.lexicon.matches(phrase)) and not self.lexicon.tables(phrase)

    def _recent(self) -> None:
        word = self.take()
        number = self.number() or self._number_before()
        self.reading.recent = self.phrase()
        self.reading.descending = bool(word.meaning)
        if number is None and is_singular(self.reading.recent) and self.lexicon.tables(self.reading.recent):
            number = 1
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

    def sort(self) -> None:
        self.take()
        self.skip(Key.FILLER)
        function = self.take() if (item := self.peek()) and item.key in (Key.FUNCTION, Key.COUNT) else None
        phrase = self.phrase()
        if not phrase and function is None:
            return
        kind = function_of(function) if function is not None else None
        self.reading.sorts.append(Sort(Wanted(phrase, kind, spoken=function), None))

    def _direction(self) -> None:
        """After "sorted by ..." its direction; alone, "biggest first" sorts by the only figure."""
        item = self.take()
        last = self.reading.sorts[-1] if self.reading.sorts else None
        if last is not None and last.descending is None:
            self.reading.sorts[-1] = replace(last, descending=bool(item.meaning))
        elif last is None and item.text.lower().endswith(" first"):
            self.reading.sorts.append(Sort(Wanted((), spoken=item), bool(item.meaning)))
        else:
            self.reading.ignored.append(item.text)


def is_singular(phrase: Phrase) -> bool:
    """Whether the words name one thing, as far as English spelling tells."""
    last = phrase[-1].text.lower() if phrase else ""
    return bool(last) and (not last.endswith("s") or last.endswith(("ss", "us", "is"))) and last != "people"


def is_grain(phrase: Phrase) -> bool:
    return len(phrase) == 1 and grain_of(phrase) is not None
