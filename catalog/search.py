"""Search over a whole database: names of tables, names of columns, comments, in any schema and any script.

A scan of pg_attribute costs a large database a tenth of a second of two cores for every word somebody types. So its
names are read once with one statement, kept in this process for a while, and searched here. One with more words than
fit is asked itself.
"""

from __future__ import annotations

from array import array
from bisect import bisect_right
from collections import OrderedDict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from catalog.types import TableSummary

LIMIT = 40
SHORTEST = 2
MOST_TABLES = 50_000
MOST_WORDS = 1_000_000
_SEPARATOR = "\n"


@dataclass(frozen=True, slots=True)
class Named:
    """A table with all words by which it may be found."""

    schema: str
    summary: TableSummary
    columns: tuple[str, ...]
    column_comments: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Match:
    """A table and what it was found by: `why` is empty for its own name, else the column or the comment."""

    schema: str
    summary: TableSummary
    why: str = ""


@dataclass(frozen=True, slots=True)
class Found:
    matches: tuple[Match, ...]
    more: bool


class _Words:
    """Many short texts as one, so that a search is a search in one string."""

    def __init__(self, words: Iterable[tuple[int, str]]) -> None:
        self._owners, self._starts, texts, at = array("I"), array("I"), [], 0
        for owner, word in words:
            text = _folded(word)
            self._owners.append(owner)
            self._starts.append(at)
            texts.append(text)
            at += len(text) + 1
        self._text = _SEPARATOR.join(texts)

    def owners(self, wanted: str) -> Iterator[tuple[int, int]]:
        """The tables whose words hold `wanted`, each with the word's number."""
        at = self._text.find(wanted)
        while at >= 0:
            number = bisect_right(self._starts, at) - 1
            yield self._owners[number], number
            after = number + 1
            at = self._text.find(wanted, self._starts[after]) if after < len(self._starts) else -1


class SearchIndex:
    """All tables of a database as they were when it was made."""

    def __init__(self, tables: Iterable[Named]) -> None:
        self._tables = list(tables)
        self.words = sum(1 + len(table.columns) for table in self._tables)
        columns = [(at, name) for at, table in enumerate(self._tables) for name in table.columns]
        comments = list(self._comment_words())
        self._in_order: list[tuple[_Words, list[str]]] = [
            (_Words((at, table.summary.name) for at, table in enumerate(self._tables)), []),
            (_Words(columns), [name for _, name in columns]),
            (_Words(comments), [text for _, text in comments]),
        ]

    def _comment_words(self) -> Iterator[tuple[int, str]]:
        for at, table in enumerate(self._tables):
            for text in (table.summary.comment, *table.column_comments):
                if text:
                    yield at, text

    def find(self, text: str, limit: int = LIMIT) -> Found:
        """The tables that `text` is part of a word of: by name first, then by column, then by comment."""
        wanted, found = _folded(text), OrderedDict[int, str]()
        for words, texts in self._in_order:
            for owner, number in words.owners(wanted):
                if owner not in found:
                    found[owner] = texts[number] if texts else ""
                if len(found) > limit:
                    break
        matches = tuple(Match(self._tables[at].schema, self._tables[at].summary, why) for at, why in found.items())
        return Found(matches[:limit], len(matches) > limit)


def _folded(text: str) -> str:
    return text.casefold().replace(_SEPARATOR, " ")


def found_from_json(kept: dict[str, Any]) -> Found:
    matches = (Match(one["schema"], TableSummary(**one["summary"]), one["why"]) for one in kept["matches"])
    return Found(tuple(matches), kept["more"])
