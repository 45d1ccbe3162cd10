"""What Spark refuses is said in plain words, at the very place in the code, with what to write instead."""

from __future__ import annotations

import pytest

from jobs.checking.findings import Finding
from tests.jobs.checking.rehearsal.conftest import Check

pytestmark = [pytest.mark.spark, pytest.mark.xdist_group("rehearsal")]


def _only(findings: list[Finding]) -> Finding:
    assert len(findings) == 1, findings
    return findings[0]


def test_a_wrong_column_is_found_where_it_stands_with_the_nearest_name(checked: Check) -> None:
    body = 'joined = orders.groupBy("customer_id")\nreturn (\n    joined\n    .agg(F.sum("amuont"))\n)'

    found = _only(checked(body, "orders").findings)

    assert (found.rule, found.severity, found.line, found.column) == ("unknown-column", "blocking", 5, 20)
    assert found.message == "There is no column amuont here."
    assert found.hint == "Did you mean amount?"


def test_a_wrong_column_inside_sql_is_found_inside_the_text(checked: Check) -> None:
    body = 'return spark.sql("""\n    SELECT id,\n           stauts\n    FROM orders\n""")'

    found = _only(checked(body, "orders").findings)

    assert (found.rule, found.line, found.column) == ("unknown-column", 4, 15)
    assert found.hint == "Did you mean status?"


def test_a_wrong_column_by_attribute_knows_the_columns_of_its_frame(checked: Check) -> None:
    found = _only(checked("return orders.select(orders.custmer_id)", "orders").findings)

    assert (found.rule, found.column) == ("unknown-column", 32)
    assert found.hint == "Did you mean customer_id?"


@pytest.mark.parametrize(
    ("body", "rule"),
    [
        ('return customers.join(orders, customers.id == orders.customer_id).select("id")', "ambiguous-column"),
        ('return orders.select(F.explode("status"))', "wrong-type"),
        ('return orders.groupBy("status").agg(F.col("amount"))', "aggregation"),
        ('return orders.select("id").union(customers)', "columns-differ"),
        ('return orders.select(F.row_number().over(Window.partitionBy("status")))', "window"),
        ('return orders.filter((F.col("id") > 1) and (F.col("id") < 5))', "column-as-bool"),
        ('return orders.limit("3")', "wrong-arguments"),
        ('return orders.withColumn("x", F.col("status").cast("strin"))', "unknown-type"),
        ('return orders.select(F.date_format("created_at", "YYYY-MM").alias("month"))', "bad-pattern"),
        ('return orders.filter(F.col("status").rlike("(paid"))', "bad-pattern"),
        ('return spark.sql("SELECT id, make_interval(1) AS span FROM orders")', "unwritable-type"),
        ("return [orders][0].columns[0]", "not-a-dataframe"),
        ('return orders.select("id" + 1)', "python-error"),
    ],
)
def test_each_kind_of_error_has_its_rule(checked: Check, body: str, rule: str) -> None:
    found = [finding for finding in checked(body).findings if finding.severity == "blocking"]

    assert [finding.rule for finding in found] == [rule]
    assert found[0].line == 2
    assert found[0].hint


def test_code_that_asks_for_rows_is_not_blocked_by_having_none(checked: Check) -> None:
    body = 'wide = orders.groupBy("customer_id").pivot("status").agg(F.sum("amount"))\nreturn wide.select("paid")'

    result = checked(body, "orders")

    assert not result.is_blocked
    assert "no column paid" in result.findings[0].message
    assert "none: it may do better" in result.findings[0].hint


def test_code_that_divides_by_a_count_is_not_blocked(checked: Check) -> None:
    assert not checked("return orders.limit(10 // orders.count())", "orders").is_blocked


def test_what_the_policy_refuses_is_not_rehearsed(checked: Check) -> None:
    result = checked('return spark.read.text("/etc/passwd")')

    assert result.is_blocked
    assert result.rehearsal == {"state": "blocked"}
