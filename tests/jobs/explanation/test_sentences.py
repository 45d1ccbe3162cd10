"""What a plan does, in words that a person reads: what is read, filtered where, joined on what, grouped, given."""

from __future__ import annotations

from typing import Any

import pytest

from jobs.explanation.explain import Explanation, explain
from jobs.explanation.steps import LATE
from tests.jobs.explanation.facts import SOURCES, TOP, column, join, older, rehearsal, scan, step


def explained(stored: dict[str, Any], sources: list[dict[str, Any]] = SOURCES) -> Explanation:
    found = explain(stored, sources)
    assert found is not None
    return found


def words(stored: dict[str, Any]) -> list[str]:
    return [sentence.text for sentence in explained(stored).sentences]


def test_the_whole_way_is_told_from_the_sources_to_the_result() -> None:
    assert words(TOP) == [
        "Reads customer_id, amount and status of orders (PostgreSQL, shop.public.orders)."
        " PostgreSQL itself sends only the rows where status != 'cancelled'.",
        "Keeps only the rows where upper(status) != 'LOST'.",
        "Groups by customer_id and computes total = sum(amount).",
        "Reads id and name of customers (PostgreSQL, shop.public.customers).",
        "Joins orders with customers where orders.customer_id = customers.id; rows without a partner are left out.",
        "Sorts by total, the largest first.",
        "Keeps the first 10 rows.",
        "Gives name and total, at most 10 rows.",
    ]


def test_a_condition_that_the_database_cannot_apply_is_a_warning_where_it_is_applied() -> None:
    found = explained(TOP)

    assert found.warnings == [LATE]
    assert found.sentences[1].warnings == (LATE,)


def test_a_filter_that_the_database_applies_whole_is_told_with_the_source_only() -> None:
    steps = [step(0, "source", "orders", scan=0), step(1, "filter", "amount > 5", inputs=(0,))]
    stored = rehearsal(steps, scans=[scan("orders", "id", "amount", pushed=('"amount" > 5',))], schema=[column("id")])

    found = explained(stored)

    assert found.warnings == []
    assert [box.title for box in found.boxes] == ["orders", "Result"]
    assert found.sentences[0].text.endswith("PostgreSQL itself sends only the rows where amount > 5.")


def test_a_value_that_must_be_there_is_told_unless_a_condition_or_a_join_needs_it_anyway() -> None:
    pushed = ('"email" IS NOT NULL', '"id" IS NOT NULL')
    steps = [
        step(0, "source", "customers", scan=0),
        step(1, "source", "orders", scan=1),
        step(2, "inner join", "customers.id = orders.customer_id", inputs=(0, 1), join=0),
    ]
    stored = rehearsal(
        steps, scans=[scan("customers", "id", pushed=pushed), scan("orders", "customer_id")], joins=[join()]
    )

    assert words(stored)[0].endswith("sends only the rows where email IS NOT NULL.")


def test_files_are_read_whole_and_that_is_no_warning() -> None:
    steps = [step(0, "source", "targets", scan=0), step(1, "filter", "year = 2026", inputs=(0,))]
    stored = rehearsal(steps, scans=[scan("targets", "year", after=("year = 2026",))])

    assert explained(stored).warnings == []
    assert words(stored)[:2] == [
        "Reads year of targets (File, targets.csv).",
        "Keeps only the rows where year = 2026.",
    ]


def test_what_spark_asks_before_it_unfolds_an_array_is_no_condition_of_the_code() -> None:
    steps = [
        step(0, "source", "orders", scan=0),
        step(1, "filter", "size(tags) > 0", inputs=(0,)),
        step(2, "generate", "tag: explode(tags)", inputs=(1,)),
    ]
    stored = rehearsal(steps, scans=[scan("orders", "tags", pushed=('"tags" IS NOT NULL',), after=("size(tags) > 0",))])

    assert explained(stored).warnings == []
    assert words(stored)[1] == "Makes one row of each element: tag = explode(tags)."


def test_the_row_filter_of_a_person_is_told() -> None:
    filtered = [SOURCES[1] | {"read_options": {"row_filter": "amount > 100"}}]
    stored = rehearsal([step(0, "source", "orders", scan=0)], scans=[scan("orders", "id")])

    assert "only the rows of your filter amount > 100" in explained(stored, filtered).sentences[0].text


@pytest.mark.parametrize(
    ("facts", "warning"),
    [
        ({"is_cross": True, "on": []}, "Every row meets every row of the other side."),
        ({"compares_all": True}, "No columns are equal here: every row is compared with every row."),
        ({"fans_out": True}, "Neither side is unique on these columns: rows are multiplied."),
        ({"fans_out": None}, None),
    ],
)
def test_joins_that_make_too_many_rows_warn(facts: dict[str, Any], warning: str | None) -> None:
    kind = "cross join" if facts.get("is_cross") else "inner join"
    steps = [step(0, "source", "orders"), step(1, "source", "customers")]
    steps.append(step(2, kind, *join(**facts)["on"], inputs=(0, 1), join=0))

    assert explained(rehearsal(steps, joins=[join(**facts)])).warnings == ([warning] if warning else [])


@pytest.mark.parametrize(
    ("kind", "told"),
    [
        ("left", "Joins orders with customers where a = b; every row of orders stays, also without a partner."),
        ("right", "Joins orders with customers where a = b; every row of customers stays, also without a partner."),
        ("full", "Joins orders with customers where a = b; every row of both sides stays, also without a partner."),
        ("semi", "Keeps the rows of orders that have a partner in customers where a = b."),
        ("anti", "Keeps the rows of orders that have no partner in customers where a = b."),
        ("cross", "Puts every row of orders together with every row of customers."),
    ],
)
def test_every_kind_of_join_says_which_rows_stay(kind: str, told: str) -> None:
    steps = [step(0, "source", "orders"), step(1, "source", "customers")]
    steps.append(step(2, f"{kind} join", "a = b", inputs=(0, 1), join=0))

    assert words(rehearsal(steps, joins=[join(kind=kind)]))[2] == told


@pytest.mark.parametrize(
    ("told", "sentence"),
    [
        (("aggregate", "n: count(1)"), "Takes all rows together and computes n = count(1)."),
        (("distinct", "by country"), "Keeps each country once."),
        (("compute", "a: b + 1", "c: d * 2"), "Computes a = b + 1; c = d * 2."),
        (
            ("window", "n: row_number() OVER (…)", "for each day", "in the order of id DESC"),
            "Computes beside each row n = row_number() OVER (…), for each day, in the order of id, the largest first.",
        ),
        (("generate", "tag: explode(tags)"), "Makes one row of each element: tag = explode(tags)."),
        (("sort", "day ASC", "total DESC"), "Sorts by day; then by total, the largest first."),
        (("limit", "1"), "Keeps the first row."),
        (("offset", "20"), "Leaves out the first 20 rows."),
        (("rows",), "Starts from rows that the code itself makes."),
        (("some_new_operator",), "Then: some new operator."),
    ],
)
def test_every_kind_of_step_has_words(told: tuple[str, ...], sentence: str) -> None:
    assert words(rehearsal([step(0, *told)]))[0].startswith(sentence)


def test_details_that_were_left_out_are_counted() -> None:
    assert words(rehearsal([step(0, "filter", "a = 1", more=3)]))[0] == "Keeps only the rows where a = 1 and 3 more."


def test_an_older_row_tells_what_it_can() -> None:
    found = explained(older(TOP))

    assert [sentence.text for sentence in found.sentences][:5] == [
        *words(TOP)[:4],
        "Joins orders with customers where customer_id = id; rows without a partner are left out.",
    ]
    assert [column.expression for column in found.columns] == ["", ""]
    assert found.columns[1].origins[0].column == "amount"


def test_a_join_of_an_older_row_is_found_with_its_warnings() -> None:
    stored = older(TOP)
    stored["joins"] = [join(kind="left"), join(fans_out=True)]

    assert "rows are multiplied" in " ".join(explained(stored).warnings)


@pytest.mark.parametrize("state", ["off", "failed", "starting", "blocked"])
def test_without_a_plan_nothing_is_explained(state: str) -> None:
    assert explain({"state": state}, SOURCES) is None
    assert explain({}, SOURCES) is None
    assert explain(rehearsal([]), SOURCES) is None


def test_columns_say_how_they_are_made_and_which_are_copies() -> None:
    name, total = explained(TOP).columns

    assert (name.is_copy, name.origins[0].number) == (True, 1)
    assert (total.is_copy, total.expression, total.type) == (False, "sum(orders.amount)", "decimal(22,2)")
    assert total.origins[0].number == 2
