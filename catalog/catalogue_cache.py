"""What databases have answered about themselves, kept for a while in Django's cache and shared by all who may ask.

The caller has checked that the person may use the connection. The key holds every input of an answer: who logs in
where, the database, the question and its arguments; so another login never gets this one's answers. A failure is kept
for seconds and stays a failure. At most one process reads one answer at a time, however many people ask for it.
"""

from __future__ import annotations

import hashlib
import json
import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any, Generic, TypeVar

from django.conf import settings
from django.core.cache import caches
from django.core.cache.backends.base import BaseCache

from catalog.flights import Flight, TooManyFlights, flights
from connections.credentials import credentials_for
from connections.errors import PortalError
from connections.models import DatabaseConnection

LIST_SECONDS = 60
DETAIL_SECONDS = 300
FAILURE_SECONDS = 5
UNKEPT = 0
# Raised whenever the form of what is kept changes.
_EDITION = 1
_IDENTITY_SECONDS = 60
_LOOK_AGAIN_SECONDS = 0.05
# The share of its time after which a large answer is read anew.
_OLD = 0.7

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Answer(Generic[T]):
    """What the database said, and when it was asked."""

    value: T
    read_at: datetime


@dataclass(frozen=True, slots=True)
class Question(Generic[T]):
    """Something to ask a database. `encode` makes JSON of the answer; it is kept for `seconds`, 0 means not at all.

    What `is_large` takes long to read and stays in this process as it is; whoever asks for it late in its time has the
    next one read for those who come after.
    """

    name: str
    database: str
    arguments: tuple[Any, ...]
    seconds: int
    read: Callable[[], T]
    encode: Callable[[T], Any] = lambda value: value
    decode: Callable[[Any], T] = lambda kept: kept
    is_large: bool = False

    @property
    def key(self) -> str:
        return _digest(self.name, self.database, self.arguments)


def ask(
    connection: DatabaseConnection,
    question: Question[T],
    *,
    patience: float | None,
    max_age: float | None = None,
) -> Answer[T]:
    """The answer, kept or new; not older than `max_age` seconds where that is given.

    Waits at most `patience` seconds for a new one, None as long as it takes. Raises DATABASE_SLOW when it is not there
    by then (the reading goes on), and whatever reading raises.
    """
    not_before = 0.0 if max_age is None else time.time() - max_age
    cache = caches["default"]
    reading = _Reading(cache, _large if question.is_large else cache, connection, question, not_before)
    identity = _identities.known(connection)
    kept = reading.kept(identity) if identity else None
    if kept is None:
        kept = _read(reading, patience)
    if "failure" in kept:
        raise PortalError(kept["failure"]["code"], **kept["failure"]["facts"])
    if question.is_large and kept["value"] is not None:
        _renew(reading, kept["read_at"])
    return Answer(question.decode(kept["value"]), datetime.fromtimestamp(kept["read_at"], UTC))


def expect(connection: DatabaseConnection, question: Question[Any]) -> None:
    """Somebody may ask soon: what is not kept is read in the background, and a failure shows when they do ask."""
    with suppress(PortalError):
        ask(connection, question, patience=0)


def refresh(connection: DatabaseConnection, database: str) -> None:
    """From now on nothing that was read before now is an answer about `database`."""
    caches["default"].set(_refreshed_key(connection, database), time.time(), DETAIL_SECONDS)


def _read(reading: _Reading, patience: float | None) -> dict[str, Any]:
    """What this reading gives, or an equal one that is under way."""
    connection = reading.connection
    if patience is not None:
        patience = flights.patience(connection.pk, patience)
    try:
        flight = _begin(reading)
    except TooManyFlights:
        raise PortalError("POOL_EXHAUSTED", connection=connection.name) from None
    if not flight.wait(patience):
        raise PortalError("DATABASE_SLOW", connection=connection.name, seconds=max(1, round(flight.age)))
    landed: dict[str, Any] = flight.result()
    return landed


def _renew(reading: _Reading, read_at: float) -> None:
    """Reads in the background what will be too old soon, so that nobody has to wait for the next one."""
    old = time.time() - _OLD * reading.question.seconds
    if read_at < old:
        with suppress(TooManyFlights):
            _begin(replace(reading, not_before=old))


def _begin(reading: _Reading) -> Flight:
    """Raises TooManyFlights."""
    key, is_long = reading.flight_key, reading.question.is_large
    return flights.join(reading.connection.pk, key, reading.land, is_long=is_long)


@dataclass(frozen=True, slots=True)
class _Reading:
    """One question on its way: what the cache has for it, else what the database says.

    Both are a document: `read_at`, and `value` or `failure`.
    """

    cache: BaseCache
    answers: BaseCache | _LargeAnswers
    connection: DatabaseConnection
    question: Question[Any]
    not_before: float

    @property
    def flight_key(self) -> tuple[Any, ...]:
        return self.connection.updated_at, self.question.key, self.not_before > 0

    def kept(self, identity: str) -> dict[str, Any] | None:
        if not self.question.seconds:
            return None
        key, mark = self._key(identity), _refreshed_key(self.connection, self.question.database)
        shared = self.cache.get_many([mark] if self.question.is_large else [key, mark])
        document: dict[str, Any] | None = self.answers.get(key) if self.question.is_large else shared.get(key)
        if document is None:
            return None
        return document if document["read_at"] >= max(self.not_before, shared.get(mark, 0.0)) else None

    def land(self) -> dict[str, Any]:
        """Reads and keeps it, unless another process does or just has. Runs on the flight's own thread."""
        if not self.question.seconds:
            return self._asked()
        identity = _identities.read(self.connection)
        lock = f"{self._key(identity)}:reading"
        limit = settings.PGSPARK_CONNECT_TIMEOUT_SECONDS + settings.PGSPARK_QUERY_TIMEOUT_SECONDS + 10
        deadline = time.monotonic() + limit
        while not self.answers.add(lock, 1, limit) and time.monotonic() < deadline:
            kept = self.kept(identity)
            if kept is not None:
                return kept
            time.sleep(_LOOK_AGAIN_SECONDS)
        try:
            kept = self.kept(identity)
            return kept if kept is not None else self._asked_and_kept(identity)
        finally:
            self.answers.delete(lock)

    def _asked_and_kept(self, identity: str) -> dict[str, Any]:
        document = self._asked()
        is_failure = "failure" in document
        if is_failure and self.question.is_large and replace(self, not_before=0).kept(identity) is not None:
            return document  # only the next one could not be read: what is known stays good for its time
        seconds = FAILURE_SECONDS if is_failure else self.question.seconds
        self.answers.set(self._key(identity), document, seconds)
        return document

    def _asked(self) -> dict[str, Any]:
        began = time.time()
        try:
            return {"read_at": began, "value": self.question.encode(self.question.read())}
        except PortalError as error:
            facts = {name: fact if isinstance(fact, int) else str(fact) for name, fact in error.facts.items()}
            return {"read_at": began, "failure": {"code": error.code, "facts": facts}}

    def _key(self, identity: str) -> str:
        return f"catalogue:{_digest(identity, self.question.key)}"


def _refreshed_key(connection: DatabaseConnection, database: str) -> str:
    return f"catalogue:{_digest(connection.pk, connection.updated_at.isoformat(), database)}:refreshed"


class _LargeAnswers:
    """The part of a cache's interface that a reading uses, over a few values of this process; the longest unused go."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._lock = threading.Lock()
        self._kept: OrderedDict[str, tuple[float, Any]] = OrderedDict()

    def get(self, key: str) -> Any:
        with self._lock:
            ends, value = self._kept.get(key, (0.0, None))
            if ends < time.monotonic():
                self._kept.pop(key, None)
                return None
            self._kept.move_to_end(key)
            return value

    def set(self, key: str, value: Any, seconds: float) -> None:
        with self._lock:
            self._kept[key] = time.monotonic() + seconds, value
            self._kept.move_to_end(key)
            while len(self._kept) > self._most:
                self._kept.popitem(last=False)

    def add(self, key: str, value: Any, seconds: float) -> bool:
        """Always: that only one of this process reads is the flights' matter."""
        return True

    def delete(self, key: str) -> None:
        self._kept.pop(key, None)


_large = _LargeAnswers(most=4)


class _Identities:
    """Who logs in where, by connection as last changed; kept for a minute so that a hit asks nobody."""

    def __init__(self) -> None:
        self._known: dict[tuple[int, datetime], tuple[str, float]] = {}

    def known(self, connection: DatabaseConnection) -> str | None:
        identity, since = self._known.get((connection.pk, connection.updated_at), ("", 0.0))
        return identity if identity and time.monotonic() - since < _IDENTITY_SECONDS else None

    def read(self, connection: DatabaseConnection) -> str:
        """From the secret. Raises PortalError SECRET_* and AWS_*."""
        login = credentials_for(connection)
        place = (login.host.reveal(), login.port, login.database, login.username)
        identity = _digest(connection.pk, connection.updated_at.isoformat(), *place)
        for key in [key for key in self._known if key[0] == connection.pk]:
            self._known.pop(key, None)
        self._known[connection.pk, connection.updated_at] = identity, time.monotonic()
        return identity


_identities = _Identities()


def _digest(*parts: Any) -> str:
    return hashlib.sha256(json.dumps([_EDITION, *parts]).encode()).hexdigest()
