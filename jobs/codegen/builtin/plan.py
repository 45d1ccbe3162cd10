"""The query plan: what the parser's reading of a question means on the picked tables. No words, no code."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Family(StrEnum):
    """What can be done with a column, whatever its exact type."""

    NUMBER = "number"
    TEXT = "text"
    TIME = "time"
    FLAG = "flag"
    OTHER = "other"


class Comparison(StrEnum):
    EQ = "=="
    NE = "!="
    LT = "<"
    LE = "<="
    GT = ">"
    GE = ">="
    ANY_OF = "any of"
    NONE_OF = "none of"
    CONTAINS = "contains"
    STARTS = "starts with"
    EMPTY = "is empty"
    FILLED = "is not empty"


class Function(StrEnum):
    COUNT = "count"
    COUNT_DISTINCT = "count_distinct"
    SUM = "sum"
    AVERAGE = "avg"
    MIN = "min"
    MAX = "max"
    MEDIAN = "median"
    SHARE = "share"
    RATIO = "ratio"


class Grain(StrEnum):
    YEAR = "year"
    QUARTER = "quarter"
    MONTH = "month"
    WEEK = "week"
    DAY = "day"
    HOUR = "hour"


Value = str | int | float | bool


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a picked source. `is_key`: part of its primary key or of a foreign key."""

    alias: str
    name: str
    family: Family
    is_key: bool = False

    def __str__(self) -> str:
        return f"{self.alias}.{self.name}"


@dataclass(frozen=True, slots=True)
class Filter:
    column: Column
    comparison: Comparison
    values: tuple[Value, ...] = ()


@dataclass(frozen=True, slots=True)
class Output:
    """A column of the result under `name`; with a grain, its time rounded down to that grain."""

    column: Column
    name: str
    grain: Grain | None = None


@dataclass(frozen=True, slots=True)
class Measure:
    """`columns` are empty when rows are counted, several only for COUNT_DISTINCT over a key.

    `times`: what is added up is the column multiplied by this one. `part`: what the rows of a SHARE or RATIO's first
    side fulfil, `other` those of its second side; `whole` is 1, or 100 for per cent. `or_zero`: nothing adds up to 0.
    """

    function: Function
    columns: tuple[Column, ...]
    name: str
    times: Column | None = None
    part: tuple[Filter, ...] = ()
    other: tuple[Filter, ...] = ()
    whole: int = 1
    or_zero: bool = False


@dataclass(frozen=True, slots=True)
class JoinStep:
    """Joins `right` to what is there. `fans_out`: one row of the left may meet several of the right.

    `why` is empty for a foreign key, else what speaks for the join. `keeps_left`: rows of the left that meet none
    stay, and `filters` hold before the join.
    """

    left: str
    left_columns: tuple[str, ...]
    right: str
    right_columns: tuple[str, ...]
    fans_out: bool
    why: str = ""
    keeps_left: bool = False
    filters: tuple[Filter, ...] = ()


@dataclass(frozen=True, slots=True)
class Absence:
    """Keeps the rows of the base that meet nothing on the way of `steps` where `filters` hold."""

    steps: tuple[JoinStep, ...]
    filters: tuple[Filter, ...] = ()


@dataclass(frozen=True, slots=True)
class Threshold:
    """Keeps the groups whose measure `name` compares so with `value`."""

    name: str
    comparison: Comparison
    value: int | float


@dataclass(frozen=True, slots=True)
class Order:
    """By a column of the result."""

    name: str
    descending: bool = False


@dataclass(frozen=True, slots=True)
class Within:
    """Of each group of rows that agree in `keys`, the first `count` in this order. `place` is a free name."""

    keys: tuple[str, ...]
    orders: tuple[Order, ...]
    count: int
    place: str


@dataclass(frozen=True, slots=True)
class ShareOfAll:
    """A further column `name`: what a row's measure `of` is of the sum of all rows' measures, times `whole`."""

    of: str
    name: str
    whole: int


@dataclass(frozen=True, slots=True)
class Plan:
    """With measures: grouped by `outputs`. Without: the rows themselves, reduced to `outputs`.

    `once_per`: names of outputs that identify a row of `base`, kept once although a join multiplies it.
    `whole_rows`: `outputs` are all columns of `base` under their own names, so nothing needs selecting.
    `counted_as`: the result is only the number of groups, under that name.
    """

    base: str
    joins: tuple[JoinStep, ...] = ()
    filters: tuple[Filter, ...] = ()
    outputs: tuple[Output, ...] = ()
    measures: tuple[Measure, ...] = ()
    orders: tuple[Order, ...] = ()
    limit: int | None = None
    distinct: bool = False
    once_per: tuple[str, ...] = ()
    whole_rows: bool = False
    absences: tuple[Absence, ...] = ()
    thresholds: tuple[Threshold, ...] = ()
    share: ShareOfAll | None = None
    within: Within | None = None
    counted_as: str = ""
