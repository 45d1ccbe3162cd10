"""Mistakes of a writer: each is found at its line, and the hint says what to write."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from jobs.checking import policy
from jobs.checking.findings import Finding
from tests.jobs.checking.hostile import complete


def _only(source: str, aliases: Sequence[str] = ("orders", "users")) -> Finding:
    findings = policy.check(source, aliases)
    assert len(findings) == 1, findings
    return findings[0]


@pytest.mark.parametrize(
    ("body", "rule", "line", "hint"),
    [
        ("return ordes", "undefined-name", 2, "Did you mean orders?"),
        ("return orders\nreturn usrs", "undefined-name", 3, "Did you mean users?"),
        ("x = orders\nreturn x.fitler('id > 1')", "unknown-method", 3, "Did you mean filter?"),
        ("return orders.groupby('id').agg(F.summ('amount'))", "unknown-function", 2, "Did you mean sum?"),
        ("return orders.select(F.Col('id'))", "unknown-function", 2, "Did you mean col?"),
        ("return orders.withcolumn('a', F.lit(1))", "unknown-method", 2, "Did you mean withColumn?"),
        ("return orders.select(col('id'))", "undefined-name", 2, "F.col"),
        ("return orders.select(orders.count)", "attribute", 2, 'F.col("count")'),
        ('return orders.filter(f"id > {1}")', "sql-not-constant", 2, "Column expressions"),
        ("return spark.sql('SELEC id FROM orders')", "sql-syntax", 2, "Write one SELECT"),
        ("return spark.sql('SELECT id FROM order')", "sql-table", 2, "orders, users"),
        ("return spark.sql('SELECT id FROM orders WHERE')", "sql-syntax", 2, "Write one SELECT"),
        ("return orders.filter('id >')", "sql-syntax", 2, "one SQL expression"),
        ("return orders.collect()", "rows-to-driver", 2, ".limit(n)"),
        ("return orders.createOrReplaceTempView('x')", "temp-view", 2, "views already"),
        ("return spark.read.table('x')", "io", 2, "already parameters"),
        ("pass", "no-return", 1, "return"),
        ("return", "not-a-dataframe", 2, "DataFrame"),
        ("return None", "not-a-dataframe", 2, "DataFrame"),
        ("return [orders]", "not-a-dataframe", 2, "DataFrame"),
        ("return 'orders'", "not-a-dataframe", 2, "DataFrame"),
    ],
)
def test_a_mistake_is_found_at_its_line_with_a_remedy(body: str, rule: str, line: int, hint: str) -> None:
    finding = _only(complete(body))

    assert (finding.rule, finding.severity, finding.line) == (rule, "blocking", line)
    assert hint in finding.hint


@pytest.mark.parametrize(
    ("source", "line"),
    [
        ("def transform(spark, orders, users)\n    return orders\n", 1),
        ("def transform(spark, orders, users):\nreturn orders\n", 2),
        ("def transform(spark, orders, users):\n    return orders.select('id'\n", 2),
        ("def transform(spark, orders, users):\n    return orders.select(\"id')\n", 2),
        ("def transform(spark, orders, users):\n    x = = 1\n    return orders\n", 2),
        ("x = " + "9" * 5000, 1),
    ],
)
def test_what_python_cannot_read_is_a_syntax_error_at_its_line(source: str, line: int) -> None:
    finding = _only(source)

    assert (finding.rule, finding.line) == ("syntax-error", line)


@pytest.mark.parametrize(
    ("signature", "rule", "words"),
    [
        ("spark, orders", "missing-source", "users"),
        ("orders, users", "signature", "spark"),
        ("orders, users, spark", "signature", "spark"),
        ("spark, orders, users, *rest", "signature", "plain parameters"),
        ("spark, orders, *, users", "signature", "plain parameters"),
        ("spark, orders, users=None", "signature", "plain parameters"),
        ("", "signature", "spark"),
    ],
)
def test_the_signature_names_spark_and_every_source(signature: str, rule: str, words: str) -> None:
    finding = _only(f"def transform({signature}):\n    return 1 + 1\n")

    assert (finding.rule, finding.line) == (rule, 1)
    assert words in finding.message
    assert "def transform(spark, orders, users):" in finding.hint


def test_a_misspelt_parameter_is_named_with_its_nearest_source() -> None:
    findings = policy.check("def transform(spark, order, users):\n    return users\n", ("orders", "users"))

    assert [(f.rule, f.message) for f in findings] == [
        ("missing-source", "transform does not take the source orders."),
        ("unknown-source", "There is no source called order."),
    ]
    assert findings[1].hint == "Did you mean orders?"


@pytest.mark.parametrize(
    ("source", "rule"),
    [
        ("", "empty"),
        ("  \n\t\n", "empty"),
        ("x = 1\n", "no-transform"),
        ("x = '\x00'", "invisible-character"),
        ("x = '\ud800'", "invisible-character"),
        ("x = '" + "a" * 70_000 + "'", "too-long"),
        ("x = 1\n" * 2_001, "too-large"),
        ("x = " + "[" * 60 + "1" + "]" * 60, "too-deep"),
        ("x = " + "[" * 190 + "]" * 190, "too-deep"),
        ("x = " + "(" * 5_000 + ")" * 5_000, "syntax-error"),
        ("x = " + "-" * 20_000 + "1", "too-deep"),
        ("x = a" + ".b" * 1_500, "too-deep"),
    ],
)
def test_an_unreadable_text_is_a_finding_and_not_a_crash(source: str, rule: str) -> None:
    assert [finding.rule for finding in policy.check(source, ())] == [rule]


def test_deep_sql_is_a_finding_and_not_a_crash() -> None:
    for text in ("(" * 3_000 + "1" + ")" * 3_000, "1" + " + 1" * 4_000):
        assert all(
            f.rule.startswith("sql-")
            for f in policy.check(complete(f"return orders.filter('{text}')"), ("orders", "users"))
        )


def test_sql_that_trips_the_parser_is_a_finding_and_not_a_crash() -> None:
    assert _only(complete("return orders.filter('map(id)')")).rule == "sql-syntax"


def test_a_text_without_sources_needs_spark_only() -> None:
    assert policy.check("def transform(spark):\n    return spark.range(3)\n", ()) == []


def test_findings_come_in_the_order_of_their_lines() -> None:
    findings = policy.check(complete("import os\nx = eval('1')\nreturn ordes"), ("orders", "users"))

    assert [finding.line for finding in findings] == [2, 3, 4]


def test_a_variable_bound_again_and_again_is_followed_once_and_not_along_every_way() -> None:
    steps = "\n".join(f"orders = orders.join(users, 'id{n}')" for n in range(120))

    findings = policy.check(complete(f"{steps}\nreturn orders.filter(orders['x'] + orders['y'])"), ("orders", "users"))

    assert findings == []
