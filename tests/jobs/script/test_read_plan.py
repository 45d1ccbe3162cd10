from __future__ import annotations

from typing import Any

import pytest

from connections.errors import PortalError
from jobs.script.read_options import ReadOptions, read_options
from jobs.script.read_plan import ReadPlan, read_plan

MB = 1024**2
DENSE = {"column": "id", "type": "bigint", "unique": True, "null_frac": 0.0}
FACTS = {"server_version": 150000, "block_size": 8192, "pages": 131072, "keys": []}


def facts(**changes: Any) -> dict[str, Any]:
    return FACTS | changes


def dense(rows: int = 3_000_000) -> dict[str, Any]:
    return DENSE | {"bounds": [str(1 + n * rows // 100) for n in range(101)], "least": "1", "greatest": str(rows)}


def skewed() -> dict[str, Any]:
    return dense() | {"bounds": [str(n**4) for n in range(101)], "greatest": str(100**4)}


def plan(size: int | None, *, budget: int = 8, **more: Any) -> ReadPlan:
    statistics = {
        "kind": more.pop("kind", "table"),
        "estimated_rows": 3_000_000,
        "average_row_bytes": 300,
        "size_bytes": size,
        "key_facts": more.pop("key_facts", facts(keys=[dense()])),
    }
    return read_plan(statistics, budget=budget, **more)


def test_a_small_table_is_read_by_one_connection() -> None:
    small = plan(63 * MB)
    assert (small.parts, small.predicates, small.strides) == (1, (), None)
    assert small.sentence == "1 connection, about 3\u202f000\u202f000 rows, 50\u202f000 at a time"
    assert small.reasons == ("63 MB are read fastest by one connection.",)


def test_parts_are_of_at_most_128_megabytes_and_no_more_than_the_connection_allows() -> None:
    assert plan(300 * MB).parts == 3
    large = plan(4_000 * MB)
    assert large.parts == 8
    assert "allows this table 8" in large.reasons[0]
    assert large.sentence == "8 ranges of id, about 375\u202f000 rows each"


def test_a_dense_even_key_is_cut_by_spark_s_own_options() -> None:
    even = plan(1_000 * MB)
    assert even.strides is not None
    assert (even.column, even.strides.lower, even.strides.upper) == ("id", 1, 3_000_001)


def test_a_skewed_key_is_cut_by_its_histogram() -> None:
    uneven = plan(1_000 * MB, key_facts=facts(keys=[skewed()]))
    assert uneven.strides is None
    assert len(uneven.predicates) == uneven.parts == 8
    assert uneven.imbalance is not None
    assert uneven.imbalance <= 1.5


def test_without_statistics_a_key_is_cut_between_its_ends_and_the_plan_says_so() -> None:
    unknown = plan(1_000 * MB, key_facts=facts(keys=[DENSE | {"bounds": None, "least": "5", "greatest": "900"}]))
    assert unknown.parts == 8
    assert any("ANALYZE missing" in reason for reason in unknown.reasons)


def test_a_table_without_a_key_is_cut_by_its_pages_on_one_snapshot() -> None:
    paged = plan(1_000 * MB, key_facts=facts())
    assert paged.needs_snapshot
    assert paged.sentence == "8 ranges of pages, about 375\u202f000 rows each"
    assert paged.predicates[0] == "ctid < '(16384,0)'::tid"
    assert paged.predicates[-1] == "ctid >= '(114688,0)'::tid"


@pytest.mark.parametrize(
    ("more", "word"),
    [
        ({"key_facts": facts(server_version=130010)}, "older than PostgreSQL 14"),
        ({"key_facts": facts(), "kind": "view"}, "a view has no pages"),
        ({"key_facts": facts(pages=None), "kind": "partitioned table"}, "has no pages"),
        ({"key_facts": facts(inherited=True)}, "inherit"),
        ({"key_facts": facts(), "one_instance": False}, "share no snapshot"),
    ],
)
def test_where_page_ranges_would_be_wrong_one_connection_reads(more: dict[str, Any], word: str) -> None:
    single = plan(1_000 * MB, **more)
    assert (single.parts, single.needs_snapshot) == (1, False)
    assert word in " ".join(single.reasons)


def test_a_partitioned_table_is_as_large_as_its_partitions() -> None:
    leaves = {"count": 4, "pages": 131072, "rows": 3_000_000}
    assert plan(None, kind="partitioned table", key_facts=facts(leaves=leaves, keys=[dense()])).parts == 8


def test_a_login_token_that_ends_is_told() -> None:
    assert any("15 minutes" in reason for reason in plan(1_000 * MB, uses_token=True).reasons)
    assert not any("15 minutes" in reason for reason in plan(1 * MB, uses_token=True).reasons)


def test_a_person_s_choices_come_first() -> None:
    options = ReadOptions(partitions=3, fetch_size=77, row_filter="\"status\" = 'paid'")
    chosen = plan(1 * MB, options=options)
    assert (chosen.parts, chosen.fetch_size, chosen.row_filter) == (3, 77, "\"status\" = 'paid'")
    assert chosen.sentence.endswith("only rows where \"status\" = 'paid'")


COLUMNS = [{"name": "id", "type": "bigint"}, {"name": "status", "type": "text"}]


@pytest.mark.parametrize(
    "raw",
    [
        {"partition_column": "status"},
        {"partition_column": "nope"},
        {"partitions": 0},
        {"partitions": 9},
        {"partitions": "two"},
        {"fetch_size": -1},
        {"fetch_size": "1" * 30},
        {"as_text": ["nope"]},
        {"row_filter": "pg_sleep(10) IS NULL"},
    ],
)
def test_choices_that_do_not_fit_the_table_are_refused(raw: dict[str, Any]) -> None:
    with pytest.raises(PortalError, match="READ_OPTION_INVALID"):
        read_options(raw, columns=COLUMNS, facts=facts(keys=[dense()]), most_partitions=8)


def test_choices_that_fit_are_kept_and_empty_ones_are_none() -> None:
    raw = {"partition_column": "id", "partitions": "4", "fetch_size": "", "row_filter": " Status = 'x' "}
    options = read_options(raw, columns=COLUMNS, facts=facts(keys=[dense()]), most_partitions=8)
    assert options == ReadOptions("id", 4, None, "\"status\" = 'x'")
