"""The name of a table in the code is a Python name that shadows nothing and stands once."""

from __future__ import annotations

import builtins
import keyword

import pytest
from hypothesis import given
from hypothesis import strategies as st

from catalog.aliases import check, derive
from connections.errors import PortalError


@pytest.mark.parametrize(
    ("table", "alias"),
    [
        ("orders", "orders"),
        ("OrderItems", "order_items"),
        ("order items", "order_items"),
        ("dot.ted", "dot_ted"),
        ("größe", "groe"),
        ("été", "ete"),
        ("2024", "t_2024"),
        ("class", "class_table"),
        ("list", "list_table"),
        ("spark", "spark_table"),
        ("F", "f_table"),
        ("Window", "window_table"),
        ("%", "table"),
        ("表", "table"),
        ("_private", "private"),
    ],
)
def test_the_alias_of_a_table(table: str, alias: str) -> None:
    assert derive(table, "public", []) == alias


def test_a_second_table_of_the_same_name_takes_its_schema() -> None:
    assert derive("orders", "archive", ["orders"]) == "archive_orders"


def test_a_third_one_takes_a_number() -> None:
    assert derive("orders", "archive", ["Orders", "archive_orders"]) == "orders_2"


@given(st.text(min_size=1, max_size=63), st.text(max_size=63), st.lists(st.text(max_size=63), max_size=5))
def test_any_table_gets_a_usable_alias(table: str, schema: str, taken: list[str]) -> None:
    first = derive(table, schema, taken)
    second = derive(table, schema, [*taken, first])

    for alias in (first, second):
        assert alias.isidentifier()
        assert alias.isascii()
        assert len(alias) <= 63
        assert not keyword.iskeyword(alias)
        assert not hasattr(builtins, alias)
        assert not alias.startswith("_")
        assert alias.lower() not in {name.lower() for name in taken}
    assert first != second


@pytest.mark.parametrize("alias", ["", "1x", "a b", "a-b", "class", "print", "spark", "F", "_x", "é", "x" * 64, "a;b"])
def test_a_chosen_alias_must_be_a_plain_name(alias: str) -> None:
    with pytest.raises(PortalError, match="ALIAS_INVALID"):
        check(alias, [])


def test_a_chosen_alias_is_stripped() -> None:
    assert check("  clients ", []) == "clients"


def test_aliases_differ_in_more_than_case() -> None:
    with pytest.raises(PortalError, match="ALIAS_TAKEN"):
        check("Orders", ["orders"])
