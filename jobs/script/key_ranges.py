"""Cuts a table into parts of equal size along a key, by what PostgreSQL's own statistics say of the key's spread."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from jobs.script.quoting import sql_name, sql_text

_INTEGERS = frozenset({"smallint", "integer", "bigint"})
_WORDS = {
    "date": "DATE",
    "timestamp without time zone": "TIMESTAMP",
    "timestamp with time zone": "TIMESTAMPTZ",
    "uuid": "UUID",
}
_MOMENT = re.compile(r"\d{4}-\d\d-\d\d(?: \d\d:\d\d:\d\d(?:\.\d{1,6})?(?:\+00)?)?")
_UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
# Where a version 4 uuid says that it is one.
_VERSION_AT = 14


@dataclass(frozen=True, slots=True)
class Key:
    """An indexed column to cut by. `bounds` part the rows that `common` leaves over into buckets of equal size.

    `common` are frequent values with their share of all rows. `least` and `greatest` are exact when they are known.
    """

    column: str
    type: str
    is_unique: bool
    bounds: tuple[str, ...]
    common: tuple[tuple[str, float], ...]
    null_share: float
    least: str | None
    greatest: str | None

    @property
    def is_integer(self) -> bool:
        return self.type in _INTEGERS


def keys_of(facts: Mapping[str, Any]) -> list[Key]:
    """The keys of `key_facts` that parts can be cut by, best first."""
    return [key for raw in facts.get("keys") or () if (key := _key(raw)) is not None]


def cuts_by_spread(key: Key, parts: int) -> list[str]:
    """At most `parts - 1` values, ascending; a part begins at each. Empty without statistics."""
    marks = _marks(key)
    cuts: list[str] = []
    for number in range(1, parts):
        wanted = number / parts
        value, _ = min(marks, key=lambda mark: abs(mark[1] - wanted), default=("", 0.0))
        if value and (not cuts or _order(key.type)(value) > _order(key.type)(cuts[-1])):
            cuts.append(value)
    return cuts


def shares(key: Key, cuts: Sequence[str]) -> list[float]:
    """The share of the rows that each part holds, as the statistics tell."""
    below = [_share_below(key, value) for value in cuts]
    return [high - low for low, high in pairwise([0.0, *below, 1.0])]


def even_cuts(key: Key, parts: int) -> list[str]:
    """Values at equal distances between the ends: right for dense integers and random uuids only."""
    if key.least is None or key.greatest is None:
        return []
    if key.is_integer:
        low, high = int(key.least), int(key.greatest) + 1
        step = max((high - low) // parts, 1)
        return [str(low + step * number) for number in range(1, parts) if low + step * number < high]
    if key.type == "uuid" and key.least[_VERSION_AT] == key.greatest[_VERSION_AT] == "4":
        return [_uuid_at(number * 2**128 // parts) for number in range(1, parts)]
    return []


def predicates(column: str, type_: str, cuts: Sequence[str]) -> list[str]:
    """One condition for each part; every row, those without a key too, meets exactly one."""
    name = sql_name(column)
    literals = [_literal(type_, value) for value in cuts]
    if not literals:
        return []
    middle = [f"{name} >= {low} AND {name} < {high}" for low, high in pairwise(literals)]
    return [f"{name} < {literals[0]} OR {name} IS NULL", *middle, f"{name} >= {literals[-1]}"]


def page_ranges(pages: int, parts: int) -> list[str]:
    """One condition on the place of a row (`ctid`) for each part; the last has no end, for a table may have grown."""
    cuts = [f"'({pages * number // parts},0)'::tid" for number in range(1, parts)]
    middle = [f"ctid >= {low} AND ctid < {high}" for low, high in pairwise(cuts)]
    return [f"ctid < {cuts[0]}", *middle, f"ctid >= {cuts[-1]}"]


def _key(raw: Mapping[str, Any]) -> Key | None:
    type_ = re.sub(r"\(\d+\)", "", raw["type"])
    if type_ not in _INTEGERS and type_ not in _WORDS:
        return None
    valid = _valid(type_)
    ends = [value if value is not None and valid(value) else None for value in (raw.get("least"), raw.get("greatest"))]
    common = zip(raw.get("common") or (), raw.get("common_shares") or (), strict=True)
    return Key(
        column=raw["column"],
        type=type_,
        is_unique=bool(raw.get("unique")),
        bounds=tuple(value for value in raw.get("bounds") or () if valid(value)),
        common=tuple((value, float(share)) for value, share in common if valid(value)),
        null_share=float(raw.get("null_frac") or 0.0),
        least=ends[0],
        greatest=ends[1],
    )


def _valid(type_: str) -> Callable[[str], bool]:
    """Whether a value may stand in a condition: infinities and years that do not sort as text may not."""
    if type_ in _INTEGERS:
        return lambda value: re.fullmatch(r"-?\d{1,19}", value) is not None
    pattern = _UUID if type_ == "uuid" else _MOMENT
    return lambda value: pattern.fullmatch(value) is not None


def _order(type_: str) -> Callable[[str], Any]:
    return int if type_ in _INTEGERS else str


def _marks(key: Key) -> list[tuple[str, float]]:
    """The values that a cut may be made at, each with the share of the rows below it."""
    values = {*key.bounds[1:-1], *(value for value, _ in key.common), *_after_common(key)}
    return [(value, _share_below(key, value)) for value in sorted(values, key=_order(key.type))]


def _after_common(key: Key) -> list[str]:
    """Right behind a frequent integer, so that a part may end with it."""
    return [str(int(value) + 1) for value, _ in key.common] if key.is_integer else []


def _share_below(key: Key, value: str) -> float:
    """The share of rows below `value`, rows without a key included: they are read with the first part."""
    order = _order(key.type)
    at = order(value)
    frequent = sum(share for _, share in key.common)
    rest = max(1.0 - frequent - key.null_share, 0.0)
    share = key.null_share + sum(share for one, share in key.common if order(one) < at)
    buckets = list(pairwise(key.bounds))
    below = sum(_part_below(order(low), order(high), at) for low, high in buckets)
    return share + (rest * below / len(buckets) if buckets else 0.0)


def _part_below(low: Any, high: Any, at: Any) -> float:
    """The part of a bucket that lies below `at`; within a bucket of integers values are taken as spread evenly."""
    if high <= at:
        return 1.0
    if low >= at:
        return 0.0
    return float(at - low) / float(high - low) if isinstance(at, int) else 0.5


def _literal(type_: str, value: str) -> str:
    return value if type_ in _INTEGERS else f"{_WORDS[type_]} {sql_text(value)}"


def _uuid_at(number: int) -> str:
    digits = f"{number:032x}"
    return "-".join((digits[:8], digits[8:12], digits[12:16], digits[16:20], digits[20:]))
