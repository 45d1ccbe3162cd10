"""Steps over the items of a question: what every reading rule is made of."""

from __future__ import annotations

from jobs.codegen.builtin.lexer import Item, Phrase, text_of
from jobs.codegen.builtin.lexicon import Lexicon
from jobs.codegen.builtin.neighbours import settled
from jobs.codegen.builtin.reading import Ask, Known, Reading
from jobs.codegen.builtin.vocabulary import Key

LARGEST_LIMIT = 1_000_000


class Cursor:
    def __init__(self, items: list[Item], lexicon: Lexicon) -> None:
        self.lexicon = lexicon
        self.items = settled(items, lexicon)
        self.at = 0
        self.reading = Reading()
        # What the clause being read follows: the word that opened it, a number that counts what it keeps.
        self.opened_by: Key | None = None
        self.counted: Item | None = None
        # "spent", before "the most".
        self.spent: Item | None = None
        # The words that last named rows or a column: what "that were cancelled" and "in 2024" are about.
        self.noun: Phrase = ()

    def peek(self, ahead: int = 0) -> Item | None:
        return self.items[self.at + ahead] if self.at + ahead < len(self.items) else None

    def take(self) -> Item:
        self.at += 1
        return self.items[self.at - 1]

    def skip(self, *keys: Key) -> int:
        start = self.at
        while (item := self.peek()) is not None and item.key in keys:
            self.at += 1
        return self.at - start

    def is_naming(self, at: int) -> bool:
        """Whether the item may be part of a name: a plain word, or a quoted name of a picked table or column."""
        if at >= len(self.items):
            return False
        item = self.items[at]
        return item.key is Key.WORD or (item.quoted and self.lexicon.is_name(str(item.meaning)))

    def run_end(self, at: int) -> int:
        while at < len(self.items) and self.is_naming(at):
            at += 1
        return at

    def phrase(self) -> Phrase:
        """The plain words from here, and a word of the vocabulary after them that completes a column's name.

        Values before them, as in "cancelled orders", are noted.
        """
        while self.is_known():
            self.take_known()
        start, self.at = self.at, self.run_end(self.at)
        item = self.peek()
        if self.at > start and item is not None and item.key in (Key.FUNCTION, Key.COUNT):
            longer = tuple(self.items[start : self.at + 1])
            found = self.lexicon.matches(longer)
            if found and found[0].tier == 0 and not self.lexicon.tables(longer[:-1]):
                self.at += 1
        if self.at > start:
            self.noun = tuple(self.items[start : self.at])
        return tuple(self.items[start : self.at])

    def is_known(self, ahead: int = 0) -> bool:
        item = self.peek(ahead)
        return item is not None and item.key is Key.KNOWN

    def take_known(self, *, negated: bool = False) -> None:
        """ "cancelled or returned", about the words that follow, else about those that were named last."""
        values = [self.take()]
        while (item := self.peek()) is not None and item.key in (Key.OR, Key.AND) and self.is_known(1):
            self.take()
            values.append(self.take())
        following = tuple(self.items[self.at : self.run_end(self.at)])
        noun = following if following else self.noun
        self.reading.known.append(Known(tuple(values), noun, negated))

    def number(self) -> int | None:
        """The number of rows here, if there is one."""
        item = self.peek()
        return self.as_limit(self.take()) if item is not None and item.is_number else None

    def as_limit(self, item: Item) -> int:
        if not isinstance(item.meaning, int) or not 1 <= item.meaning <= LARGEST_LIMIT:
            raise Ask(f"“{item.text}” is not a number of rows. How many rows do you want?", self.rewritten(item, "10"))
        return item.meaning

    def rewritten(self, item: Item, text: str) -> str:
        """The question with one item worded differently."""
        return text_of([Item(Key.WORD, text) if other is item else other for other in self.items])
