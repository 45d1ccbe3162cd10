"""Opens one physical connection: to an allowed host, with a password or an IAM token, read-only and bounded in time."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psycopg
from django.conf import settings
from psycopg.errors import _WaitTimeout as WaitTimeout
from psycopg.rows import TupleRow

from connections import aws, hosts, tls
from connections.credentials import Credentials, refusal
from connections.errors import PortalError, from_psycopg
from connections.hosts import Destination
from connections.models import AuthMethod, DatabaseConnection

# What the server gets beyond its own statement limit before we stop listening.
_GRACE_SECONDS = 5

_RDS_REGION = re.compile(r".+\.([a-z0-9-]+)\.rds\.amazonaws\.com", re.IGNORECASE)


class Connection(psycopg.Connection[TupleRow]):
    """A connection that does not wait for ever: the server's limit cannot help where its answer does not get here."""

    def wait(self, gen: Any, interval: float = 0.1, timeout: float | None = None) -> Any:
        limit = settings.PGSPARK_QUERY_TIMEOUT_SECONDS + _GRACE_SECONDS
        try:
            return super().wait(gen, interval, timeout or limit)
        except WaitTimeout as silence:
            raise psycopg.errors.QueryCanceled("no answer within the limit") from silence


def open_connection(
    connection: DatabaseConnection, credentials: Credentials, database: str = "", *, to: Destination | None = None
) -> Connection:
    """A connection outside the pools; the caller closes it. `to` saves a second look-up. Raises PortalError."""
    database = database or credentials.database
    to = to or hosts.destination(connection, credentials)
    parameters = _parameters(connection, credentials, database, to)
    try:
        # Keywords only: no connection string is ever put together here.
        opened = Connection.connect(**parameters)
    except psycopg.Error as error:
        # From None: libpq's text names the host and the user.
        raise _reason(from_psycopg(error, connection=connection.name, database=database), connection, to) from None
    try:
        with translated(connection, database):
            _restrict(opened)
    except PortalError:
        opened.close()
        raise
    return opened


@contextmanager
def translated(connection: DatabaseConnection, database: str = "") -> Iterator[None]:
    """Turns every error of PostgreSQL inside the block into its PortalError."""
    try:
        yield
    except psycopg.Error as error:
        raise from_psycopg(error, connection=connection.name, database=database) from error


def _reason(error: PortalError, connection: DatabaseConnection, to: Destination) -> PortalError:
    """More exactly than libpq: whether a token was refused, and what is wrong with a certificate."""
    if error.code == "AUTHENTICATION_FAILED":
        return refusal(connection)
    if error.code == "TLS_FAILED":
        return tls.diagnosis(connection, to) or error
    return error


def _parameters(
    connection: DatabaseConnection, credentials: Credentials, database: str, to: Destination
) -> dict[str, Any]:
    """libpq's keywords for one login; holds the revealed password, so it goes straight into the connect call."""
    parameters = {
        # The name for TLS, its addresses for the way: libpq looks nothing up by itself.
        "host": ",".join([to.host] * len(to.addresses)),
        "hostaddr": ",".join(to.addresses),
        "port": to.port,
        "dbname": database,
        "user": credentials.username,
        "password": _password(connection, credentials, to),
        "sslmode": connection.tls_mode,
        # Kerberos would take the place of TLS, and of the check of the server's certificate.
        "gssencmode": "disable",
        "connect_timeout": settings.PGSPARK_CONNECT_TIMEOUT_SECONDS,
        "application_name": "pgspark",
        "autocommit": True,
        # A proxy between us and the database may hand every transaction to another server process.
        "prepare_threshold": None,
    }
    # With a file of certificates `require` would check them too.
    return parameters | ({"sslrootcert": settings.PGSPARK_CA_BUNDLE} if connection.tls_mode in tls.VERIFYING else {})


def _password(connection: DatabaseConnection, credentials: Credentials, to: Destination) -> str:
    """A token is good for this host, port and user for 15 minutes, so each physical connection gets its own."""
    if connection.auth_method != AuthMethod.IAM:
        return credentials.password.reveal()
    named = _RDS_REGION.fullmatch(to.host)
    region = named[1] if named else aws.region_of(connection.secret_arn)
    return aws.database_token(host=to.host, port=to.port, user=credentials.username, region=region)


def _restrict(opened: Connection) -> None:
    """Read-only and bounded. By statement, not by startup option: RDS Proxy refuses startup options."""
    wanted = {
        "default_transaction_read_only": "on",
        "statement_timeout": f"{settings.PGSPARK_QUERY_TIMEOUT_SECONDS}s",
        "lock_timeout": "500ms",
        "idle_in_transaction_session_timeout": "10s",
        "search_path": "pg_catalog",
    }
    call = "pg_catalog.set_config(%s, %s, false)"
    opened.execute(f"SELECT {call}, {call}, {call}, {call}, {call}", [text for pair in wanted.items() for text in pair])
