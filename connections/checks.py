"""The test of a connection, step by step, so that a person sees which step fails and what to do about it."""

from __future__ import annotations

import socket
import time
from collections.abc import Callable
from dataclasses import dataclass

from django.conf import settings

from connections import credentials as secrets
from connections.credentials import Credentials
from connections.errors import PortalError
from connections.models import DatabaseConnection
from connections.pool import Connection, open_connection, translated


@dataclass(frozen=True, slots=True)
class Step:
    """One step of a test; `milliseconds` is None for a step that was not reached."""

    name: str
    milliseconds: int | None = None
    error: PortalError | None = None

    @property
    def state(self) -> str:
        """`ok`, `failed` or `skipped`."""
        if self.error:
            return "failed"
        return "skipped" if self.milliseconds is None else "ok"


@dataclass(frozen=True, slots=True)
class TestReport:
    """All steps in order, and the error of the first that failed."""

    __test__ = False  # not a test class, whatever its name says to pytest

    steps: tuple[Step, ...]

    @property
    def error(self) -> PortalError | None:
        return next((step.error for step in self.steps if step.error), None)

    @property
    def passed(self) -> bool:
        return self.error is None


STEPS = ("Secret is readable", "Secret is complete", "Host answers", "Login works", "Databases are listed")


def run_checks(connection: DatabaseConnection) -> TestReport:
    """Runs the steps until one fails. Past every cache and pool: it says what is true now."""
    secrets.forget(connection)
    probe = _Probe(connection)
    done: list[Step] = []
    try:
        for name, act in zip(STEPS, probe.acts(), strict=True):
            done.append(_timed(name, act))
            if done[-1].error:
                break
    finally:
        probe.close()
    return TestReport((*done, *(Step(name) for name in STEPS[len(done) :])))


def _timed(name: str, act: Callable[[], None]) -> Step:
    started = time.perf_counter()
    error = None
    try:
        act()
    except PortalError as failure:
        error = failure
    return Step(name, round((time.perf_counter() - started) * 1000), error)


class _Probe:
    """What one step leaves for the next."""

    def __init__(self, connection: DatabaseConnection) -> None:
        self.connection = connection
        self.document = ""
        self.credentials: Credentials | None = None
        self.session: Connection | None = None

    def acts(self) -> tuple[Callable[[], None], ...]:
        return self.read, self.parse, self.reach, self.log_in, self.list_databases

    def close(self) -> None:
        if self.session is not None:
            self.session.close()

    def read(self) -> None:
        self.document = secrets.read_document(self.connection)

    def parse(self) -> None:
        self.credentials = secrets.parse_secret(self.connection, self.document)

    def reach(self) -> None:
        assert self.credentials is not None  # noqa: S101 (the step before set it)
        limit = settings.PGSPARK_CONNECT_TIMEOUT_SECONDS
        address = (self.credentials.host.reveal(), self.credentials.port)
        try:
            socket.create_connection(address, timeout=limit).close()
        except TimeoutError:
            raise PortalError("CONNECTION_TIMEOUT", connection=self.connection.name, seconds=limit) from None
        except OSError:
            raise PortalError("NETWORK_UNREACHABLE", connection=self.connection.name) from None

    def log_in(self) -> None:
        assert self.credentials is not None  # noqa: S101 (an earlier step set it)
        self.session = open_connection(self.connection, self.credentials)

    def list_databases(self) -> None:
        assert self.session is not None  # noqa: S101 (the step before set it)
        with translated(self.connection):
            self.session.execute("SELECT datname FROM pg_catalog.pg_database WHERE datallowconn").fetchall()
