"""What each step of a connection's test does; each leaves what the next one needs."""

from __future__ import annotations

import socket
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

from django.conf import settings

from connections import credentials as secrets
from connections import hosts, tls
from connections.credentials import Credentials
from connections.errors import PortalError
from connections.hosts import Destination
from connections.login import Connection, open_connection, translated
from connections.models import DatabaseConnection, TlsMode

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Passed:
    """A step that did not fail: what it found, and what should still be changed."""

    note: str = ""
    warning: PortalError | None = None


# Whether the user may write anywhere in its database; `pg_has_role` also knows roles that are not inherited.
_POWERS = """
SELECT r.rolsuper,
       r.rolcreaterole OR r.rolcreatedb,
       EXISTS (SELECT FROM pg_catalog.pg_roles w
               WHERE w.rolname IN ('pg_write_all_data', 'rds_superuser')
                 AND pg_catalog.pg_has_role(r.oid, w.oid, 'MEMBER')),
       pg_catalog.has_database_privilege(pg_catalog.current_database(), 'CREATE')
         OR EXISTS (SELECT FROM pg_catalog.pg_namespace n
                    WHERE n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
                      AND pg_catalog.has_schema_privilege(n.oid, 'CREATE')),
       EXISTS (SELECT FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
               WHERE c.relkind IN ('r', 'p', 'v', 'f')
                 AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
                 AND pg_catalog.has_table_privilege(c.oid, 'INSERT, UPDATE, DELETE, TRUNCATE'))
FROM pg_catalog.pg_roles r WHERE r.rolname = current_user
"""
_POWER_NAMES = (
    "it is a superuser",
    "it may create roles or databases",
    "it may use a role that writes",
    "it may create tables",
    "it may change rows",
)


class Probe:
    def __init__(self, connection: DatabaseConnection) -> None:
        self.connection = connection
        self.document = ""
        self.host = ""
        self._credentials: Credentials | None = None
        self._destination: Destination | None = None
        self._socket: socket.socket | None = None
        self._session: Connection | None = None

    def acts(self) -> tuple[Callable[[], Passed], ...]:
        """In the order of `checks.STEPS`."""
        before = self.read, self.parse, self.allow, self.look_up, self.reach
        return *before, self.encrypt, self.log_in, self.list_databases, self.look_for_powers

    def close(self) -> None:
        for opened in (self._socket, self._session):
            if opened is not None:
                opened.close()

    def read(self) -> Passed:
        self.document = secrets.read_document(self.connection)
        return Passed()

    def parse(self) -> Passed:
        self._credentials = secrets.parse_secret(self.connection, self.document)
        return Passed()

    def allow(self) -> Passed:
        self.host = self.connection.reader_host or _made(self._credentials).host.reveal()
        hosts.check_host(self.connection, self.host)
        return Passed("the reader endpoint" if self.connection.reader_host else "")

    def look_up(self) -> Passed:
        self._destination = hosts.look_up(self.connection, self.host, _made(self._credentials).port)
        count = len(self._destination.addresses)
        return Passed("1 address" if count == 1 else f"{count} addresses")

    def reach(self) -> Passed:
        """The first address that takes the connection; the reason of the last that did not."""
        to, limit = _made(self._destination), settings.PGSPARK_CONNECT_TIMEOUT_SECONDS
        failure = PortalError("NETWORK_UNREACHABLE", connection=self.connection.name)
        for address in to.addresses:
            try:
                self._socket = socket.create_connection((address, to.port), timeout=limit)
            except TimeoutError:
                failure = PortalError("CONNECTION_TIMEOUT", connection=self.connection.name, seconds=limit)
            except OSError:
                failure = PortalError("NETWORK_UNREACHABLE", connection=self.connection.name)
            else:
                return Passed(f"port {to.port}")
        raise failure

    def encrypt(self) -> Passed:
        mode, version = self.connection.tls_mode, ""
        with _made(self._socket) as opened:  # closed here, so that the login does not need a second slot of the server
            if mode != TlsMode.DISABLE:
                version = tls.negotiate(self.connection, opened, self.host)
        if version:
            return Passed(version if mode in tls.VERIFYING else f"{version}, certificate not checked")
        if mode not in (TlsMode.DISABLE, TlsMode.PREFER):
            raise PortalError("TLS_NOT_OFFERED", connection=self.connection.name)
        if _made(self._destination).is_this_machine:
            return Passed("not encrypted, on this machine")
        return Passed("not encrypted", PortalError("TLS_OFF", connection=self.connection.name))

    def log_in(self) -> Passed:
        self._session = open_connection(self.connection, _made(self._credentials), to=self._destination)
        return Passed()

    def list_databases(self) -> Passed:
        with translated(self.connection):
            found = _made(self._session).execute(
                "SELECT count(*) FROM pg_catalog.pg_database WHERE datallowconn AND NOT datistemplate"
                " AND pg_catalog.has_database_privilege(oid, 'CONNECT')"
            )
            (count,) = found.fetchall()[0]
        return Passed("1 database" if count == 1 else f"{count} databases")

    def look_for_powers(self) -> Passed:
        with translated(self.connection):
            answers = _made(self._session).execute(_POWERS).fetchall()[0]
        powers = [name for name, has in zip(_POWER_NAMES, answers, strict=True) if has]
        if not powers:
            return Passed("it may only read")
        # A superuser has all the others as well, which says nothing more.
        words = powers[0] if answers[0] else ", ".join(powers)
        return Passed("it may write", PortalError("ROLE_MAY_WRITE", connection=self.connection.name, powers=words))


def _made(thing: T | None) -> T:
    """What an earlier step made; the steps run in order and stop at the first that fails."""
    assert thing is not None  # noqa: S101
    return thing
