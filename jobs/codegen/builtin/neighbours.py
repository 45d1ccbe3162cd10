"""Gives items the meaning that they only have beside others: values that a comment lists, "first" after "when"."""

from __future__ import annotations

from dataclasses import replace

from jobs.codegen.builtin.lexer import Item, span_of, stem, text_of
from jobs.codegen.builtin.lexicon import Lexicon
from jobs.codegen.builtin.plan import Family, Function
from jobs.codegen.builtin.vocabulary import AS_FUNCTIONS, OPTIONAL_PARTS, Key

# Words of the vocabulary that give way to a table or column of the same name.
_YIELDING = (Key.FILLER, Key.UNSUPPORTED, Key.VERB, Key.GRAIN)
_OPENS_TIME = (Key.IN, Key.SINCE, Key.AFTER, Key.BEFORE, Key.UNTIL, Key.BETWEEN, Key.ON)
_FIRST, _LAST = ("first", "earliest", "oldest"), ("last", "latest", "newest", "most recent")
# How far "highest ... first" may be apart.
_SORT_WORDS = 5


def settled(items: list[Item], lexicon: Lexicon) -> list[Item]:
    """The items, with words that name something or list a value told apart from those of the vocabulary."""
    items = [_yielded(item, lexicon) for item in items]
    items = _with_sorts(_with_moments(items))
    items = [_function_among(items, at) for at in range(len(items))]
    return _with_values(items, lexicon)


def _yielded(item: Item, lexicon: Lexicon) -> Item:
    word = item.text.lower()
    known = item.key in _YIELDING and word not in OPTIONAL_PARTS and len(stem(word)) > 2
    return replace(item, key=Key.WORD, meaning=None) if known and stem(word) in lexicon.vocabulary else item


def _with_moments(items: list[Item]) -> list[Item]:
    """ "When was the first order": the time of it, not the row."""
    if not items or items[0].text.lower() != "when":
        return items
    out = [replace(items[0], key=Key.FILLER, meaning=None)]
    for item in items[1:]:
        word = item.text.lower()
        if item.key in (Key.WORD, Key.RECENT) and word in _FIRST + _LAST:
            item = replace(item, key=Key.MOMENT, meaning=Function.MIN if word in _FIRST else Function.MAX)
        out.append(item)
    return out


def _with_sorts(items: list[Item]) -> list[Item]:
    """ "highest total amount first" sorts, and keeps everything."""
    out = list(items)
    for at, item in enumerate(items):
        if item.text.lower() != "first" or item.key is not Key.WORD:
            continue
        start = next((b for b in range(at - 1, max(at - _SORT_WORDS, 0) - 1, -1) if out[b].key is Key.EXTREME), None)
        if start is None or any(part.key in (Key.AND, Key.STOP) for part in out[start:at]):
            continue
        descending = out[start].meaning
        out[start] = replace(out[start], key=Key.SORT, meaning=None)
        out[at] = replace(item, key=Key.DIRECTION, meaning=descending)
    return out


def _function_among(items: list[Item], at: int) -> Item:
    """ "lowest, highest and average amount": of a list of functions all are functions."""
    item = items[at]
    if item.key is not Key.EXTREME or item.text.lower() not in AS_FUNCTIONS:
        return item
    before = items[at - 2] if at > 1 and items[at - 1].key is Key.AND else None
    after = items[at + 2] if at + 2 < len(items) and items[at + 1].key is Key.AND else None
    if not any(other is not None and _is_function(other) for other in (before, after)):
        return item
    return replace(item, key=Key.FUNCTION, meaning=Function.MAX if item.meaning else Function.MIN)


def _is_function(item: Item) -> bool:
    return item.key is Key.FUNCTION or (item.key is Key.EXTREME and item.text.lower() in AS_FUNCTIONS)


def _with_values(items: list[Item], lexicon: Lexicon) -> list[Item]:
    out: list[Item] = []
    at = 0
    while at < len(items):
        length = _value_length(items, at, lexicon)
        if length:
            text = text_of(items[at : at + length])
            out.append(Item(Key.KNOWN, text, text))
        else:
            out.append(items[at])
        at += length or 1
    return out


def _value_length(items: list[Item], at: int, lexicon: Lexicon) -> int:
    """How many items from here are a value that some comment lists; 0 where they mean something else too."""
    for length in range(min(lexicon.values.words, len(items) - at), 0, -1):
        words = items[at : at + length]
        # "in transit" holds a word of the vocabulary; one such word alone is never a value.
        if (length > 1 or words[0].key in (Key.WORD, Key.FILLER)) and lexicon.values.holds(text_of(words)):
            return length if not _names_something(items, at, length, lexicon) else 0
    return 0


def _names_something(items: list[Item], at: int, length: int, lexicon: Lexicon) -> bool:
    """ "shipped" before "in 2024" is the column shipped_on; a table or column of the very name is meant itself."""
    words = tuple(items[at : at + length])
    found = lexicon.matches(words)
    if lexicon.tables(words) or (found and found[0].tier == 0):
        return True
    if not lexicon.matches(words, (Family.TIME,)):
        return False
    following = items[at + length : at + length + 2]
    if not following:
        return False
    if following[0].key is Key.WORD and following[0].text.lower() in OPTIONAL_PARTS:
        return True
    return following[0].key in _OPENS_TIME and len(following) > 1 and span_of(following[1]) is not None
