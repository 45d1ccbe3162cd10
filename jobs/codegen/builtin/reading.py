"""What the grammar reads out of a question: wishes in the person's own words, not yet tied to tables."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date

from jobs.codegen.builtin.lexer import Item, Phrase
from jobs.codegen.builtin.plan import Comparison, Function, Grain
from jobs.codegen.builtin.vocabulary import Key


class Ask(Exception):
    """The question cannot be understood without guessing; carries what to ask and complete new prompts."""

    def __init__(self, question: str, *options: str) -> None:
        super().__init__(question)
        self.question = question
        self.options = options


@dataclass(frozen=True, slots=True)
class Known:
    """Words that a column's comment lists as its values: "cancelled or returned". `noun`: the words they describe."""

    values: tuple[Item, ...]
    noun: Phrase = ()
    negated: bool = False


@dataclass(frozen=True, slots=True)
class Wanted:
    """A measure as worded. `function` is None when none was said; `spoken` is its word, maybe a column's part.

    `of_time`: the phrase names rows, and their time is meant: the first order. `part` and `other` narrow the rows of
    a share or ratio; `share` is 1 or 100 where what each group has of all groups together is wanted too.
    """

    phrase: Phrase
    function: Function | None = None
    distinct: bool = False
    spoken: Item | None = None
    of_time: bool = False
    part: tuple[Known, ...] = ()
    other: tuple[Known, ...] = ()
    whole: int = 1
    share: int = 0


@dataclass(frozen=True, slots=True)
class KeyWish:
    """What to group by: words, or a time grain such as "monthly"."""

    phrase: Phrase = ()
    grain: Grain | None = None


@dataclass(frozen=True, slots=True)
class Condition:
    """`comparison` None: the phrase holds both the column and the value, as in "with status shipped".

    `is_identity`: the value is the key of a row of the table or reference named, as in "customer 7".
    """

    phrase: Phrase
    comparison: Comparison | None
    values: tuple[Item, ...]
    between: bool = False
    is_identity: bool = False


@dataclass(frozen=True, slots=True)
class Period:
    """From `start`, up to but not including `end`; `hint` are words beside it that may name the column."""

    hint: Phrase
    start: date | None
    end: date | None
    text: str
    explicit: bool = False


@dataclass(frozen=True, slots=True)
class Sort:
    wanted: Wanted
    descending: bool | None


@dataclass(frozen=True, slots=True)
class Met:
    """What rows have met, or never met: "who ordered", "with an order", "without orders in 2024".

    `phrase` is a verb of `vocabulary.EVENTS` or names a table.
    """

    phrase: Phrase
    known: tuple[Known, ...] = ()
    periods: tuple[Period, ...] = ()


@dataclass(frozen=True, slots=True)
class Limit:
    """ "more than 3 orders": a figure of each group, compared. Without a phrase the last verb's rows are counted."""

    wanted: Wanted
    comparison: Comparison
    value: Item


@dataclass(slots=True)
class Reading:
    """A question, read. `ranked` is what "top" or "bottom" is to keep, `recent` what "latest" is."""

    listing: bool = False
    limit: int | None = None
    descending: bool = True
    ranked: Phrase | None = None
    ranked_by: Wanted | None = None
    recent: Phrase | None = None
    distinct: bool = False
    measures: list[Wanted] = field(default_factory=list)
    keys: list[KeyWish] = field(default_factory=list)
    by_alone: bool = False
    conditions: list[Condition] = field(default_factory=list)
    periods: list[Period] = field(default_factory=list)
    places: list[tuple[Item, ...]] = field(default_factory=list)
    sorts: list[Sort] = field(default_factory=list)
    subjects: list[Phrase] = field(default_factory=list)
    subject_leads: bool = False
    joined: list[Phrase] = field(default_factory=list)
    ignored: list[str] = field(default_factory=list)
    known: list[Known] = field(default_factory=list)
    left_out: list[tuple[Item, ...]] = field(default_factory=list)
    events: list[Phrase] = field(default_factory=list)
    absences: list[Met] = field(default_factory=list)
    limits: list[Limit] = field(default_factory=list)

    @property
    def size(self) -> int:
        """How many parts the question has."""
        parts = (self.measures, self.keys, self.conditions, self.periods, self.places, self.sorts, self.subjects)
        more = (self.joined, self.known, self.events, self.absences, self.limits, self.left_out)
        return sum(len(part) for part in (*parts, *more))


def function_of(item: Item) -> Function:
    return Function.COUNT if item.key is Key.COUNT else Function(str(item.meaning))
