"""What a run will probably take and cost, from past runs of like size; nothing is said where there were none."""

from __future__ import annotations

import statistics
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Literal

from django.db.models import QuerySet

from jobs.execution.base import Size
from jobs.execution.prices import most_usd
from jobs.likeness import input_bytes, sources_key
from jobs.models import JobRun, ResourceProfile
from jobs.states import RunState

LOOKED_AT = 30
# Runs that read between half and twice as much are of like size.
_LIKE = 2


@dataclass(frozen=True, slots=True)
class Range:
    low: float
    median: float
    high: float


@dataclass(frozen=True, slots=True)
class Quote:
    """`basis` is what the `count` past runs have in common with this one; empty, and no ranges, where there were none.

    `cost_usd` is None where no price is known, as is `most_usd`, what the run can cost at the most.
    """

    basis: Literal["", "same", "like"]
    count: int
    seconds: Range | None
    cost_usd: Range | None
    most_usd: Decimal | None


def quote(*, sources: Sequence[Mapping[str, Any]], target: str, profile: str = "", minutes: int) -> Quote:
    """For a run of these sources on this engine and size; at most three statements."""
    most = most_usd(target, _size(profile), minutes)
    runs = JobRun.objects.filter(state=RunState.SUCCEEDED, target=target)
    if profile:
        runs = runs.filter(profile=profile)
    same = runs.filter(sources_key=sources_key(sources))
    if found := _taken(same):
        return _quote("same", found, most)
    size = input_bytes(sources)
    like = runs.filter(input_bytes__range=(size // _LIKE, size * _LIKE)) if size else runs.none()
    if found := _taken(like):
        return _quote("like", found, most)
    return Quote("", 0, None, None, most)


Taken = tuple[float, Decimal | None]


def _taken(runs: QuerySet[JobRun]) -> list[Taken]:
    """Seconds and cost of the newest ones."""
    rows = runs.order_by("-pk").values_list("created_at", "finished_at", "cost_usd")[:LOOKED_AT]
    return [((end - begin).total_seconds(), cost) for begin, end, cost in rows if end]


def _quote(basis: Literal["same", "like"], found: list[Taken], most: Decimal | None) -> Quote:
    costs = [float(cost) for _, cost in found if cost is not None]
    return Quote(basis, len(found), _range(seconds for seconds, _ in found), _range(costs) if costs else None, most)


def _range(values: Iterable[float]) -> Range:
    listed = list(values)
    return Range(min(listed), statistics.median(listed), max(listed))


def _size(profile: str) -> Size | None:
    found = ResourceProfile.objects.filter(name=profile).first() if profile else None
    return Size.of(found) if found else None
