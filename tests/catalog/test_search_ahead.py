"""Who searches a database finds its names read already, and nobody waits for them to be read again."""

from __future__ import annotations

import time

import pytest

from catalog import catalogue_cache
from catalog.browsing import Catalogue
from tests.catalog.conftest import Room

pytestmark = pytest.mark.django_db


def _until_asked(asked: list[str], times: int) -> None:
    """Until `times` readings have landed, those in the background too."""
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        if len(asked) >= times and not catalogue_cache.flights._flying:
            return
        time.sleep(0.01)
    raise AssertionError(f"{len(asked)} readings")


def test_a_search_finds_read_what_was_expected(catalogue: Catalogue, room: Room, asked: list[str]) -> None:
    catalogue.expect_search(room.database)
    _until_asked(asked, 1)

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
    _until_asked(asked, 2)
    assert catalogue.search(room.database, "order").read_at > first.read_at
