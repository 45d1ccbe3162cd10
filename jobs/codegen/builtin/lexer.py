"""Cuts a question into items: words of the vocabulary, literals, and plain words that may name something.

Every expression here is linear in the length of the text: a question of 10 000 characters is cut at once.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date

from jobs.codegen.builtin.plan import Grain
from jobs.codegen.builtin.vocabulary import (
    BEFORE_NUMBER,
    GRAINS,
    HALVES,
    LONGEST_PHRASE,
    MONTHS,
    ORDINALS,
    PHRASES,
    QUARTERS,
    RELATIVE,
    SMALL_NUMBERS,
    UNITS,
    Key,
    Meaning,
)

_TOKEN = re.compile(
    r"""
    (?P<quoted>(?<!\w)'[^'\n]{1,200}'(?!\w)|"[^"\n]{1,200}"|`[^`\n]{1,200}`|“[^”\n]{1,200}”|‘[^’\n]{1,200}’)
    |(?P<date>[0-9]{4}-[0-9]{1,2}-[0-9]{1,2}(?![\w-]))
    |(?P<month>[0-9]{4}-[0-9]{2}(?![\w-]))
    |(?P<number>[0-9]{1,3}(?:,[0-9]{3}){1,4}(?![\w,])|(?<![\w-])-?[0-9]{1,15}(?:\.[0-9]{1,9})?(?!\.?\w))
    |(?P<word>\w+(?:[.-]\w+)*)(?:['’]s?(?!\w))?
    |(?P<operator><=|>=|!=|<>|==|[=<>&])
    |(?P<comma>[,;])
    |(?P<stop>[^\w\s])
    """,
    re.VERBOSE,
)
_CAMEL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
_PART = re.compile(r"[^\W_]+")


@dataclass(frozen=True, slots=True)
class Span:
    """A stretch of time: from the first day, up to but not including the last."""

    start: date
    end: date


@dataclass(frozen=True, slots=True)
class Item:
    """`meaning` depends on `key`: a Function, a Comparison, True for descending, the literal of a VALUE.

    `unit` is the word after a number that says what it measures: euros.
    """

    key: Key
    text: str
    meaning: object = None
    quoted: bool = False
    unit: str = ""

    @property
    def is_number(self) -> bool:
        return self.key is Key.VALUE and isinstance(self.meaning, int | float) and not isinstance(self.meaning, bool)


Phrase = tuple[Item, ...]


def text_of(phrase: Sequence[Item]) -> str:
    return " ".join(item.text for item in phrase)


def parts_of(identifier: str) -> tuple[str, ...]:
    """The lower-case words inside a name: snake_case, camelCase, dots and spaces all divide."""
    humped = _CAMEL.sub(" ", identifier) if not identifier.isupper() else identifier
    return tuple(part.lower() for part in _PART.findall(humped))


def stem(word: str) -> str:
    """A form that singular and plural share. For comparing only, not for showing."""
    if word in ("people", "person"):
        return "person"
    if len(word) < 3 or word.endswith(("ss", "us", "is")):
        return word
    for ending, instead in (("ies", "i"), ("es", ""), ("s", "")):
        if word.endswith(ending):
            word = word.removesuffix(ending) + instead
            break
    word = word.removesuffix("e")
    return word.removesuffix("y") + "i" if word.endswith("y") else word


def items_of(text: str) -> list[Item]:
    """The whole question as items, in order."""
    return _with_units(_with_dates(list(_with_phrases(list(_tokens(text))))))


def _tokens(text: str) -> Iterator[Item]:
    for match in _TOKEN.finditer(text):
        kind, body = match.lastgroup, match.group()
        if kind == "quoted":
            yield Item(Key.VALUE, body, body[1:-1], quoted=True)
        elif kind in ("date", "month"):
            yield _date_item(body)
        elif kind == "number":
            digits = body.replace(",", "")
            yield Item(Key.VALUE, body, float(digits) if "." in digits else int(digits))
        elif kind == "word":
            yield Item(Key.WORD, match.group("word"))
        elif kind == "operator":
            yield Item(*PHRASES[(body,)][:1], text=body, meaning=PHRASES[(body,)][1])
        else:
            yield Item(Key.AND if kind == "comma" else Key.STOP, body, meaning=kind)


def _date_item(body: str) -> Item:
    numbers = [int(part) for part in body.split("-")]
    try:
        span = day_span(date(*numbers)) if len(numbers) == 3 else month_span(*numbers)
    except (ValueError, OverflowError):
        return Item(Key.VALUE, body, body, quoted=True)
    return Item(Key.VALUE, body, span)


def day_span(day: date) -> Span:
    return Span(day, date.fromordinal(day.toordinal() + 1))


def month_span(year: int, month: int, months: int = 1) -> Span:
    last = month - 1 + months
    return Span(date(year, month, 1), date(year + last // 12, last % 12 + 1, 1))


def _with_phrases(tokens: list[Item]) -> Iterator[Item]:
    """Joins words that mean something together; the longest phrase wins."""
    at = 0
    while at < len(tokens):
        length, item = _phrase_at(tokens, at)
        yield item
        at += length


def _phrase_at(tokens: list[Item], at: int) -> tuple[int, Item]:
    token = tokens[at]
    if token.key is not Key.WORD:
        return 1, token
    special = _before_next(tokens, at)
    if special is not None:
        return 1, Item(special[0], token.text, special[1])
    for length in range(min(LONGEST_PHRASE, len(tokens) - at), 0, -1):
        words = tokens[at : at + length]
        found = PHRASES.get(tuple(word.text.lower() for word in words))
        if found and all(word.key is Key.WORD for word in words) and not _is_code(tokens, at, length):
            return length, Item(found[0], text_of(words), found[1])
    return 1, token


def _is_code(tokens: list[Item], at: int, length: int) -> bool:
    """In "in IN" and "country equals NO" the two capitals are a code, not a word of the vocabulary."""
    text, before = tokens[at].text, tokens[at - 1].text.lower() if at else ""
    return length == 1 and len(text) == 2 and text.isupper() and before in ("in", "from", "is", "equals", "=", "for")


def _before_next(tokens: list[Item], at: int) -> Meaning | None:
    """What "first", "last" and "ten" mean by what follows them."""
    word = tokens[at].text.lower()
    following = tokens[at + 1] if at + 1 < len(tokens) else None
    counted = following is not None and (following.is_number or following.text.lower() in SMALL_NUMBERS)
    after = tokens[at + 2].text.lower() if counted and at + 2 < len(tokens) else ""
    if word in RELATIVE and following is not None and (following.text.lower() in GRAINS or after in GRAINS):
        return (Key.RELATIVE, None)
    if counted and word in BEFORE_NUMBER:
        return BEFORE_NUMBER[word]
    if word in SMALL_NUMBERS:
        return (Key.VALUE, SMALL_NUMBERS[word])
    return None


def _with_dates(items: list[Item]) -> list[Item]:
    """Joins "March 2024" and "Q1 2024" to one literal, and reads a bare year as one where a time may stand."""
    out: list[Item] = []
    for item in items:
        year = year_of(item)
        before = out[-1].text.lower() if out and out[-1].key is Key.WORD else ""
        if year and before in MONTHS:
            out[-1] = Item(Key.VALUE, f"{out[-1].text} {item.text}", month_span(year, MONTHS[before]))
        elif year and before in QUARTERS:
            span = month_span(year, QUARTERS[before] * 3 - 2, 3)
            out[-1] = Item(Key.VALUE, f"{out[-1].text} {item.text}", span)
        elif year and (months := _part_of_year(out)):
            words, start, count = months
            text = " ".join(part.text for part in (*out[-words:], item))
            out[-words:] = [Item(Key.VALUE, text, month_span(year, start, count))]
        else:
            out.append(item)
    return out


def _part_of_year(before: list[Item]) -> tuple[int, int, int] | None:
    """For "first half of" before a year: how many items that is, the first month and the number of months."""
    last = [item.text.lower() for item in before[-3:]]
    of = bool(last) and last[-1] == "of"
    words = last[:-1] if of else last
    parts = {"half": 6, "quarter": 3}
    if len(words) >= 2 and words[-1] in parts and words[-2] in ORDINALS:
        months, number = parts[words[-1]], ORDINALS[words[-2]]
        return (2 + of, (number - 1) * months + 1, months) if number * months <= 12 else None
    if words and words[-1] in HALVES:
        return 1 + of, HALVES[words[-1]] * 6 - 5, 6
    if of and words and words[-1] in QUARTERS:
        return 2, QUARTERS[words[-1]] * 3 - 2, 3
    return None


def _with_units(items: list[Item]) -> list[Item]:
    """Joins "500 euros" to one number that knows its unit."""
    out: list[Item] = []
    for item in items:
        if item.key is Key.WORD and item.text.lower() in UNITS and out and out[-1].is_number:
            out[-1] = replace(out[-1], unit=item.text.lower())
        else:
            out.append(item)
    return out


def year_of(item: Item) -> int | None:
    """The year that a number may be read as, 1900 to 2100."""
    number = item.meaning if not item.unit else None
    return number if item.key is Key.VALUE and type(number) is int and 1900 <= number <= 2100 else None


def span_of(item: Item) -> Span | None:
    """The stretch of time that a literal names, if it names one."""
    if isinstance(item.meaning, Span):
        return item.meaning
    year = year_of(item)
    return month_span(year, 1, 12) if year else None


def grain_of(phrase: Phrase) -> Grain | None:
    """The time grain that a phrase names: "month", or the one of "order month"."""
    return GRAINS.get(phrase[-1].text.lower()) if phrase else None
