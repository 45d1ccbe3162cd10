"""What runs badly or oddly on the real pipeline ends in words that a person can act on, or in the right rows."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.portal import Portal

pytestmark = pytest.mark.spark


def run(portal: Portal, tmp_path: Path, table: str, transform: str) -> dict[str, Any]:
    """One job of the analyst with this transform over one table of the shop."""
    file = tmp_path / "transform.py"
    file.write_text(transform)
    place = f"{portal.shop.database}.{table}"
    answer: dict[str, Any] = portal.run_job(
        "--user", "analyst", "--connection", "demo", "--table", place, "--transform", str(file), "--target", "local"
    )
    return answer


def test_a_column_that_does_not_exist_is_named_with_its_line(portal: Portal, tmp_path: Path) -> None:
    transform = 'def transform(spark, orders):\n    return orders.select("nope")\n'
    failure = run(portal, tmp_path, "public.orders", transform)["failure"]
    assert (failure["code"], failure["line"]) == ("COLUMN_NOT_FOUND", 2)


def test_zero_rows_are_a_result_and_awkward_names_arrive_unharmed(portal: Portal, tmp_path: Path) -> None:
    transform = 'def transform(spark, mixed_case_table):\n    return mixed_case_table.where("1 = 0")\n'
    answer = run(portal, tmp_path, "analytics.Mixed Case Table", transform)
    assert (answer["state"], answer["row_count"], answer["rows"]) == ("SUCCEEDED", 0, [])
    assert {"Order", "class", "a.b", "50% off", 'with "quotes"'} <= set(answer["columns"])
