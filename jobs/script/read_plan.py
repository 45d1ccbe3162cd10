"""How a PostgreSQL table is read: decided from its statistics, stored, shown, and written into the script."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

FETCH_BYTES = 16 * 1024 * 1024
MIN_FETCH, MAX_FETCH, UNKNOWN_FETCH = 1_000, 50_000, 10_000


@dataclass(frozen=True, slots=True)
class ReadPlan:
    """`fetch_size` rows come per round trip; without one the driver would hold the whole table in memory."""

    fetch_size: int
    estimated_rows: int | None

    @property
    def sentence(self) -> str:
        """The plan in words, thousands parted by a narrow no-break space."""
        about = "" if self.estimated_rows is None else f", about {_thousands(self.estimated_rows)} rows"
        return f"1 connection{about}, {_thousands(self.fetch_size)} at a time"


def _thousands(number: int) -> str:
    return f"{number:,}".replace(",", "\u202f")


def read_plan(statistics: Mapping[str, Any]) -> ReadPlan:
    """The plan for a table with these statistics (`SelectedSource.statistics`)."""
    width = statistics.get("average_row_bytes")
    fetch_size = min(max(FETCH_BYTES // width, MIN_FETCH), MAX_FETCH) if width else UNKNOWN_FETCH
    return ReadPlan(fetch_size=fetch_size, estimated_rows=statistics.get("estimated_rows"))
