from __future__ import annotations

import os
from collections.abc import Iterator

import psycopg
import pytest

from catalog.key_facts import MAX_KEYS, key_facts
from catalog.types import TableRef
from connections.models import DatabaseConnection
from tests.catalog.conftest import Room

_TABLES = '''
CREATE SCHEMA facts;
CREATE DOMAIN facts.amount AS numeric(12,2);
CREATE DOMAIN facts.price AS facts.amount;
CREATE TABLE facts.keyed (
    id bigint PRIMARY KEY, day date, note text, price facts.price, token uuid UNIQUE, half int, "Odd ""key""" int);
CREATE INDEX ON facts.keyed (day);
CREATE INDEX ON facts.keyed ("Odd ""key""");
CREATE INDEX ON facts.keyed (half) WHERE half > 1;
CREATE INDEX ON facts.keyed (lower(note));
INSERT INTO facts.keyed
SELECT n, CASE WHEN n = 7 THEN 'infinity' ELSE date '2024-01-01' + n END, 'x', 1, NULL, n, n % 3
FROM generate_series(1, 1000) n;
CREATE TABLE facts.parent (id bigint, at date) PARTITION BY RANGE (at);
CREATE TABLE facts.child PARTITION OF facts.parent FOR VALUES FROM ('2024-01-01') TO ('2025-01-01');
CREATE TABLE facts.other PARTITION OF facts.parent FOR VALUES FROM ('2025-01-01') TO ('2026-01-01');
INSERT INTO facts.parent SELECT n, date '2024-01-01' + n FROM generate_series(0, 700) n;
CREATE TABLE facts.base (x int);
CREATE TABLE facts.heir () INHERITS (facts.base);
CREATE VIEW facts.seen AS SELECT * FROM facts.keyed;
ANALYZE facts.keyed, facts.parent, facts.child, facts.other;
'''


@pytest.fixture
def tables(room: Room) -> Iterator[Room]:
    with psycopg.connect(os.environ["DATABASE_URL"], dbname=room.database, autocommit=True) as owner:
        owner.execute(_TABLES)
        owner.execute(f"GRANT USAGE ON SCHEMA facts TO {room.reader}")
        owner.execute(f"GRANT SELECT ON ALL TABLES IN SCHEMA facts TO {room.reader}")
        yield room
        owner.execute("DROP SCHEMA facts CASCADE")


def test_keys_come_with_their_spread_and_their_exact_ends(connection: DatabaseConnection, tables: Room) -> None:
    ref = TableRef(tables.database, "facts", "keyed")
    facts = key_facts(connection, tables.database, [ref])[ref]
    keys = {key["column"]: key for key in facts["keys"]}
    assert list(keys) == ["id", "token", "day", 'Odd "key"']
    assert (keys["id"]["unique"], keys["day"]["unique"]) == (True, False)
    assert len(keys["id"]["bounds"]) == 101
    assert (keys["id"]["least"], keys["id"]["greatest"]) == ("1", "1000")
    assert (keys["day"]["least"], keys["day"]["greatest"]) == ("2024-01-02", "infinity")
    assert (keys["token"]["least"], keys["token"]["bounds"]) == (None, None)
    assert sorted(keys['Odd "key"']["common"]) == ["0", "1", "2"]
    assert facts["base_types"] == {"price": "numeric(12,2)"}
    assert facts["pages"] > 0
    assert len(keys) <= MAX_KEYS


def test_a_parent_knows_its_leaves_and_inheritance_is_told(connection: DatabaseConnection, tables: Room) -> None:
    refs = [TableRef(tables.database, "facts", name) for name in ("parent", "base", "seen", "nowhere")]
    found = key_facts(connection, tables.database, refs)
    parent, base, seen = (found[ref] for ref in refs[:3])
    assert parent["leaves"]["count"] == 2
    assert parent["leaves"]["rows"] == 701
    assert (parent["pages"], base["inherited"], seen["pages"], seen["keys"]) == (None, True, None, [])
    assert refs[3] not in found


def test_a_locked_table_keeps_its_facts_and_loses_only_its_ends(connection: DatabaseConnection, tables: Room) -> None:
    ref = TableRef(tables.database, "facts", "keyed")
    with psycopg.connect(os.environ["DATABASE_URL"], dbname=tables.database) as owner:
        owner.execute("LOCK TABLE facts.keyed IN ACCESS EXCLUSIVE MODE")
        facts = key_facts(connection, tables.database, [ref])[ref]
    assert facts["keys"][0]["column"] == "id"
    assert facts["keys"][0]["least"] is None


def test_every_column_comes_with_its_spread_and_text_without_a_value(
    connection: DatabaseConnection, tables: Room
) -> None:
    ref = TableRef(tables.database, "facts", "keyed")
    columns = key_facts(connection, tables.database, [ref])[ref]["columns"]
    assert columns["half"] == {"n_distinct": -1, "low": "1", "high": "1000"}
    assert columns["price"]["low"] is None, "a domain may mean anything"
    assert columns["note"] == {"n_distinct": 1, "low": None, "high": None}
    assert columns['Odd "key"'] == {"n_distinct": 3, "low": "0", "high": "2"}
    assert columns["day"]["low"] == "2024-01-02"
    assert columns["day"]["high"] > "2026-08", "the infinite day is none"
