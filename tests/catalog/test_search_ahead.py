"""Who searches a database finds its names read already, and nobody waits for them to be read again."""

from __future__ import annotations

import pytest

from catalog import catalogue_cache, postgres
from catalog.browsing import Catalogue
from connections.errors import PortalError
from connections.models import DatabaseConnection
from tests.catalog.conftest import Room, wait_for_readings

pytestmark = pytest.mark.django_db


def test_a_search_finds_read_what_was_expected(catalogue: Catalogue, room: Room, asked: list[str]) -> None:
    catalogue.expect_search(room.database)
    wait_for_readings()
    assert len(asked) == 1

    assert catalogue.search(room.database, "order").value.matches
    assert len(asked) == 1


def test_who_searches_late_has_the_next_index_read_and_waits_for_nothing(
    catalogue: Catalogue, room: Room, asked: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    first = catalogue.search(room.database, "order")
    assert catalogue.search(room.database, "order").read_at == first.read_at
    assert len(asked) == 1, "it is young"

    monkeypatch.setattr(catalogue_cache, "_OLD", 0)

    assert catalogue.search(room.database, "order").read_at == first.read_at
    wait_for_readings()
    assert len(asked) == 2
    assert catalogue.search(room.database, "order").read_at > first.read_at


def test_names_that_cannot_be_read_anew_stay_good_for_their_time(
    catalogue: Catalogue, room: Room, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = catalogue.search(room.database, "order")
    tries: list[str] = []

    def fail(_: DatabaseConnection, database: str, most: int) -> None:
        tries.append(database)
        raise PortalError("DATABASE_SLOW", connection="shop", seconds=most)

    monkeypatch.setattr(postgres, "searchable_tables", fail)
    monkeypatch.setattr(catalogue_cache, "_OLD", 0)

    assert catalogue.search(room.database, "order").read_at == first.read_at
    wait_for_readings()
    assert len(tries) == 1
    assert catalogue.search(room.database, "order").read_at == first.read_at
    wait_for_readings()
    assert len(tries) == 2
