"""Awkward names of tables and columns give code that runs and results with plain names."""

from __future__ import annotations

import keyword

import pytest
from pyspark.sql import SparkSession

from jobs.codegen.base import ColumnInfo, GeneratedCode, GenerationRequest, Join, SourceInfo
from jobs.codegen.builtin import BuiltinGenerator
from tests.jobs.codegen.conftest import collected, transform_of

NAMES = [
    "Order",
    "class",
    "a.b",
    "50% off",
    'with "quotes"',
    "tick`ed",
    "it's",
    "back\\slash",
    "*",
    "naïve",
    "count",
    "a b",
]


def source(alias: str, *names: str) -> SourceInfo:
    key = ColumnInfo("id", "bigint", False, True)
    return SourceInfo(alias, "Mixed Case Table", (key, *(ColumnInfo(name, "text", True) for name in names)))


def code_for(prompt: str, *sources: SourceInfo, joins: tuple[Join, ...] = ()) -> str:
    answer = BuiltinGenerator().generate(GenerationRequest(prompt, sources, joins))
    assert isinstance(answer, GeneratedCode), answer
    return answer.transform


@pytest.mark.spark
@pytest.mark.parametrize("name", NAMES)
def test_a_column_with_an_awkward_name_groups_filters_and_lists(spark: SparkSession, name: str) -> None:
    table = source("mixed", name)
    frame = spark.createDataFrame([(1, "x"), (2, "y"), (3, "x")], f"id bigint, `{name.replace('`', '``')}` string")
    quoted = f"“{name}”" if '"' in name else f'"{name}"'

    counted = transform_of(code_for(f"how many mixed per {quoted}", table))(spark, frame)
    listed = transform_of(code_for(f"list mixed where {quoted} equals 'x'", table))(spark, frame)

    assert collected(counted) == [("x", 2), ("y", 1)]
    assert [row[0] for row in collected(listed)] == [1, 3]
    for column in counted.columns + listed.columns:
        assert column.isidentifier()
        assert column.isascii() or keyword.iskeyword(column)


@pytest.mark.spark
def test_columns_of_the_same_name_stay_apart_in_a_join(spark: SparkSession) -> None:
    one = SourceInfo("left_rows", "l", (ColumnInfo("id", "bigint", False, True), ColumnInfo("a.b", "text", True)))
    many = SourceInfo(
        "rows",
        "r",
        (
            ColumnInfo("id", "bigint", False, True),
            ColumnInfo("left id", "bigint", False),
            ColumnInfo("a.b", "text", True),
        ),
    )
    join = Join("rows", ("left id",), "left_rows", ("id",))
    left = spark.createDataFrame([(1, "p"), (2, "q")], "id bigint, `a.b` string")
    right = spark.createDataFrame([(7, 2, "r")], "id bigint, `left id` bigint, `a.b` string")

    result = transform_of(code_for("join left_rows and rows", one, many, joins=(join,)))(spark, left, right)

    assert len({column.lower() for column in result.columns}) == 5
    assert collected(result) == [(2, "q", 7, 2, "r")]


@pytest.mark.spark
def test_local_names_give_way_to_aliases(spark: SparkSession) -> None:
    table = SourceInfo("kept", "kept", (ColumnInfo("id", "bigint", False, True), ColumnInfo("totals", "text", True)))
    frame = spark.createDataFrame([(1, "x")], "id bigint, totals string")

    result = transform_of(code_for("how many kept per totals where id > 0", table))(spark, frame)

    assert collected(result) == [("x", 1)]


def test_columns_that_differ_in_case_only_are_refused() -> None:
    answer = BuiltinGenerator().generate(GenerationRequest("how many t per Name", (source("t", "Name", "name"),)))

    assert not isinstance(answer, GeneratedCode)
