"""Readings under way: one for all who ask, none that holds up whoever asks for something else."""

from __future__ import annotations

import threading
import time

import pytest

from catalog import flights as module
from catalog.flights import Flights, TooManyFlights


def test_who_asks_for_what_is_being_read_joins_in() -> None:
    flights, go, reads = Flights(5), threading.Event(), []

    def read() -> str:
        reads.append(1)
        go.wait(5)
        return "tables"

    joined = [flights.join("db", "tables", read) for _ in range(10)]
    go.set()

    assert all(flight.wait(5) for flight in joined)
    assert {flight.result() for flight in joined} == {"tables"}
    assert len(reads) == 1


def test_a_failure_is_everybodys() -> None:
    def read() -> str:
        raise KeyError("gone")

    flight = Flights(5).join("db", "tables", read)

    assert flight.wait(5)
    for _ in range(2):
        with pytest.raises(KeyError):
            flight.result()


def test_a_reading_that_has_landed_is_read_again() -> None:
    flights = Flights(5)
    for number in (1, 2):
        flight = flights.join("db", "tables", lambda number=number: number)  # type: ignore[misc]
        flight.wait(5)
        _until(lambda: not flights._flying)

        assert flight.result() == number


def test_a_group_has_so_many_readings_and_no_more() -> None:
    flights, go = Flights(2), threading.Event()
    for key in ("a", "b"):
        flights.join("slow", key, lambda: go.wait(5))

    with pytest.raises(TooManyFlights):
        flights.join("slow", "c", lambda: None)
    assert flights.join("other", "c", lambda: "fine").wait(5)
    go.set()


def test_patience_ends_while_a_reading_of_the_same_group_hangs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "SLOW_SECONDS", 0.05)
    flights, go = Flights(5), threading.Event()
    flights.join("slow", "a", lambda: go.wait(5))
    assert flights.patience("slow", 1.0) == 1.0
    time.sleep(0.1)

    assert flights.patience("slow", 1.0) < 0.1
    assert flights.patience("other", 1.0) == 1.0
    go.set()


def test_a_reading_that_is_long_by_nature_makes_nobody_impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "SLOW_SECONDS", -1)
    flights, go = Flights(5), threading.Event()
    flights.join("db", "all names", lambda: go.wait(5), is_long=True)

    assert flights.patience("db", 1.0) == 1.0
    go.set()


def _until(condition: object) -> None:
    """Until the thread has also cleared its table."""
    for _ in range(500):
        if condition():  # type: ignore[operator]
            return
        time.sleep(0.01)
    raise AssertionError("it did not come true")
