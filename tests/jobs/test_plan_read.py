from __future__ import annotations

import io
import json
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from connections.models import DatabaseConnection
from pgspark_site.local_stack.shop import Shop
from tests.connections.factories import make_connection, make_secret

pytestmark = pytest.mark.django_db


@pytest.fixture
def connection(aws: str, sample_shop: Shop) -> DatabaseConnection:
    return make_connection("shop", make_secret(username=sample_shop.user, password=sample_shop.password))


def plan(shop: Shop, table: str, *arguments: str) -> dict[str, Any]:
    out = io.StringIO()
    place = f"{shop.database}.public.{table}"
    call_command("plan_read", "--connection", "shop", "--table", place, "--json", *arguments, stdout=out)
    report: dict[str, Any] = json.loads(out.getvalue())
    return report


def test_a_small_table_is_read_by_one_connection(connection: DatabaseConnection, sample_shop: Shop) -> None:
    report = plan(sample_shop, "orders")
    assert (report["parts"], report["predicates"]) == (1, [])
    assert "are read fastest by one connection" in report["reasons"][0]
    assert report["columns"]["total_amount"] == "decimal(12,2)"


def test_a_chosen_cut_follows_the_key_s_spread(connection: DatabaseConnection, sample_shop: Shop) -> None:
    report = plan(sample_shop, "orders", "--partitions", "4")
    assert (report["parts"], report["column"]) == (4, "id")
    assert report["imbalance"] <= 1.5


@pytest.mark.parametrize(
    ("arguments", "word"),
    [
        (["--table", "no.dots"], "DB.SCHEMA.TABLE"),
        (["--table", "{shop}.public.nowhere"], "TABLE_NOT_FOUND"),
        (["--table", "{shop}.public.orders", "--row-filter", "id IN (SELECT 1)"], "READ_OPTION_INVALID"),
        (["--table", "{shop}.public.orders", "--partitions", "1000"], "READ_OPTION_INVALID"),
    ],
)
def test_what_cannot_be_planned_is_told(
    connection: DatabaseConnection, sample_shop: Shop, arguments: list[str], word: str
) -> None:
    filled = [argument.format(shop=sample_shop.database) for argument in arguments]
    with pytest.raises(CommandError, match=word):
        call_command("plan_read", "--connection", "shop", *filled)
