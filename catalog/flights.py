"""Readings under way: whoever asks what is being read already waits for that reading instead of starting another.

A reading runs on a thread of its own, so that a slow database holds nobody else up: who asked waits a moment, then is
told that the reading goes on, and finds the answer in the cache later (docs/decisions/0010).
"""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Hashable
from time import monotonic
from typing import Any

# A group with a reading older than this is slow; who asks for more of it waits only a glance.
SLOW_SECONDS = 1.0
_GLANCE_SECONDS = 0.05


class TooManyFlights(Exception):
    """The group has as many readings under way as it may."""


class Flight:
    """One reading; `began` is a monotonic time. One that `is_long` by nature says nothing about its database."""

    def __init__(self, read: Callable[[], Any], *, is_long: bool) -> None:
        self.began = monotonic()
        self.is_long = is_long
        self._read = read
        self._done = threading.Event()
        self._value: Any = None
        self._error: BaseException | None = None

    def run(self) -> None:
        try:
            self._value = self._read()
        except BaseException as error:
            self._error = error
        finally:
            self._done.set()

    def wait(self, seconds: float | None) -> bool:
        """Whether it has landed within `seconds`; None waits until it has."""
        return self._done.wait(seconds)

    def result(self) -> Any:
        if self._error is not None:
            raise self._error
        return self._value

    @property
    def age(self) -> float:
        return monotonic() - self.began


class Flights:
    """The readings of this process, by what they read; `group` is whom they burden."""

    def __init__(self, most_per_group: int) -> None:
        self._most = most_per_group
        self.forget()

    def forget(self) -> None:
        """As at the start; a child after a fork has none of its parent's threads."""
        self._lock = threading.Lock()
        self._flying: dict[tuple[Hashable, Hashable], Flight] = {}

    def join(self, group: Hashable, key: Hashable, read: Callable[[], Any], *, is_long: bool = False) -> Flight:
        """The reading of `key` under way, else a new one. Raises TooManyFlights."""
        with self._lock:
            found = self._flying.get((group, key))
            if found is not None:
                return found
            if sum(1 for other, _ in self._flying if other == group) >= self._most:
                raise TooManyFlights
            started = self._flying[group, key] = Flight(read, is_long=is_long)
        threading.Thread(target=self._fly, args=(group, key, started), daemon=True, name="catalogue").start()
        return started

    def patience(self, group: Hashable, usual: float) -> float:
        """How long to wait for a reading of `group`: next to nothing while another of it hangs."""
        with self._lock:
            hangs = any(
                flight.age > SLOW_SECONDS and not flight.is_long
                for (other, _), flight in self._flying.items()
                if other == group
            )
        return min(usual, _GLANCE_SECONDS) if hangs else usual

    def _fly(self, group: Hashable, key: Hashable, flight: Flight) -> None:
        try:
            flight.run()
        finally:
            with self._lock:
                del self._flying[group, key]


# Beyond the pool's connections these only queue for one (connections/pool.py MAX_WAITING).
flights = Flights(most_per_group=24)
os.register_at_fork(after_in_child=flights.forget)
