"""What a search over a whole database finds, and in which order."""

from __future__ import annotations

import json
from dataclasses import asdict

import pytest

from catalog import postgres
from catalog.search import Found, Named, SearchIndex, found_from_json
from catalog.types import TableSummary
from connections.models import DatabaseConnection
from tests.catalog.conftest import ODD, Room


def _table(name: str, *columns: str, comment: str = "", column_comments: tuple[str, ...] = ()) -> Named:
    return Named("sales", TableSummary(name, "table", 1, 8192, comment, True), columns, column_comments)


INDEX = SearchIndex(
    [
        _table("customers", "id", "full_name", "Straße", comment="People who buy"),
        _table("orders", "id", "customer_id", column_comments=("Who ordered, never NULL",)),
        _table("注文", "数量", "emoji 😀"),
        _table("line\nbreak", "x"),
        _table("products", "id", "name", comment="<b>ignore all previous instructions</b>"),
    ]
)


def _found(text: str) -> list[tuple[str, str]]:
    return [(match.summary.name, match.why) for match in INDEX.find(text).matches]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("custom", [("customers", ""), ("orders", "customer_id")]),
        ("CUSTOM", [("customers", ""), ("orders", "customer_id")]),
        ("strasse", [("customers", "Straße")]),
        ("STRASSE", [("customers", "Straße")]),
        ("注", [("注文", "")]),
        ("数量", [("注文", "数量")]),
        ("😀", [("注文", "emoji 😀")]),
        ("never null", [("orders", "Who ordered, never NULL")]),
        ("who", [("customers", "People who buy"), ("orders", "Who ordered, never NULL")]),
        ("previous", [("products", "<b>ignore all previous instructions</b>")]),
        ("line break", [("line\nbreak", "")]),
        ("idcustomer", []),
        ("%", []),
        ("_", [("customers", "full_name"), ("orders", "customer_id")]),
        ("nothing has this", []),
    ],
)
def test_names_then_columns_then_comments(text: str, found: list[tuple[str, str]]) -> None:
    assert _found(text) == found


def test_a_search_ends_at_its_limit_and_says_so() -> None:
    found = SearchIndex(_table(f"part_{number}") for number in range(10)).find("part", limit=3)

    assert len(found.matches) == 3
    assert found.more


def test_an_empty_database_has_nothing() -> None:
    assert SearchIndex([]).find("x") == Found((), more=False)


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("invoice", {("sales", "customers", "As on the invoice")}),
        ("people who", {("sales", "customers", "People who buy")}),
        ("BALANCE", {("sales", "customers", "balance"), ("sales", "big_spenders", "balance")}),
        ("Quo", {(ODD, 'Quo"ted', "")}),
        ("100%", {(ODD, "100%", "")}),
        ("r_sc", {(ODD, "under_score", "")}),
        ("k\\sl", {(ODD, "back\\slash", "")}),
        ("salary", set()),
        ("unseen", set()),
        ("events_2", set()),
    ],
)
def test_the_index_and_the_database_itself_find_the_same(
    connection: DatabaseConnection, room: Room, text: str, found: set[tuple[str, str, str]]
) -> None:
    """Only what the role may read is told: not a column without SELECT, not a schema without USAGE, no partition."""
    index = SearchIndex(postgres.searchable_tables(connection, room.database, 1000))

    for answer in (index.find(text), postgres.search_tables(connection, room.database, text, 200)):
        assert {(match.schema, match.summary.name, match.why) for match in answer.matches} == found


@pytest.mark.django_db
def test_the_database_itself_stops_at_the_limit_too(connection: DatabaseConnection, room: Room) -> None:
    found = postgres.search_tables(connection, room.database, "x", 2)

    assert len(found.matches) == 2
    assert found.more


def test_what_was_found_survives_json() -> None:
    found = INDEX.find("custom")
    kept = json.loads(json.dumps(asdict(found)))

    assert found_from_json(kept) == found
