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
        {"column": "name", "from": [{"alias": "customers", "column": "name"}], "expression": "customers.name"},
        {"column": "total", "from": [{"alias": "orders", "column": "amount"}], "expression": "sum(orders.amount)"},
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
    assert (steps[4]["details"], steps[4]["join"]) == (["orders.customer_id = customers.id"], 0)
    assert (steps[0]["scan"], steps[3]["scan"]) == (0, 1)


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


def test_lineage_says_how_each_column_is_made(checked: Check) -> None:
    body = """net = orders.select("status", (F.col("amount") * 2).alias("twice"), F.explode("tags").alias("tag"))
both = net.select("status", "tag").union(customers.select("name", "country"))
sums = net.groupBy("status").agg(F.max("twice").alias("most"), F.count("*").alias("n"))
made = F.lit(1).alias("one"), F.expr("int(n)").alias("m")
return both.join(sums, "status").select("status", "tag", "most", "n", *made)"""

    told = {one["column"]: one["expression"] for one in checked(body).rehearsal["lineage"]}

    assert told == {
        "status": "orders.status or customers.name",
        "tag": "explode(orders.tags) or customers.country",
        "most": "max(orders.amount * 2)",
        "n": "count(*)",
        "one": "1",
        "m": "count(*) as integer",
    }


def test_names_that_spark_makes_up_are_not_told(checked: Check) -> None:
    body = """by = Window.partitionBy("customer_id").orderBy("created_at")
days = orders.withColumn("days", F.datediff("created_at", F.lag("created_at").over(by)))
return days.groupBy(F.date_format("created_at", "yyyy-MM").alias("month")).agg(F.max("days").alias("most"))"""

    steps = checked(body, "orders").rehearsal["steps"]

    assert not [step for step in steps if any("_we0" in text or "_group" in text for text in step["details"])]
    (grouped,) = [step for step in steps if step["kind"] == "aggregate"]
    assert grouped["details"][0] == "by date_format(orders.created_at, 'yyyy-MM')"


def test_lineage_goes_through_grouping_sets_unpivots_and_conditions_of_aggregates(checked: Check) -> None:
    sets = 'return orders.cube("status").agg(F.expr("sum(amount) FILTER (WHERE id > 5)").alias("total"))'
    parted = 'return orders.unpivot("status", ["id", "customer_id"], "kind", "value")'

    by_sets = checked(sets, "orders").rehearsal["lineage"]
    values = checked(parted, "orders").rehearsal["lineage"][2]

    assert [one["expression"] for one in by_sets] == [
        "orders.status",
        "sum(orders.amount) FILTER (WHERE orders.id > 5)",
    ]
    assert values["expression"] == "orders.id or orders.customer_id"
    assert values["from"] == [{"alias": "orders", "column": "customer_id"}, {"alias": "orders", "column": "id"}]


def test_lineage_of_exploded_columns_is_complete(checked: Check) -> None:
    told = checked('return orders.select("status", F.explode("tags").alias("tag"))', "orders").rehearsal["lineage"]

    assert [(one["column"], one["expression"]) for one in told] == [
        ("status", "orders.status"),
        ("tag", "explode(orders.tags)"),
    ]


def test_a_formula_of_formulas_does_not_grow_without_end(checked: Check) -> None:
    doubled = "\n".join('grown = grown.withColumn("x", F.col("x") + F.col("x") * F.rand())' for _ in range(30))

    (told,) = checked(f'grown = customers.select(F.col("id").alias("x"))\n{doubled}\nreturn grown').rehearsal["lineage"]

    assert told["from"] == [{"alias": "customers", "column": "id"}]
    assert len(told["expression"]) <= 200


def test_what_a_subquery_computes_feeds_the_step_that_uses_it(checked: Check) -> None:
    body = 'return spark.sql("SELECT id FROM orders WHERE amount > (SELECT avg(id) FROM customers)")'

    steps = checked(body).rehearsal["steps"]

    (kept,) = [step for step in steps if step["kind"] == "filter"]
    assert [steps[number]["kind"] for number in kept["inputs"]] == ["source", "aggregate"]
    assert [step.get("scan") for step in steps if step["kind"] == "source"] == [0, None]


def test_a_window_says_what_it_goes_by(checked: Check) -> None:
    body = """by = Window.partitionBy("country").orderBy(F.desc("name"))
return customers.withColumn("n", F.row_number().over(by))"""

    (window,) = [step for step in checked(body, "customers").rehearsal["steps"] if step["kind"] == "window"]

    assert window["details"] == ["n: row_number() OVER (…)", "for each country", "in the order of name DESC"]


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
