"""Borrowed connections to the picked databases: few, read-only, with time limits, and never a password in sight.

One bounded pool per process, connection and database, opened on first use (so after any fork). Each physical
connection asks for the credentials when it is made, so a rotated secret is used at once. When connecting fails, the
pool is closed and dropped with the reason kept: everybody who waits gets that reason immediately instead of a
time-out, and the next request starts afresh.
"""

from __future__ import annotations

import os
import threading
from collections import OrderedDict
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple

import psycopg
import structlog
from django.conf import settings
from psycopg_pool import ConnectionPool, PoolClosed, PoolTimeout, TooManyRequests

from connections.credentials import REFUSALS, Credentials, credentials_for, renewed_after_refusal
from connections.errors import PortalError
from connections.login import Connection, open_connection, translated
from connections.models import DatabaseConnection

log = structlog.get_logger(__name__)

MAX_POOLS = 20
MAX_WAITING = 20


class _Key(NamedTuple):
    """All that decides where a connection leads; an edited row therefore gets a pool of its own."""

    pk: int
    secret_arn: str
    auth_method: str
    reader_host: str
    tls_mode: str
    database: str

    @classmethod
    def of(cls, connection: DatabaseConnection, database: str) -> _Key:
        decisive = connection.secret_arn, connection.auth_method, connection.reader_host, connection.tls_mode
        return cls(connection.pk, *decisive, database)


class _ByEntry(Connection):
    """What the pool calls for a new connection; the pool's `_Entry`, which knows the credentials, opens it."""

    @classmethod
    def connect(cls, conninfo: str = "", *, entry: _Entry, **_: Any) -> Connection:  # type: ignore[override]
        return entry.connect()


class _Entry:
    """A pool and the reason why it was closed, if it could not connect."""

    def __init__(self, connection: DatabaseConnection, database: str) -> None:
        self.connection = connection
        self.database = database
        self.failure: PortalError | None = None
        self.pool: ConnectionPool[Connection] = ConnectionPool(
            connection_class=_ByEntry,
            kwargs={"entry": self},
            min_size=0,
            max_size=settings.PGSPARK_POOL_SIZE,
            max_waiting=MAX_WAITING,
            max_lifetime=600,
            max_idle=120,
            timeout=settings.PGSPARK_CONNECT_TIMEOUT_SECONDS + 5,
            reconnect_timeout=0,
            num_workers=2,
            name=f"{connection.name}/{database or 'default'}",
            open=True,
        )

    def connect(self) -> Connection:
        """A new physical connection; runs on a thread of the pool, whose log must learn nothing from its error."""
        if self.failure is None:
            try:
                return self._log_in(credentials_for(self.connection))
            except PortalError as error:
                if not self._can_wait(error):
                    self.fail(error)
            except Exception as bug:
                self.fail(PortalError("INTERNAL"))
                log.error("connect_broken", connection=self.connection.name, error=type(bug).__name__)
                raise
        raise psycopg.OperationalError("connecting failed; the reason is kept with the pool")

    def _can_wait(self, error: PortalError) -> bool:
        """A full server is no reason to give up the connections that are there: who asks gets the next free one."""
        return error.code == "TOO_MANY_CONNECTIONS" and self.pool.get_stats()["pool_size"] > 1

    def _log_in(self, credentials: Credentials) -> Connection:
        """Tries once more with the secret's newer content when the database refuses the first."""
        try:
            return open_connection(self.connection, credentials, self.database)
        except PortalError as error:
            if error.code not in REFUSALS:
                raise
            renewed = renewed_after_refusal(self.connection, credentials)
            if renewed is None:
                raise
        return open_connection(self.connection, renewed, self.database)

    def fail(self, error: PortalError) -> None:
        """Keeps the reason and wakes everybody who waits; closing joins threads, so another thread does it."""
        self.failure = error
        log.warning("connect_failed", connection=self.connection.name, code=error.code)
        _pools.drop(self)

    def close(self) -> None:
        threading.Thread(target=self.pool.close, kwargs={"timeout": 0}, daemon=True).start()

    def take(self) -> Connection:
        """A connection, alive when it was last used. Raises PoolClosed when the pool went away, else PortalError."""
        try:
            return self.pool.getconn()
        except PoolClosed:
            if self.failure is None:
                raise
        except (PoolTimeout, TooManyRequests) as error:
            if self.failure is None:
                raise PortalError("POOL_EXHAUSTED", connection=self.connection.name) from error
        # A new object: several threads raise the same failure, each with its own traceback.
        raise PortalError(self.failure.code, **self.failure.facts) from None


class _Pools:
    """The pools of this process, least recently used first."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._entries: OrderedDict[_Key, _Entry] = OrderedDict()
        self._inherited: list[OrderedDict[_Key, _Entry]] = []

    def entry(self, connection: DatabaseConnection, database: str) -> _Entry:
        key = _Key.of(connection, database)
        with self._lock:
            if key not in self._entries:
                self._entries[key] = _Entry(connection, database)
            self._entries.move_to_end(key)
            surplus = [self._entries.popitem(last=False)[1]] if len(self._entries) > MAX_POOLS else []
            found = self._entries[key]
        for old in surplus:
            old.close()
        return found

    def drop(self, entry: _Entry) -> None:
        with self._lock:
            for key in [key for key, kept in self._entries.items() if kept is entry]:
                del self._entries[key]
        entry.close()

    def close_all(self, pk: int | None = None) -> None:
        with self._lock:
            keys = [key for key in self._entries if pk in (None, key.pk)]
            gone = [self._entries.pop(key) for key in keys]
        for entry in gone:
            entry.pool.close()

    def after_fork(self) -> None:
        """A child must neither use nor close its parent's sockets: it starts empty and keeps the old ones untouched."""
        self._inherited.append(self._entries)
        self._lock, self._entries = threading.Lock(), OrderedDict()


_pools = _Pools()
os.register_at_fork(after_in_child=_pools.after_fork)


@contextmanager
def borrow(connection: DatabaseConnection, database: str = "") -> Iterator[Connection]:
    """A read-only autocommit connection to `database` (default: the secret's own), given back at the end.

    Raises PortalError for everything that PostgreSQL, the network or the secret may do, also inside the block.
    """
    entry, taken = _take(connection, database)
    try:
        with translated(connection, database):
            yield taken
    finally:
        entry.pool.putconn(taken)


def close_pools(connection: DatabaseConnection | None = None) -> None:
    """Closes the pools of one connection, or all of this process."""
    _pools.close_all(connection.pk if connection else None)


def _take(connection: DatabaseConnection, database: str) -> tuple[_Entry, Connection]:
    """A connection that answers. One dead connection means all of its pool are suspect: a new pool tells why."""
    for _ in range(3):
        entry = _pools.entry(connection, database)
        try:
            taken = entry.take()
        except PoolClosed:  # pushed out by the pool limit between the two lines above
            continue
        if _answers(taken):
            return entry, taken
        entry.pool.putconn(taken)
        _pools.drop(entry)
    raise PortalError("POOL_EXHAUSTED", connection=connection.name)


def _answers(connection: Connection) -> bool:
    try:
        ConnectionPool.check_connection(connection)
    except psycopg.Error:
        return False
    return True
