"""Answers are shared by all who may ask, told with their age, never across logins, and failures stay failures."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import psycopg
import pytest
import redis
from django.core.cache import caches
from psycopg import sql
from pytest_django import DjangoAssertNumQueries

from catalog import catalogue_cache, postgres
from catalog.browsing import Catalogue
from catalog.flights import Flight
from catalog.types import TableRef
from connections.credentials import forget
from connections.errors import PortalError
from connections.models import DatabaseConnection
from connections.pool import close_pools
from connections.queries import connection_for
from tests.catalog.conftest import People, Room, wait_for_readings
from tests.connections.factories import make_connection, make_secret, server
from tests.connections.slow_network import SlowNetwork, slow_network

pytestmark = pytest.mark.django_db


def _names(catalogue: Catalogue, room: Room, **more: str) -> list[str]:
    return [table.name for table in catalogue.tables(room.database, "sales", **more).value.tables]


def test_a_second_look_asks_nobody(catalogue: Catalogue, room: Room, asked: list[str]) -> None:
    first, second = (catalogue.tables(room.database, "sales") for _ in range(2))

    assert second == first
    assert len(asked) == 1


def test_every_kind_of_answer_comes_back_as_it_was(catalogue: Catalogue, room: Room, asked: list[str]) -> None:
    ref = TableRef(room.database, "sales", "customers")
    questions: list[Callable[[], Any]] = [
        catalogue.databases,
        lambda: catalogue.schemas(room.database),
        lambda: catalogue.tables(room.database, "sales"),
        lambda: catalogue.tables_named(room.database, "sales", ["orders"]),
        lambda: catalogue.search(room.database, "name"),
        lambda: catalogue.detail(ref),
        lambda: catalogue.statistics(ref),
        lambda: catalogue.key_facts(room.database, [ref]),
    ]
    for question in questions:
        assert question() == question()


@pytest.mark.parametrize("change", [{"search": "o"}, {"after": "customers"}, {}])
def test_another_question_is_not_answered_by_this_one(
    catalogue: Catalogue, room: Room, asked: list[str], change: dict[str, str]
) -> None:
    catalogue.tables(room.database, "sales")

    if change:
        catalogue.tables(room.database, "sales", **change)
    else:
        catalogue.tables(room.database, "vacant")

    assert len(asked) == 2


def test_another_login_has_answers_of_its_own(people: People, room: Room, aws: str) -> None:
    """The secret now holds another user; host, database and the connection's row are the same."""
    secret = make_secret(username=room.reader, password="reads-only", database=room.database)
    connection = make_connection("rotating", secret)
    connection.groups.add(people.group)

    def readable() -> bool:
        tables = Catalogue(people.owner, connection, patience=None).tables(room.database, "sales").value.tables
        return {table.name: table.readable for table in tables}["secret"]

    assert not readable()
    secret.rotate(database=room.database)
    forget(connection)
    close_pools(connection)
    catalogue_cache._identities._known.clear()

    assert readable()


def test_permission_comes_before_the_cache(catalogue: Catalogue, people: People, room: Room) -> None:
    catalogue.tables(room.database, "sales")

    with pytest.raises(PortalError, match="CONNECTION_NOT_ALLOWED"):
        Catalogue(people.outsider, catalogue.connection)
    catalogue.connection.enabled = False
    catalogue.connection.save()
    with pytest.raises(PortalError, match="CONNECTION_DISABLED"):
        Catalogue(people.owner, catalogue.connection)


def test_who_may_use_a_connection_is_asked_once_where_it_was_read_for_that_person(
    people: People, connection: DatabaseConnection, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    read_for_owner = connection_for(people.owner, "shop")

    with django_assert_num_queries(0):
        Catalogue(people.owner, read_for_owner)
    with django_assert_num_queries(1), pytest.raises(PortalError, match="CONNECTION_NOT_ALLOWED"):
        Catalogue(people.outsider, read_for_owner)
    people.owner.groups.clear()
    with pytest.raises(PortalError, match="CONNECTION_NOT_ALLOWED"):
        Catalogue(people.owner, connection)


def test_a_refresh_reads_anew_for_everybody(
    catalogue: Catalogue, people: People, room: Room, owner_of_room: psycopg.Connection
) -> None:
    ref = TableRef(room.database, "refreshed", "grows")
    owner_of_room.execute("CREATE TABLE refreshed.grows (x int)")
    assert len(catalogue.detail(ref).value.columns) == 1
    owner_of_room.execute("ALTER TABLE refreshed.grows ADD COLUMN y int")
    assert len(catalogue.detail(ref).value.columns) == 1

    catalogue.refresh(room.database)

    teammate = Catalogue(people.teammate, catalogue.connection, patience=None)
    assert len(teammate.detail(ref).value.columns) == 2


@pytest.fixture
def owner_of_room(room: Room) -> Iterator[psycopg.Connection]:
    """A schema in the room that a test may change."""
    with psycopg.connect(os.environ["DATABASE_URL"], dbname=room.database, autocommit=True) as owner:
        owner.execute("CREATE SCHEMA refreshed")
        reader = sql.Identifier(room.reader)
        owner.execute(sql.SQL("GRANT USAGE ON SCHEMA refreshed TO {}").format(reader))
        owner.execute(
            sql.SQL("ALTER DEFAULT PRIVILEGES IN SCHEMA refreshed GRANT SELECT ON TABLES TO {}").format(reader)
        )
        yield owner
        owner.execute("DROP SCHEMA refreshed CASCADE")


def test_ten_people_at_once_cause_one_query(
    catalogue: Catalogue, people: People, room: Room, asked: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    real = postgres.list_tables
    monkeypatch.setattr(postgres, "list_tables", lambda *a, **o: (time.sleep(0.3), real(*a, **o))[1])
    answers: list[int] = []
    people_at_once = [threading.Thread(target=lambda: answers.append(len(_names(catalogue, room)))) for _ in range(10)]

    for person in people_at_once:
        person.start()
    for person in people_at_once:
        person.join(10)

    assert len(answers) == 10
    assert len(asked) == 1


def test_another_process_that_is_reading_already_is_waited_for(
    catalogue: Catalogue, room: Room, asked: list[str]
) -> None:
    """The other process: it holds the mark in Redis that says so, and leaves its answer."""
    cache, connection = caches["default"], catalogue.connection
    catalogue.databases()  # from here on it is known who logs in
    identity = catalogue_cache._identities.read(connection)
    question = catalogue_cache.Question("tables", room.database, ("sales", "", ""), 60, lambda: None)
    key = f"catalogue:{catalogue_cache._digest(identity, question.key)}"
    cache.add(f"{key}:reading", 1, 30)
    document = {"read_at": time.time(), "value": {"tables": [], "more": False}}
    threading.Timer(0.3, lambda: cache.set(key, document, 30)).start()
    before = len(asked)

    assert _names(catalogue, room) == []
    assert len(asked) == before


def test_a_failure_is_kept_for_seconds_and_is_no_empty_list(
    catalogue: Catalogue, room: Room, asked: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(catalogue_cache, "FAILURE_SECONDS", 1)
    for _ in range(2):
        with pytest.raises(PortalError, match=r"SCHEMA_NOT_FOUND.*never_made"):
            catalogue.tables(room.database, "never_made")
    assert len(asked) == 1
    time.sleep(1.1)

    with pytest.raises(PortalError, match="SCHEMA_NOT_FOUND"):
        catalogue.tables(room.database, "never_made")
    assert len(asked) == 2


def test_without_redis_everything_is_read_and_nothing_breaks(
    catalogue: Catalogue, room: Room, asked: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def gone(*_: Any, **__: Any) -> Any:
        raise redis.ConnectionError("gone")

    monkeypatch.setattr("django.core.cache.backends.redis.RedisCacheClient.get_client", gone)

    assert [_names(catalogue, room) for _ in range(2)] == [_names(catalogue, room)] * 2
    assert len(asked) == 3


@pytest.fixture
def slow(aws: str, people: People, room: Room) -> Iterator[tuple[DatabaseConnection, SlowNetwork]]:
    """The room behind a network that is in no hurry."""
    with slow_network(server()["host"], server()["port"], seconds=0) as network:
        login = {"username": room.reader, "password": "reads-only", "database": room.database}
        secret = make_secret(host="127.0.0.1", port=network.port, **login)
        made = make_connection("slow", secret, tls_mode="disable")
        made.groups.add(people.group)
        yield made, network
        network.seconds = 0
        close_pools(made)


def test_a_slow_database_is_told_of_soon_and_its_answer_is_found_later(
    slow: tuple[DatabaseConnection, SlowNetwork], people: People, room: Room
) -> None:
    connection, network = slow
    network.seconds = 1.5
    page = Catalogue(people.owner, connection, patience=0.3)

    with pytest.raises(PortalError, match="DATABASE_SLOW"):
        page.tables(room.database, "sales")

    wait_for_readings()
    assert "orders" in [table.name for table in page.tables(room.database, "sales").value.tables]


def test_beside_a_slow_database_the_others_are_as_fast_as_ever(
    slow: tuple[DatabaseConnection, SlowNetwork],
    catalogue: Catalogue,
    people: People,
    room: Room,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    connection, network = slow
    network.seconds = 3
    page = Catalogue(people.owner, connection, patience=1.0)
    patience: list[float | None] = []
    real = Flight.wait
    monkeypatch.setattr(Flight, "wait", lambda flight, most: (patience.append(most), real(flight, most))[1])
    for number in range(8):
        with pytest.raises(PortalError, match="DATABASE_SLOW"):
            page.tables(room.database, "sales", search=f"word {number}")

    assert catalogue.tables(room.database, "sales").value.tables
    assert set(patience[2:8]) == {0.05}, "once it is known to be slow, nobody waits for it"
    assert catalogue_cache.flights._flying, "the others did not wait for it either"


def test_rows_are_read_anew_and_left_nowhere(catalogue: Catalogue, room: Room, monkeypatch: pytest.MonkeyPatch) -> None:
    ref = TableRef(room.database, "sales", "customers")
    catalogue.detail(ref)
    kept: list[Any] = []
    monkeypatch.setattr(type(caches["default"]), "set", lambda self, key, value, *rest: kept.append(value))

    assert len(catalogue.sample(ref).rows) == 5
    assert kept == []
