"""Where the rules cannot tell they ask back; they never guess in silence."""

from __future__ import annotations

import ast
from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from jobs.checking.policy import check
from jobs.codegen.base import Clarification, ColumnInfo, GeneratedCode, GenerationRequest, Join, SourceInfo
from jobs.codegen.builtin import BuiltinGenerator
from jobs.codegen.builtin.vocabulary import PHRASES
from tests.jobs.codegen.questions import QUESTIONS
from tests.jobs.codegen.shop import SOURCES, request

ASKS = [
    ("the weather tomorrow", "customers", "tomorrow"),
    ("please be quick", "customers", "none of the picked tables"),
    ("", "customers orders", "none of the picked tables"),
    ("shipped orders", "", "shipped"),
    ("number of shipped orders", "", "shipped"),
    ("orders that were paid", "", "paid"),
    ("top customers by total order amount", "", "How many"),
    ("top 10 customers", "", "By what"),
    ("which customers have the highest total order amount", "", "How many"),
    ("price per category", "", "added up or averaged"),
    ("per country", "", "What should be computed"),
    ("total per country", "", "Which column"),
    ("total order amount per product", "", "repeats rows of orders"),
    ("number of orders and average price per category", "", "repeats rows of products"),
    ("total order amount per country", "orders products customers", None),
    ("number of products per country", "products customers", "No foreign key"),
    ("number of orders per planet", "", "planet"),
    ("name per country", "", "customers.name and products.name"),
    ("orders last month", "", "depends on the day"),
    ("orders of the past 30 days", "", "depends on the day"),
    ("share of orders where status equals shipped", "", "cannot tell how"),
    ("share of orders", "", "Which part"),
    ("ratio of orders to customers", "", "cannot tell how"),
    ("how many customers per country have more than 3 orders", "", "each of other groups"),
    ("customers with amount above 100", "", "added up"),
    ("customers who sold the most", "", "By what"),
    ("revenue not in 2024", "orders", "cannot tell how"),
    ("customers without zebras", "", "cannot tell how"),
    ("orders without orders", "orders", "left out"),
    ("products over 5 kg", "products", "Which column of products"),
    ("products where price above 5 kg", "products", "is it in kg"),
    ("customers ordered by moonlight", "customers", "moonlight"),
    ("which customer viewed the most", "", "By what"),
    ("fewer than 3 orders", "orders", "Of what"),
    ("how many orders from 2024", "orders", "only in 2024"),
    ("orders by customers created in 2023", "customers orders", "stretch of time"),
    ("average price per product", "products", "one row"),
    ("average revenue per customer", "customers orders", "divided by"),
    ("customers with orders", "customers orders", "What about orders"),
    ("number of customers without orders per status", "customers orders", "met or missing"),
    ("customers who ordered in 2023 but not in 2024", "customers orders", "cannot tell how"),
    ("average number of orders per customer", "", "figure of figures"),
    ("orders where total_amount is shipped", "", "is a number"),
    ("orders where ordered_at is shipped", "", "date or time"),
    ("orders since yesterday", "", "What date"),
    ("orders since 2024-02-31", "", "What date"),
    ("orders between 2024-01-01", "", "Until when"),
    ("orders where status is in transit", "", "quotes"),
    ("list orders by status", "", "counted for each"),
    ("list customers in germany", "", "germany"),
    ("customers per country for the dashboard", "", "dashboard"),
    ("show all customers and the number of their orders", "", "one row for each"),
    ("list country and number of orders", "", "customers.country"),
    ("orders over 100", "", "Which column of orders"),
    ("total amount by status for 2024 and 2023", "", "cannot both hold"),
    ("what are the 3 largest orders", "", "By what"),
    ("top 0 customers by total order amount", "", "not a number of rows"),
]


def generate(asked: GenerationRequest) -> GeneratedCode | Clarification:
    return BuiltinGenerator().generate(asked)


@pytest.mark.parametrize(("prompt", "tables", "words"), ASKS)
def test_asks_precisely(prompt: str, tables: str, words: str | None) -> None:
    answer = generate(request(prompt, *tables.split()))

    if words is None:
        assert isinstance(answer, GeneratedCode)
    else:
        assert isinstance(answer, Clarification), answer
        assert words.lower() in answer.question.lower()


@pytest.mark.parametrize(("prompt", "tables", "words"), ASKS)
def test_a_ready_answer_is_a_whole_prompt_that_the_rules_understand(prompt: str, tables: str, words: str) -> None:
    answer = generate(request(prompt, *tables.split()))

    for option in answer.options if isinstance(answer, Clarification) else ():
        assert generate(request(option, *tables.split())) != answer, option


def test_two_dates_in_a_table_are_asked_about_with_ready_answers() -> None:
    orders = SOURCES["orders"]
    columns = tuple(column for column in orders.columns if column.name != "ordered_at")
    moments = (ColumnInfo("placed_at", "timestamptz", False), ColumnInfo("shipped_at", "timestamptz", False))
    sources = (replace(orders, columns=(*columns, *moments)),)
    asked = replace(request("how many orders in 2024", "orders"), sources=sources)

    answer = generate(asked)

    assert isinstance(answer, Clarification)
    assert answer.options == (
        "how many orders where orders.placed_at in 2024",
        "how many orders where orders.shipped_at in 2024",
    )
    for option in answer.options:
        code = generate(replace(asked, prompt=option))
        assert isinstance(code, GeneratedCode)
        assert option.split()[4].split(".")[1] in code.transform


def test_a_word_beside_the_table_decides_between_two_dates() -> None:
    orders = with_columns(SOURCES["orders"], ColumnInfo("shipped_at", "timestamptz", nullable=True))

    answer = generate(replace(request("orders shipped in 2024", "orders"), sources=(orders,)))

    assert isinstance(answer, GeneratedCode)
    assert 'F.col("shipped_at") >= "2024-01-01"' in answer.transform


def test_two_keys_between_two_tables_are_asked_about() -> None:
    flights = SourceInfo("flights", "flights", tuple(ColumnInfo(n, "bigint", False) for n in ("id", "start", "finish")))
    places = SourceInfo(
        "airports", "airports", (ColumnInfo("id", "bigint", False, True), ColumnInfo("name", "text", True))
    )
    joins = tuple(Join("flights", (column,), "airports", ("id",)) for column in ("start", "finish"))

    answer = generate(GenerationRequest("number of flights per airport", (flights, places), joins))

    assert isinstance(answer, Clarification)
    assert "flights.start = airports.id" in answer.question


def test_says_what_it_understood_assumed_and_ignored() -> None:
    answer = generate(request("quickly show the top 10 customers by order amount", "customers", "orders"))

    assert isinstance(answer, GeneratedCode)
    assert "joined orders.customer_id = customers.id, a foreign key" in answer.understood
    assert any(line.startswith("top 10 -> keeps 10 rows, largest total_amount first") for line in answer.understood)
    assert "“order amount” is read as orders.total_amount." in answer.assumptions
    assert answer.ignored == ("quickly",)


def test_the_code_takes_exactly_the_picked_tables_in_their_order() -> None:
    answer = generate(request("count customers", "orders", "customers"))

    assert isinstance(answer, GeneratedCode)
    assert answer.transform.startswith('def transform(spark, orders, customers):\n    """')


HOSTILE = [
    'customers where name equals "\\"); import os; os.system(\'id\') #"',
    "customers where name equals '''\"\"\"'''",
    'customers where name equals "a\\nb"',
    'customers where country equals x"""); spark.stop()',
    "customers where name equals “${env:HOME}”",
    'customers """ + open(\'/etc/passwd\').read() + """',
    'customers where name contains "{0.__class__}"',
]


@pytest.mark.parametrize("prompt", HOSTILE)
def test_no_text_of_a_person_becomes_code(prompt: str) -> None:
    answer = generate(request(prompt, "customers"))

    if isinstance(answer, GeneratedCode):
        assert_harmless(answer.transform)


def test_hostile_names_and_comments_become_quoted_names() -> None:
    evil = '"""); import os; ("'
    columns = (ColumnInfo("id", "bigint", False, True), ColumnInfo(evil, "text", True, comment="x\n" + evil))
    source = SourceInfo("t", evil, columns, comment=evil)

    answer = generate(GenerationRequest("list t", (source,)))

    assert isinstance(answer, GeneratedCode)
    assert_harmless(answer.transform)


@pytest.mark.parametrize(
    "piece",
    [
        "a",
        "orders ",
        "orders, ",
        "'",
        '"a',
        "1,",
        "2024-",
        "in 2024 ",
        "where status is ",
        "and or ",
        "by ",
        "(((",
        "orders by ",
        "per x and ",
    ],
)
@pytest.mark.timeout(60)
def test_ten_thousand_characters_are_answered(piece: str) -> None:
    """Linear work takes a fraction of a second, quadratic work would meet the test's time limit."""
    assert generate(request((piece * 10_000)[:10_000]))


WORDS = [
    *sorted({word for phrase in PHRASES for word in phrase}),
    *("customers", "orders", "order_items", "products", "country", "status", "total_amount", "amount", "name", "price"),
    *(
        "quantity",
        "category",
        "10",
        "5",
        "2024",
        "2024-01-01",
        "DE",
        "shipped",
        "'x'",
        '"',
        "`",
        ",",
        "(",
        ")",
        ".",
        "_",
    ),
    *("\\", "{", "}", "é", "名", "\x00", "__import__", "march", "q1", "month", "day", "lambda"),
]
TEXTS = st.one_of(st.text(max_size=200), st.lists(st.sampled_from(WORDS), max_size=14).map(" ".join))


@given(prompt=TEXTS)
@settings(max_examples=600, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_any_text_gives_code_that_parses_or_a_question(prompt: str) -> None:
    answer = generate(request(prompt))

    if isinstance(answer, Clarification):
        assert answer.question
    else:
        assert_harmless(answer.transform)
        assert max(len(line) for line in answer.transform.splitlines()) <= 120 + len(prompt)


def assert_harmless(code: str) -> None:
    """One function whose names are its parameters, its own steps and F; one return, at the end."""
    tree = ast.parse(code)
    assert len(tree.body) == 1
    function = tree.body[0]
    assert isinstance(function, ast.FunctionDef)
    assert ast.get_docstring(function)
    assert isinstance(function.body[-1], ast.Return)
    parameters = {argument.arg for argument in function.args.args}
    names = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}
    steps = {"joined", "met", "remaining", "kept", "totals", "rows", "order_in_group", "first"}
    assert names <= parameters | {"F", "Window"} | steps
    assert not [node for node in ast.walk(tree) if isinstance(node, ast.Import | ast.JoinedStr | ast.Lambda)]


def with_columns(source: SourceInfo, *columns: ColumnInfo) -> SourceInfo:
    return replace(source, columns=(*source.columns, *columns))


@pytest.mark.parametrize("question", [question for question, *_ in QUESTIONS])
def test_the_policy_has_no_objection(question: str) -> None:
    answer = generate(request(question))

    assert isinstance(answer, GeneratedCode)
    assert [finding for finding in check(answer.transform, list(SOURCES)) if finding.severity == "blocking"] == []
