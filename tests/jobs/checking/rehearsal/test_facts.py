"""What the plan tells: the schema of the result, what a source is asked for, joins that multiply rows, lineage."""

from __future__ import annotations

from typing import Any

import pytest

from jobs.checking.sources import Source
from tests.jobs.checking.rehearsal.conftest import Check
from tests.jobs.checking.rehearsal.shop import SOURCES

pytestmark = [pytest.mark.spark, pytest.mark.xdist_group("rehearsal")]

_TOP = """placed = orders.where((F.col("status") != "cancelled") & (F.upper("status") != "LOST"))
totals = placed.groupBy("customer_id").agg(F.sum("amount").alias("total"))
joined = totals.join(customers, totals.customer_id == customers.id)
return joined.select("name", "total").orderBy(F.desc("total")).limit(10)"""


def _rules(checked_findings: list[Any]) -> list[str]:
    return [finding.rule for finding in checked_findings]


def test_a_good_transform_tells_all_about_its_plan(checked: Check) -> None:
    result = checked(_TOP)
    told = result.rehearsal

    assert result.findings == []
    assert told["state"] == "done"
    assert told["schema"] == [
        {"name": "name", "type": "string", "nullable": True},
        {"name": "total", "type": "decimal(22,2)", "nullable": True},
    ]
    assert told["read"] == ["customers", "orders"]
    assert (told["ordering"], told["limit"]) == (["total DESC"], 10)
    assert told["lineage"] == [
        {"column": "name", "from": [{"alias": "customers", "column": "name"}]},
        {"column": "total", "from": [{"alias": "orders", "column": "amount"}]},
    ]


def test_what_postgresql_filters_and_what_spark_filters_are_told_apart(checked: Check) -> None:
    (orders, customers) = checked(_TOP).rehearsal["scans"]

    assert orders["alias"] == "orders"
    assert orders["columns"] == ["customer_id", "amount", "status"]
    assert "NOT (\"status\" = 'cancelled')" in orders["pushed"]
    assert orders["filtered_after"] == ["upper(status) != 'LOST'"]
    assert customers["columns"] == ["id", "name"]


def test_the_steps_lead_from_the_sources_to_the_result(checked: Check) -> None:
    steps = checked(_TOP).rehearsal["steps"]

    assert [step["kind"] for step in steps] == [
        "source", "filter", "aggregate", "source", "inner join", "sort", "limit",
    ]  # fmt: skip
    assert steps[4]["inputs"] == [2, 3]
    assert steps[2]["details"] == ["by customer_id", "total: sum(amount)"]


def test_a_cross_join_is_said_at_its_place(checked: Check) -> None:
    (found,) = checked("both = customers.join(orders)\nreturn both.select(customers.name, orders.amount)").findings

    assert (found.rule, found.severity, found.line, found.column) == ("cross-join", "advisory", 2, 21)
    assert found.message == "This joins every row of customers with every row of orders."


def test_a_cross_join_with_one_row_is_no_cross_join(checked: Check) -> None:
    body = 'total = orders.agg(F.sum("amount").alias("all"))\nreturn customers.crossJoin(total)'

    assert checked(body).findings == []


def test_a_join_without_equality_compares_all(checked: Check) -> None:
    assert _rules(checked("return customers.join(orders, customers.id < orders.customer_id)").findings) == [
        "duplicate-column",
        "cross-join",
    ]


_FANS_OUT = 'return orders.join(visits, "customer_id").select("status", "seconds")'


def _visits(*keys: tuple[str, ...]) -> Source:
    return Source("visits", "POSTGRES", SOURCES["visits"].columns, keys)


def test_a_join_that_multiplies_rows_is_said(checked: Check) -> None:
    (found,) = checked(_FANS_OUT, orders=SOURCES["orders"], visits=_visits()).findings

    assert (found.rule, found.severity, found.line) == ("fan-out", "advisory", 2)
    assert "customer_id = customer_id" in found.message


def test_a_join_on_a_key_multiplies_nothing(checked: Check) -> None:
    assert checked(_FANS_OUT, orders=SOURCES["orders"], visits=_visits(("customer_id",))).findings == []


def test_where_keys_are_unknown_nothing_is_said_of_them(checked: Check) -> None:
    result = checked(_FANS_OUT, "orders", "visits")

    assert result.findings == []
    assert result.rehearsal["joins"][0]["fans_out"] is None


@pytest.mark.parametrize(
    "one_each",
    [
        'visits.groupBy("customer_id").agg(F.sum("seconds").alias("seconds"))',
        'visits.dropDuplicates(["customer_id"])',
        'visits.withColumn("n", F.row_number().over(Window.partitionBy("customer_id").orderBy("day"))).filter("n = 1")',
        'visits.groupBy(F.col("customer_id").alias("customer_id")).agg(F.max("seconds").alias("seconds"))',
    ],
)
def test_one_row_for_each_group_is_a_key(checked: Check, one_each: str) -> None:
    body = f'one = {one_each}\nreturn orders.join(one, "customer_id").select("status", "seconds")'

    assert checked(body, orders=SOURCES["orders"], visits=_visits()).findings == []


def test_a_source_without_a_part_in_the_result_is_said_at_its_parameter(checked: Check) -> None:
    (found,) = checked("return customers").findings

    assert (found.rule, found.line, found.column) == ("unused-source", 1, 32)


def test_columns_of_one_name_are_said(checked: Check) -> None:
    joined = checked("return customers.join(orders, customers.id == orders.customer_id)")

    assert _rules(joined.findings) == ["duplicate-column"]


def test_lineage_goes_through_windows_unions_explosions_and_subqueries(checked: Check) -> None:
    body = '''return spark.sql("""
    SELECT o.status AS what, explode(o.tags) AS tag,
           sum(o.amount) OVER (PARTITION BY o.customer_id) AS total,
           (SELECT max(name) FROM customers) AS last_name
    FROM orders o
""")'''

    lineage = {told["column"]: told["from"] for told in checked(body).rehearsal["lineage"]}

    assert lineage["tag"] == [{"alias": "orders", "column": "tags"}]
    assert {"alias": "orders", "column": "amount"} in lineage["total"]
    assert lineage["last_name"] == [{"alias": "customers", "column": "name"}]


def test_columns_of_any_name_are_rehearsed(checked: Check) -> None:
    odd = Source("odd", "POSTGRES", (("a b", "int"), ("wei`rd", "string"), ("x.y", "date"), ('q"', "double")), ())

    result = checked('return odd.select("a b", "`wei``rd`", "`x.y`", F.col(\'q"\'))', odd=odd)

    assert not result.is_blocked
    assert [column["name"] for column in result.rehearsal["schema"]] == ["a b", "wei`rd", "x.y", 'q"']


def test_a_type_that_spark_does_not_know_is_said_and_blocks_nothing(checked: Check) -> None:
    odd = Source("odd", "GLUE", (("id", "bigint"), ("shape", "geometry")))

    (found,) = checked("return odd", odd=odd).findings

    assert (found.rule, found.severity) == ("not-rehearsed", "advisory")
    assert "geometry" in found.message.lower()


def test_one_rehearsal_leaves_nothing_to_the_next(checked: Check) -> None:
    first = checked('return spark.sql("SELECT id FROM customers")')
    second = checked('return spark.sql("SELECT id FROM customers")', "orders")

    assert not first.is_blocked
    assert second.is_blocked
