from __future__ import annotations

from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jobs.script.key_ranges import Key, cuts_by_spread, even_cuts, keys_of, predicates, shares


def key(**facts: Any) -> Key:
    raw = {"column": "id", "type": "bigint", "unique": True, "null_frac": 0.0, "least": "1", "greatest": "1000"}
    return keys_of({"keys": [raw | facts]})[0]


def buckets(values: list[int]) -> list[str]:
    """A histogram of 100 buckets over sorted values, as PostgreSQL makes it."""
    return [str(values[min(number * len(values) // 100, len(values) - 1)]) for number in range(101)]


def sizes(values: list[int], cuts: list[str]) -> list[int]:
    """How many of the values each part holds."""
    edges = [-(10**30), *map(int, cuts), 10**30]
    return [sum(low <= value < high for value in values) for low, high in pairwise(edges)]


SKEWED = sorted([*range(1_000_000, 1_000_950), *range(0, 500_000_000, 10_000_000)])


@pytest.mark.parametrize("parts", [2, 3, 8, 16])
def test_a_skewed_key_is_cut_into_parts_of_equal_size(parts: int) -> None:
    cuts = cuts_by_spread(key(bounds=buckets(SKEWED)), parts)
    found = sizes(SKEWED, cuts)
    assert len(found) == parts
    assert max(found) * parts / len(SKEWED) <= 1.5


def test_equal_distances_would_leave_nearly_all_rows_of_a_skewed_key_in_one_part() -> None:
    skewed = key(bounds=buckets(SKEWED), least="0", greatest="490000000")
    assert max(shares(skewed, even_cuts(skewed, 8))) > 0.9


def test_a_frequent_value_has_a_part_of_its_own() -> None:
    common = key(unique=False, bounds=[str(n) for n in range(0, 1010, 10)], common=["500"], common_shares=[0.6])
    cuts = cuts_by_spread(common, 4)
    assert {"500", "501"} <= set(cuts)


@given(
    st.lists(st.integers(-(2**63), 2**63 - 1), min_size=2, max_size=101, unique=True),
    st.integers(2, 64),
    st.lists(st.integers(-(2**63), 2**63 - 1), max_size=20),
)
def test_every_value_meets_exactly_one_condition(bounds: list[int], parts: int, values: list[int]) -> None:
    cuts = cuts_by_spread(key(bounds=[str(value) for value in sorted(bounds)]), parts)
    assert len(predicates("id", "bigint", cuts)) in (0, len(cuts) + 1)
    assert [int(cut) for cut in cuts] == sorted({int(cut) for cut in cuts})
    assert sum(sizes(values, cuts)) == len(values)


def test_rows_without_a_key_are_read_with_the_first_part() -> None:
    assert predicates("id", "bigint", ["5", "9"]) == [
        '"id" < 5 OR "id" IS NULL',
        '"id" >= 5 AND "id" < 9',
        '"id" >= 9',
    ]


@pytest.mark.parametrize(
    ("type_", "value", "literal"),
    [
        ("date", "2024-02-29", "DATE '2024-02-29'"),
        ("timestamp without time zone", "2024-02-29 10:00:00.5", "TIMESTAMP '2024-02-29 10:00:00.5'"),
        ("timestamp with time zone", "2024-02-29 10:00:00+00", "TIMESTAMPTZ '2024-02-29 10:00:00+00'"),
        ("uuid", "00000000-0000-0000-0000-000000000000", "UUID '00000000-0000-0000-0000-000000000000'"),
    ],
)
def test_values_are_written_with_their_type(type_: str, value: str, literal: str) -> None:
    assert predicates('we"ird', type_, [value])[1] == f'"we""ird" >= {literal}'


@pytest.mark.parametrize("value", ["infinity", "0044-03-15 BC", "10000-01-01", "2024-01-01' OR '1'='1"])
def test_a_value_that_does_not_sort_as_text_or_is_none_is_no_place_to_cut(value: str) -> None:
    dated = key(type="date", least=value, greatest=value, bounds=["2024-01-01", value, "2024-06-01", "2024-12-31"])
    assert cuts_by_spread(dated, 2) == ["2024-06-01"]
    assert dated.least is None


def test_random_uuids_are_cut_evenly_without_statistics_and_ordered_ones_are_not() -> None:
    random = key(
        type="uuid", least="0" * 8 + "-0000-4000-8000-" + "0" * 12, greatest="f" * 8 + "-ffff-4fff-bfff-" + "f" * 12
    )
    assert even_cuts(random, 2) == ["80000000-0000-0000-0000-000000000000"]
    ordered = key(
        type="uuid", least="0" * 8 + "-0000-7000-8000-" + "0" * 12, greatest="f" * 8 + "-ffff-7fff-bfff-" + "f" * 12
    )
    assert even_cuts(ordered, 2) == []


def test_keys_of_other_types_are_none() -> None:
    assert keys_of({"keys": [{"column": "price", "type": "numeric(12,2)"}]}) == []
    assert keys_of({}) == []
