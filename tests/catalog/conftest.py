"""A database full of awkward names, and the personas with their sessions."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
import pytest
from django.contrib.auth.models import Group, User
from django.test import Client
from psycopg import sql

from catalog import catalogue_cache, postgres
from catalog.browsing import Catalogue
from catalog.models import AnalysisSession
from connections import credentials
from connections.models import DatabaseConnection
from connections.pool import close_pools
from tests.connections.factories import make_connection, make_secret

LONG = "x" * 63

_ROOM = """
CREATE SCHEMA sales;
CREATE SCHEMA "Odd ""Schema"" %";
CREATE SCHEMA hidden;
CREATE SCHEMA vacant;
CREATE TABLE sales.customers (
    id bigint PRIMARY KEY, name text NOT NULL, gone int, balance numeric(12,2), tags text[]);
ALTER TABLE sales.customers DROP COLUMN gone;
COMMENT ON TABLE sales.customers IS 'People who buy';
COMMENT ON COLUMN sales.customers.name IS 'As on the invoice';
CREATE TABLE sales.orders (
    a int, b int, customer_id bigint REFERENCES sales.customers, "class" text, "dot.ted" text, PRIMARY KEY (a, b));
CREATE TABLE sales.order_items (x int, y int, FOREIGN KEY (x, y) REFERENCES sales.orders (a, b));
INSERT INTO sales.customers SELECT n, 'name ' || n, 1, NULL FROM generate_series(1, 500) n;
ANALYZE sales.customers;
CREATE VIEW sales.big_spenders AS SELECT * FROM sales.customers;
CREATE MATERIALIZED VIEW sales.totals AS SELECT count(*) FROM sales.customers;
CREATE TABLE sales.events (at date NOT NULL) PARTITION BY RANGE (at);
CREATE TABLE sales.events_2024 PARTITION OF sales.events FOR VALUES FROM ('2024-01-01') TO ('2025-01-01');
CREATE TABLE sales.events_2025 PARTITION OF sales.events FOR VALUES FROM ('2025-01-01') TO ('2026-01-01')
    PARTITION BY RANGE (at);
CREATE TABLE sales.events_2025_h1 PARTITION OF sales.events_2025 FOR VALUES FROM ('2025-01-01') TO ('2025-07-01');
INSERT INTO sales.events SELECT date '2024-01-01' + n % 500 FROM generate_series(1, 1000) n;
ANALYZE sales.events;
CREATE UNIQUE INDEX customers_name ON sales.customers (name, id);
CREATE UNIQUE INDEX customers_rich ON sales.customers (name) WHERE balance > 1000;
CREATE INDEX customers_lower ON sales.customers (lower(name), balance);
CREATE INDEX customers_tags ON sales.customers USING gin (tags);
CREATE TABLE sales.staff (id int PRIMARY KEY, name text, salary int, badge text UNIQUE);
CREATE TABLE sales.secret (x int);
CREATE TABLE hidden.unseen (x int);
CREATE TABLE "Odd ""Schema"" %"."Quo""ted" (x int);
CREATE TABLE "Odd ""Schema"" %"."with space" (x int);
CREATE TABLE "Odd ""Schema"" %"."Upper" (x int);
CREATE TABLE "Odd ""Schema"" %"."100%" (x int);
CREATE TABLE "Odd ""Schema"" %"."under_score" (x int);
CREATE TABLE "Odd ""Schema"" %"."dot.ted" (x int);
CREATE TABLE "Odd ""Schema"" %"."größe" (x int);
CREATE TABLE "Odd ""Schema"" %"."back\\slash" (x int);
CREATE TABLE "Odd ""Schema"" %"."class" (x int);
CREATE TABLE "Odd ""Schema"" %"."<img onerror=alert(1)>" (x int);
"""
ODD = 'Odd "Schema" %'


@dataclass(frozen=True)
class Room:
    """The database, and a role that may read `sales` but for one table, and the odd schema."""

    database: str
    reader: str


@pytest.fixture(scope="session")
def room(worker_name: str) -> Iterator[Room]:
    made = Room(f"room_{os.getpid()}_{worker_name}", f"room_reader_{os.getpid()}_{worker_name}")
    database, reader = sql.Identifier(made.database), sql.Identifier(made.reader)
    url = os.environ["DATABASE_URL"]
    with psycopg.connect(url, dbname="postgres", autocommit=True) as admin:
        admin.execute(sql.SQL("CREATE DATABASE {}").format(database))
        admin.execute(sql.SQL("CREATE ROLE {} LOGIN PASSWORD 'reads-only'").format(reader))
    with psycopg.connect(url, dbname=made.database, autocommit=True) as owner:
        owner.execute(_ROOM)
        owner.execute(f'CREATE TABLE "Odd ""Schema"" %"."{LONG}" (x int)')
        for schema in ("sales", ODD, "vacant"):
            name = sql.Identifier(schema)
            owner.execute(sql.SQL("GRANT USAGE ON SCHEMA {} TO {}").format(name, reader))
            owner.execute(sql.SQL("GRANT SELECT ON ALL TABLES IN SCHEMA {} TO {}").format(name, reader))
        owner.execute(sql.SQL("REVOKE ALL ON sales.secret, sales.staff FROM {}").format(reader))
        owner.execute(sql.SQL("GRANT SELECT (id, name) ON sales.staff TO {}").format(reader))
    yield made
    close_pools()
    with psycopg.connect(url, dbname="postgres", autocommit=True) as admin:
        admin.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(database))
        admin.execute(sql.SQL("DROP ROLE {}").format(reader))


@dataclass(frozen=True)
class People:
    """`owner` has the session, `teammate` shares its group, `outsider` shares nothing."""

    group: Group
    owner: User
    teammate: User
    outsider: User
    staff: User


@pytest.fixture
def people(db: None) -> People:
    group = Group.objects.create(name="analytics")
    owner, teammate = User.objects.create_user("analyst"), User.objects.create_user("teammate")
    for member in (owner, teammate):
        member.groups.add(group)
    staff = User.objects.create_user("staff", is_staff=True)
    return People(group, owner, teammate, User.objects.create_user("outsider"), staff)


@pytest.fixture
def connection(aws: str, people: People, room: Room) -> DatabaseConnection:
    """To the room, as the reader; open to the group."""
    secret = make_secret(username=room.reader, password="reads-only", database=room.database)
    made = make_connection("shop", secret)
    made.groups.add(people.group)
    return made


@pytest.fixture
def catalogue(people: People, connection: DatabaseConnection) -> Catalogue:
    return Catalogue(people.owner, connection, patience=None)


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The statements that went to a database."""
    statements: list[str] = []
    real = postgres._rows

    def counted(connection: DatabaseConnection, database: str, query: Any, *rest: Any) -> Any:
        statements.append(query)
        return real(connection, database, query, *rest)

    monkeypatch.setattr(postgres, "_rows", counted)
    return statements


@pytest.fixture
def session(people: People) -> AnalysisSession:
    return AnalysisSession.objects.create(owner=people.owner, title="Top customers", shared_with=people.group)


@pytest.fixture
def analyst(client: Client, people: People) -> Client:
    """The owner of the session, signed in."""
    client.force_login(people.owner)
    return client


@pytest.fixture
def bucket(tmp_path: Path, settings: Any) -> Path:
    """The portal's bucket as an empty folder; its samples/ may be picked from."""
    settings.PGSPARK_S3_BUCKET = "portal"
    settings.PGSPARK_OBJECT_STORE_DIR = str(tmp_path)
    settings.PGSPARK_S3_SOURCES = ["s3://portal/samples/"]
    folder = tmp_path / "portal"
    (folder / "samples").mkdir(parents=True)
    return folder


@pytest.fixture(autouse=True)
def clean_caches() -> Iterator[None]:
    credentials._slots.clear()
    yield
    wait_for_readings()
    close_pools()


def wait_for_readings() -> None:
    """Until none is under way: one of the background would ask in the midst of the next test."""
    deadline = time.monotonic() + 60
    while catalogue_cache.flights._flying:
        assert time.monotonic() < deadline, "a reading never ends"
        time.sleep(0.01)
