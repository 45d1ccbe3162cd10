"""How the values of a column are spread, from the statistics that PostgreSQL keeps: no row is read for it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal, InvalidOperation
from typing import Any


def spread_of(statistics: Mapping[str, Any]) -> dict[str, Any]:
    """`n_distinct` as PostgreSQL counts it (negative: a share of the rows), and of numbers and dates `low` and `high`.

    `statistics` holds `n_distinct`, and `bounds` and `common` as text where the type has a range. A sample may miss
    the ends.
    """
    # A value that is frequent stands among the common ones and not in the histogram.
    values = [*(statistics["bounds"] or []), *(statistics["common"] or [])]
    known = sorted((key, text) for text in values if (key := _order(text)) is not None)
    low, high = (known[0][1], known[-1][1]) if known else (None, None)
    return {"n_distinct": statistics["n_distinct"], "low": low, "high": high}


def _order(text: str) -> Decimal | None:
    """Where a number or an ISO date stands among its like; None for infinities, NaN and years before 1."""
    try:
        number = Decimal(text)
        return number if number.is_finite() else None
    except InvalidOperation:
        pass
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    return Decimal(moment.replace(tzinfo=None).toordinal()) * 86_400 + Decimal(moment.hour * 3600 + moment.minute * 60)
