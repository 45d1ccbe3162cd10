"""What the sample promises: its shape, its facts, and a reader who only reads."""

from __future__ import annotations

import os
from collections.abc import Iterator

import psycopg
import pytest

from pgspark_site.local_stack.shop import Shop, ensure_shop


@pytest.fixture
def reader(sample_shop: Shop) -> Iterator[psycopg.Connection]:
    with psycopg.connect(
        host=sample_shop.host,
        port=sample_shop.port,
        dbname=sample_shop.database,
        user=sample_shop.user,
        password=sample_shop.password,
    ) as connection:
        yield connection


def _one(connection: psycopg.Connection, query: str) -> object:
    row = connection.execute(query).fetchone()  # type: ignore[arg-type]
    assert row is not None
    return row[0]


def test_its_size_follows_the_scale(reader: psycopg.Connection) -> None:
    assert _one(reader, "SELECT count(*) FROM orders") == 4000
    assert _one(reader, "SELECT count(*) FROM customers") == 160


def test_the_reader_may_not_write(reader: psycopg.Connection) -> None:
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        reader.execute("DELETE FROM orders")


def test_the_reader_may_not_make_tables(reader: psycopg.Connection) -> None:
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        reader.execute("CREATE TABLE public.mine (id integer)")


def test_totals_are_the_sum_of_the_lines(reader: psycopg.Connection) -> None:
    wrong = """
        SELECT count(*) FROM orders JOIN
            (SELECT order_id, sum(quantity * unit_price) AS total FROM order_items GROUP BY 1) AS lines
            ON order_id = id
        WHERE total <> total_amount
    """

    assert _one(reader, wrong) == 0


def test_the_first_twenty_customers_have_no_ties(reader: psycopg.Connection) -> None:
    distinct = """
        SELECT count(DISTINCT total_amount)
        FROM (SELECT total_amount FROM customer_totals ORDER BY total_amount DESC LIMIT 21) AS top
    """

    assert _one(reader, distinct) == 21


def test_most_page_views_lie_in_a_small_part_of_the_ids(reader: psycopg.Connection) -> None:
    share = "SELECT avg((id <= 0.002 * (SELECT max(id) FROM page_views))::int) FROM page_views"

    assert float(str(_one(reader, share))) == pytest.approx(0.95, abs=0.001)


def test_one_table_has_no_key(reader: psycopg.Connection) -> None:
    assert _one(reader, "SELECT count(*) FROM pg_constraint WHERE conrelid = 'web_events'::regclass") == 0


def test_awkward_names_are_there(reader: psycopg.Connection) -> None:
    cursor = reader.execute('SELECT * FROM analytics."Mixed Case Table" LIMIT 0')

    assert [column.name for column in cursor.description or ()] == ["Order", "class", "a.b", "50% off", 'with "quotes"']


def test_statistics_are_there(reader: psycopg.Connection) -> None:
    assert _one(reader, "SELECT reltuples::integer FROM pg_class WHERE oid = 'orders'::regclass") == 4000


def test_it_is_made_once(sample_shop: Shop) -> None:
    def oid() -> object:
        with psycopg.connect(os.environ["DATABASE_URL"]) as admin:
            return _one(admin, f"SELECT oid FROM pg_database WHERE datname = '{sample_shop.database}'")

    before = oid()

    ensure_shop(
        os.environ["DATABASE_URL"],
        database=sample_shop.database,
        reader=sample_shop.user,
        password=sample_shop.password,
        scale=0.02,
    )

    assert oid() == before
