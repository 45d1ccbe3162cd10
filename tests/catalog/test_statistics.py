"""Statistics and sample rows: what is shown of values, and what is not."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from typing import Any

import psycopg
import pytest
from psycopg import sql

from catalog.statistics import Cell, ColumnStatistics, column_statistics, sample_rows
from catalog.types import TableRef
from connections.errors import PortalError
from connections.models import DatabaseConnection
from tests.catalog.conftest import ODD, Room

pytestmark = pytest.mark.django_db

_PEOPLE = """
CREATE SCHEMA people;
CREATE TABLE people.members (
    id int, city text, email text, remark text, tags text[], body bytea, "odd ""name"" %" text, api_token text);
INSERT INTO people.members SELECT n, CASE WHEN n % 10 = 0 THEN NULL WHEN n % 2 = 0 THEN 'Berlin' ELSE 'Wien' END,
    'ada' || n || '@example.com', CASE WHEN n = 2 THEN 'call +49 30 1234567' ELSE repeat('x', 500) END,
    ARRAY['a', 'b'], '\\x00ff', 'o''dd', 'tok' || n
FROM generate_series(1, 1000) n;
CREATE VIEW people.endless AS SELECT n FROM generate_series(1, 3) n, LATERAL (SELECT pg_catalog.pg_sleep(9)) s;
ANALYZE people.members;
"""


@pytest.fixture
def members(room: Room) -> Iterator[TableRef]:
    with psycopg.connect(os.environ["DATABASE_URL"], dbname=room.database, autocommit=True) as owner:
        owner.execute(_PEOPLE)
        for grant in ("USAGE ON SCHEMA people", "SELECT ON ALL TABLES IN SCHEMA people"):
            owner.execute(sql.SQL("GRANT {} TO {}").format(sql.SQL(grant), sql.Identifier(room.reader)))
        yield TableRef(room.database, "people", "members")
        owner.execute("DROP SCHEMA people CASCADE")


def test_statistics_of_columns(connection: DatabaseConnection, members: TableRef) -> None:
    found = {column.name: column for column in column_statistics(connection, members)}

    assert round(found["city"].null_share, 2) == 0.1
    assert found["city"].distinct == 2
    assert {value.text for value in found["city"].common} == {"Berlin", "Wien"}
    assert (found["id"].low, found["id"].high, found["id"].distinct) == ("1", "1000", 1000)
    assert found["tags"].common[0].text == "{a,b}"


@pytest.mark.parametrize("name", ["email", "api_token"])
def test_statistics_tell_no_sensitive_value(connection: DatabaseConnection, members: TableRef, name: str) -> None:
    found = {column.name: column for column in column_statistics(connection, members)}[name]

    assert found.is_sensitive
    assert (found.common, found.low, found.high) == ((), "", "")


def test_a_table_that_was_never_analysed_has_none(connection: DatabaseConnection, room: Room) -> None:
    assert column_statistics(connection, TableRef(room.database, "sales", "order_items")) == []


def test_statistics_survive_json(connection: DatabaseConnection, members: TableRef) -> None:
    for column in column_statistics(connection, members):
        assert ColumnStatistics.from_json(json.loads(json.dumps(column.as_json()))) == column


def _columns(connection: DatabaseConnection, ref: TableRef) -> list[str]:
    return ["id", "city", "email", "remark", "tags", "body", 'odd "name" %', "api_token"]


def test_a_sample_masks_by_name_and_by_value_and_cuts(connection: DatabaseConnection, members: TableRef) -> None:
    sample = sample_rows(connection, members, _columns(connection, members))

    first, second = (dict(zip(sample.columns, row, strict=True)) for row in sample.rows[:2])
    assert len(sample.rows) == 5
    assert first["city"] == Cell("Wien")
    assert first["email"] == first["api_token"] == Cell("", is_masked=True)
    assert first["remark"] == Cell("x" * 120, is_cut=True)
    assert second["remark"] == Cell("", is_masked=True)
    assert first["tags"] == Cell("{a,b}")
    assert first["body"] == Cell("\\x00ff")
    assert first['odd "name" %'] == Cell("o'dd")


def test_null_is_no_masked_value(connection: DatabaseConnection, room: Room) -> None:
    (first, *_), *_ = sample_rows(connection, TableRef(room.database, "sales", "customers"), ["tags"]).rows

    assert first == Cell(None)


def test_the_values_of_a_sensitive_column_never_leave_the_database(
    connection: DatabaseConnection, members: TableRef, monkeypatch: pytest.MonkeyPatch
) -> None:
    fetched: list[Any] = []
    real = psycopg.Cursor.fetchall
    monkeypatch.setattr(psycopg.Cursor, "fetchall", lambda self: (fetched.append(rows := real(self)), rows)[1])

    sample_rows(connection, members, ["email"])

    assert fetched == [[("",)] * 5]


def test_a_view_that_takes_its_time_is_given_up(connection: DatabaseConnection, members: TableRef) -> None:
    with pytest.raises(PortalError, match="QUERY_TIMEOUT"):
        sample_rows(connection, TableRef(members.database, "people", "endless"), ["n"])


@pytest.mark.parametrize("table", ['Quo"ted', "100%", "<img onerror=alert(1)>", "größe"])
def test_a_sample_of_an_odd_table(connection: DatabaseConnection, room: Room, table: str) -> None:
    assert sample_rows(connection, TableRef(room.database, ODD, table), ["x"]).rows == ()


def test_a_sample_of_what_may_not_be_read(connection: DatabaseConnection, room: Room) -> None:
    with pytest.raises(PortalError, match="PERMISSION_DENIED"):
        sample_rows(connection, TableRef(room.database, "sales", "secret"), ["x"])
