"""The one error type of the portal and its translation from PostgreSQL's errors.

Expected failures are `PortalError`s whose words come from `connections/error_catalogue.py`;
anything else is a bug, shown as a request id with its traceback in the log.
"""

from __future__ import annotations

import re
from typing import Any

import psycopg
from django.conf import settings

from connections.error_catalogue import CATALOGUE


class PortalError(Exception):
    """An expected failure, in words a person can act on.

    `code` is a key of the catalogue, `message` says what happened, `hint` what to do next,
    `retryable` whether the same call may work later, `status` the HTTP status that fits.
    The text of the exception behind it never reaches a person; chain it with `raise ... from`.
    """

    def __init__(self, code: str, **facts: Any) -> None:
        kind = CATALOGUE[code]
        self.code = code
        self.facts = facts
        self.message = kind.message.format(**facts)
        self.hint = kind.hint.format(**facts)
        self.retryable = kind.retryable
        self.status = kind.status
        super().__init__(f"{code}: {self.message}")

    def as_dict(self) -> dict[str, Any]:
        """The JSON form: code, message, hint, retryable."""
        return {"code": self.code, "message": self.message, "hint": self.hint, "retryable": self.retryable}


# SQLSTATE -> code, for errors that the server reports on an open connection.
_BY_SQLSTATE = {
    "28P01": "AUTHENTICATION_FAILED",
    "28000": "AUTHENTICATION_FAILED",
    "3D000": "DATABASE_NOT_FOUND",
    "42501": "PERMISSION_DENIED",
    "53300": "TOO_MANY_CONNECTIONS",
    "57014": "QUERY_TIMEOUT",
    "55P03": "QUERY_TIMEOUT",
}

# libpq gives no SQLSTATE for a connection that never opened, only text: the server's FATAL line, or its own words.
# The first pattern that fits wins; names inside quotes are taken out before.
_BY_TEXT: tuple[tuple[str, str], ...] = (
    (r"timeout expired|timed out", "CONNECTION_TIMEOUT"),
    (r"does not support SSL", "TLS_NOT_OFFERED"),
    (r"root certificate file|could not (read|load) root certificate", "CA_BUNDLE_UNREADABLE"),
    (r"does not match host name", "TLS_HOST_MISMATCH"),
    (r"pg_hba\.conf.*no encryption", "TLS_REQUIRED"),
    (r"SSL error|SSL SYSCALL|certificate", "TLS_FAILED"),
    (
        r"authentication failed|no password supplied|no pg_hba\.conf entry|role \S* ?does not exist",
        "AUTHENTICATION_FAILED",
    ),
    (r"not permitted to log in|authentication method", "AUTHENTICATION_FAILED"),
    (r"database .*does not exist", "DATABASE_NOT_FOUND"),
    (r"permission denied for database|not currently accepting connections", "PERMISSION_DENIED"),
    (r"too many (clients|connections)|connection slots are reserved", "TOO_MANY_CONNECTIONS"),
)


def from_psycopg(error: psycopg.Error, *, connection: str, database: str) -> PortalError:
    """What an error of PostgreSQL or of the way to it means for a person; keeps nothing of the error's own text."""
    code = _code_of(error)
    seconds = (
        settings.PGSPARK_CONNECT_TIMEOUT_SECONDS
        if code == "CONNECTION_TIMEOUT"
        else settings.PGSPARK_QUERY_TIMEOUT_SECONDS
    )
    return PortalError(
        code, connection=connection, database=database, seconds=seconds, sqlstate=error.sqlstate or "unknown"
    )


def _code_of(error: psycopg.Error) -> str:
    if error.sqlstate in _BY_SQLSTATE:
        return _BY_SQLSTATE[error.sqlstate]
    if isinstance(error, psycopg.errors.ConnectionTimeout):
        return "CONNECTION_TIMEOUT"
    if error.sqlstate or not isinstance(error, psycopg.OperationalError):
        return "DATABASE_ERROR"
    text = re.sub(r'"[^"]*"', "", str(error))
    words = _decisive(text)
    for pattern, code in _BY_TEXT:
        if re.search(pattern, words, re.IGNORECASE | re.DOTALL):
            return code
    return "DATABASE_ERROR" if "FATAL:" in text else "NETWORK_UNREACHABLE"


def _decisive(text: str) -> str:
    """The server's last FATAL line. Where libpq tried with and without TLS, the refusal of the plain try says less."""
    refusals = text.split("FATAL:")
    return next((words for words in reversed(refusals[1:]) if "no encryption" not in words), refusals[-1])
