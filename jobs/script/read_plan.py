"""How a PostgreSQL table is read: decided from its statistics, shown with its reasons, and written into the script.

Pure functions of what was stored when the table was picked, so that the same selection gives the same script.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from jobs.script.key_ranges import Key, cuts_by_spread, even_cuts, keys_of, page_ranges, predicates, shares
from jobs.script.read_options import ReadOptions

FETCH_BYTES = 16 * 1024 * 1024
MIN_FETCH, MAX_FETCH, UNKNOWN_FETCH = 1_000, 50_000, 10_000
SMALL_BYTES = 64 * 1024 * 1024
PART_BYTES = 128 * 1024 * 1024
# Ranges at equal distances are as good as measured ones up to this; then Spark's own four options do.
EVEN_ENOUGH = 1.25
DENSE_ENOUGH = 4
TOKEN_MINUTES = 15
# PostgreSQL 14 reads page ranges without reading the whole table.
PAGE_RANGES_SINCE = 140_000
PAGED_KINDS = ("table", "materialised view")


@dataclass(frozen=True, slots=True)
class Strides:
    """Spark's `partitionColumn` with its bounds: `lower` is the least value, `upper` one past the greatest."""

    lower: int
    upper: int


@dataclass(frozen=True, slots=True)
class ReadPlan:
    """`fetch_size` rows come per round trip; without one the driver would hold the whole table in memory.

    Cut by `column` into `parts`: by `strides`, else by `predicates`, one for each part. With `needs_snapshot` the parts
    are page ranges, which are only right when all connections see one snapshot. `row_filter` is checked, quoted SQL.
    """

    fetch_size: int
    parts: int = 1
    column: str = ""
    strides: Strides | None = None
    predicates: tuple[str, ...] = ()
    needs_snapshot: bool = False
    row_filter: str = ""
    estimated_rows: int | None = None
    imbalance: float | None = None
    reasons: tuple[str, ...] = ()

    @property
    def sentence(self) -> str:
        """The plan in words, thousands parted by a narrow no-break space."""
        if self.parts == 1:
            about = "" if self.estimated_rows is None else f", about {thousands(self.estimated_rows)} rows"
            words = f"1 connection{about}, {thousands(self.fetch_size)} at a time"
        else:
            about = "" if self.estimated_rows is None else f", about {_each(self.estimated_rows, self.parts)} rows each"
            words = f"{self.parts} ranges of {self.column or 'pages'}{about}"
        return f"{words}; only rows where {self.row_filter}" if self.row_filter else words

    def as_json(self) -> dict[str, Any]:
        return {**asdict(self), "sentence": self.sentence}


def thousands(number: int) -> str:
    return f"{number:,}".replace(",", "\u202f")


def read_plan(
    statistics: Mapping[str, Any],
    *,
    budget: int = 1,
    options: ReadOptions | None = None,
    uses_token: bool = False,
    one_instance: bool = True,
) -> ReadPlan:
    """The plan for a table with these statistics (`SelectedSource.statistics`).

    At most `budget` connections at once; `options` are a person's own; `uses_token` for IAM authentication. Without
    `one_instance` two connections may reach different servers, which share no snapshot.
    """
    options = options or ReadOptions()
    facts = statistics.get("key_facts") or {}
    table = _Table(
        kind=statistics.get("kind") or "table",
        rows=_rows(statistics, facts),
        size=_bytes(statistics, facts),
        facts=facts,
        one_instance=one_instance,
    )
    parts, why = _parts(table, budget, options)
    shape = _shape(table, parts, options) if parts > 1 else _Shape()
    reasons = [why, *shape.reasons]
    if uses_token and shape.parts > 1:
        reasons.append(f"The login token lives {TOKEN_MINUTES} minutes: every part has to start within that time.")
    if options.row_filter:
        reasons.append("You chose the row filter; the sizes above are those of the whole table.")
    return ReadPlan(
        fetch_size=options.fetch_size or _fetch_size(statistics.get("average_row_bytes")),
        parts=shape.parts,
        column=shape.column,
        strides=shape.strides,
        predicates=shape.predicates,
        needs_snapshot=shape.needs_snapshot,
        row_filter=options.row_filter,
        estimated_rows=table.rows,
        imbalance=shape.imbalance,
        reasons=tuple(reasons),
    )


@dataclass(frozen=True, slots=True)
class _Table:
    kind: str
    rows: int | None
    size: int | None
    facts: Mapping[str, Any]
    one_instance: bool


@dataclass(frozen=True, slots=True)
class _Shape:
    """How the table is cut; the default is not at all."""

    parts: int = 1
    column: str = ""
    strides: Strides | None = None
    predicates: tuple[str, ...] = ()
    needs_snapshot: bool = False
    imbalance: float | None = None
    reasons: tuple[str, ...] = ()


def _rows(statistics: Mapping[str, Any], facts: Mapping[str, Any]) -> int | None:
    known: int | None = statistics.get("estimated_rows")
    return known if known is not None else (facts.get("leaves") or {}).get("rows")


def _bytes(statistics: Mapping[str, Any], facts: Mapping[str, Any]) -> int | None:
    """The size on disk, of a partitioned table that of its partitions; else by rows and their width, or None."""
    known: int | None = statistics.get("size_bytes")
    pages = (facts.get("leaves") or {}).get("pages")
    if known is None and pages:
        known = int(pages) * int(facts.get("block_size") or 8192)
    width, rows = statistics.get("average_row_bytes"), statistics.get("estimated_rows")
    return int(width * rows) if known is None and width and rows else known


def _fetch_size(width: int | None) -> int:
    """As many rows as fill 16 MB."""
    return min(max(FETCH_BYTES // width, MIN_FETCH), MAX_FETCH) if width else UNKNOWN_FETCH


def _parts(table: _Table, budget: int, options: ReadOptions) -> tuple[int, str]:
    """How many parts are wanted, and why."""
    if options.partitions:
        return options.partitions, f"You chose {options.partitions} partitions."
    if table.size is None:
        return 1, "Its size is not known (ANALYZE missing, or a view), so it is read by one connection."
    if table.size < SMALL_BYTES:
        return 1, f"{_megabytes(table.size)} are read fastest by one connection."
    wanted = math.ceil(table.size / PART_BYTES)
    parts = min(wanted, budget)
    if options.partition_column and parts == 1 < budget:
        return 2, "You chose the column to cut by."
    if wanted > budget:
        limit = f"the connection allows this table {budget} at once"
        return parts, f"{_megabytes(table.size)} would make {wanted} parts of 128 MB; {limit}."
    return parts, f"{_megabytes(table.size)} in parts of at most 128 MB."


def _shape(table: _Table, parts: int, options: ReadOptions) -> _Shape:
    keys = [key for key in keys_of(table.facts) if key.column not in options.as_text]
    if options.partition_column:
        keys = [key for key in keys if key.column == options.partition_column]
    for key in keys:
        shape = _by_key(table, key, parts)
        if shape is not None:
            return shape
    return _without_key(table, parts, has_keys=bool(keys))


def _by_key(table: _Table, key: Key, parts: int) -> _Shape | None:
    """The cut along this key, or None when too little is known of it."""
    by_spread = cuts_by_spread(key, parts)
    even = even_cuts(key, parts)
    if even and (not by_spread or (key.is_integer and _is_dense(table, key) and _imbalance(key, even) <= EVEN_ENOUGH)):
        return _evenly(key, even, measured=bool(by_spread))
    if not by_spread:
        return None
    imbalance = _imbalance(key, by_spread)
    return _Shape(
        parts=len(by_spread) + 1,
        column=key.column,
        predicates=tuple(predicates(key.column, key.type, by_spread)),
        imbalance=round(imbalance, 2),
        reasons=(
            f"Cut where PostgreSQL's statistics of {key.column} say that equal numbers of rows lie; "
            f"the largest part is about {imbalance:.2f} times the mean.",
        ),
    )


def _evenly(key: Key, cuts: list[str], *, measured: bool) -> _Shape:
    parts = len(cuts) + 1
    why = (
        f"{key.column} is dense and evenly filled, so equal distances make equal parts."
        if measured
        else f"There are no statistics of {key.column} (ANALYZE missing): cut at equal distances between its ends."
    )
    if not key.is_integer:
        return _Shape(parts, key.column, predicates=tuple(predicates(key.column, key.type, cuts)), reasons=(why,))
    strides = Strides(int(key.least or 0), int(key.greatest or 0) + 1)
    imbalance = round(_imbalance(key, cuts), 2) if measured else None
    return _Shape(parts, key.column, strides=strides, imbalance=imbalance, reasons=(why,))


def _without_key(table: _Table, parts: int, *, has_keys: bool) -> _Shape:
    why = "Nothing is known of the spread of its keys" if has_keys else "It has no key that it can be cut by"
    obstacle = _no_page_ranges(table)
    if obstacle:
        return _Shape(reasons=(f"{why}, and {obstacle}: it is read by one connection.",))
    return _Shape(
        parts=parts,
        predicates=tuple(page_ranges(table.facts["pages"], parts)),
        needs_snapshot=True,
        imbalance=1.0,
        reasons=(
            f"{why}, so it is cut into equal ranges of its pages.",
            "All parts read one snapshot, which the job holds open to its end; the database keeps old rows that long.",
        ),
    )


def _no_page_ranges(table: _Table) -> str:
    """What keeps the table from being read by page ranges; empty for nothing."""
    if table.kind not in PAGED_KINDS or not table.facts.get("pages"):
        return f"a {table.kind} has no pages to cut by"
    if table.facts.get("inherited"):
        return "other tables inherit from it, whose pages it does not count"
    if table.facts.get("server_version", 0) < PAGE_RANGES_SINCE:
        return "its server is older than PostgreSQL 14, which reads page ranges"
    if not table.one_instance:
        return "connections to the reader endpoint may reach different servers, which share no snapshot"
    return ""


def _is_dense(table: _Table, key: Key) -> bool:
    if not key.is_unique or not table.rows or key.least is None or key.greatest is None:
        return False
    return (int(key.greatest) - int(key.least) + 1) / table.rows <= DENSE_ENOUGH


def _imbalance(key: Key, cuts: list[str]) -> float:
    parts = shares(key, cuts)
    return max(parts) * len(parts)


def _megabytes(size: int) -> str:
    return f"{thousands(math.ceil(size / 1024**2))} MB"


def _each(rows: int, parts: int) -> str:
    """Rows of a part, as precisely as an estimate deserves: three digits."""
    each = rows / parts
    step = 10 ** max(len(str(int(each))) - 3, 0)
    return thousands(int(round(each / step) * step))
