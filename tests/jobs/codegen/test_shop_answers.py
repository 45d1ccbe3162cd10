"""Questions as analysts word them, over the sample shop: the rows of the generated code are those of SQL."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import psycopg
import pytest
from pyspark.sql import DataFrame, SparkSession

from jobs.checking.policy import check
from jobs.codegen.base import Answer, Clarification, GeneratedCode
from jobs.codegen.builtin import BuiltinGenerator
from jobs.codegen.context import request_for
from pgspark_site.local_stack.shop import Shop
from tests.jobs.codegen.conftest import collected, transform_of
from tests.jobs.codegen.figure_questions import FIGURES
from tests.jobs.codegen.row_questions import ROWS, UNDECIDED
from tests.jobs.codegen.sample_shop import Snapshots, alike, comparable, frame, reader, snapshots, sortable

QUESTIONS = [*FIGURES, *ROWS]
_ENDS_ORDERED = re.compile(r"ORDER BY [^()]*\Z")

Connection = psycopg.Connection[tuple[Any, ...]]


@pytest.fixture(scope="module")
def database(sample_shop: Shop) -> Iterator[Connection]:
    with reader(sample_shop) as connection:
        yield connection


@pytest.fixture(scope="module")
def sources(sample_shop: Shop) -> Snapshots:
    return snapshots(sample_shop)


@pytest.fixture(scope="module")
def shop_frames(spark: SparkSession, database: Connection, sources: Snapshots) -> dict[str, DataFrame]:
    """Every table of the shop, read once."""
    return {table: frame(spark, database, source) for table, source in sources.items()}


def answer_to(question: str, tables: str, sources: Snapshots) -> Answer:
    return BuiltinGenerator().generate(request_for(question, [sources[table] for table in tables.split()]))


@pytest.mark.spark
@pytest.mark.parametrize(("question", "tables", "truth"), QUESTIONS, ids=[q[0] for q in QUESTIONS])
def test_rows_are_those_of_the_database(
    spark: SparkSession,
    shop_frames: dict[str, DataFrame],
    database: Connection,
    sources: Snapshots,
    question: str,
    tables: str,
    truth: str,
) -> None:
    answer = answer_to(question, tables, sources)
    assert isinstance(answer, GeneratedCode), answer

    result = transform_of(answer.transform)(spark, *(shop_frames[table] for table in tables.split()))

    expected = [tuple(map(comparable, row)) for row in database.execute(truth)]  # type: ignore[call-overload]
    found = [tuple(map(comparable, row)) for row in collected(result)]
    if _ENDS_ORDERED.search(truth) is None:
        expected, found = sorted(expected, key=sortable), sorted(found, key=sortable)
    assert expected
    assert len(found) == len(expected)
    for row, true_row in zip(found, expected, strict=True):
        assert all(map(alike, row, true_row)), (row, true_row, answer.transform)


@pytest.mark.parametrize(("question", "tables"), [q[:2] for q in QUESTIONS], ids=[q[0] for q in QUESTIONS])
def test_the_policy_has_no_objection(sources: Snapshots, question: str, tables: str) -> None:
    answer = answer_to(question, tables, sources)

    assert isinstance(answer, GeneratedCode), answer
    assert check(answer.transform, tables.split()) == []


@pytest.mark.parametrize(("question", "tables", "said"), UNDECIDED, ids=[q[0] for q in UNDECIDED])
def test_asks_back_instead_of_guessing(sources: Snapshots, question: str, tables: str, said: str) -> None:
    answer = answer_to(question, tables, sources)

    assert isinstance(answer, Clarification), answer
    assert said.lower() in answer.question.lower()


@pytest.mark.parametrize(("question", "tables", "said"), UNDECIDED, ids=[q[0] for q in UNDECIDED])
def test_a_ready_answer_leads_on(sources: Snapshots, question: str, tables: str, said: str) -> None:
    answer = answer_to(question, tables, sources)

    for option in answer.options if isinstance(answer, Clarification) else ():
        assert answer_to(option, tables, sources) != answer, option
