"""Questions over the shop: the generated code's rows on Spark are the rows that SQL gives."""

from __future__ import annotations

import datetime
import sqlite3
from decimal import Decimal
from typing import Any

import pytest

from tests.jobs.codegen.conftest import Run, collected
from tests.jobs.codegen.questions import QUESTIONS
from tests.jobs.codegen.shop import request

pytestmark = pytest.mark.spark


@pytest.mark.parametrize(("question", "tables", "sql", "names"), QUESTIONS, ids=[f"{q[0]} [{q[1]}]" for q in QUESTIONS])
def test_rows_are_those_of_sql(
    run: Run, shop_sql: sqlite3.Connection, question: str, tables: str, sql: str, names: str
) -> None:
    result = run(request(question, *tables.split()))

    assert not names or result.columns == names.split()
    expected = [tuple(comparable(value) for value in row) for row in shop_sql.execute(sql)]
    assert expected
    assert [tuple(comparable(value) for value in row) for row in collected(result)] == expected


def comparable(value: Any) -> Any:
    """One form for what Spark and SQLite write differently."""
    if isinstance(value, datetime.datetime):
        return value.strftime("%Y-%m-%d %H:%M:%S")
    if isinstance(value, bool):
        return int(value)
    if isinstance(value, datetime.date):
        return value.isoformat()
    return pytest.approx(float(value), rel=1e-6) if isinstance(value, Decimal | float) else value
