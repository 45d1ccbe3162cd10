"""Database credentials from Secrets Manager: read by ARN, kept at most five minutes, shown to nobody.

A refused password empties the cache and is tried once more with a fresh secret. The fresh read happens at most
once in `REFRESH_SECONDS` per ARN, and credentials known to be refused are not tried again before that, so that
a wrong secret neither hammers Secrets Manager nor locks the database user out.
"""

from __future__ import annotations

import json
import threading
import time
from dataclasses import dataclass, field
from typing import Any, NoReturn

from botocore.exceptions import ClientError

from connections import aws
from connections.errors import PortalError
from connections.hosts import is_plain
from connections.models import AuthMethod, DatabaseConnection

TTL_SECONDS = 300
REFRESH_SECONDS = 30
# What the server's refusal of a login is called.
REFUSALS = frozenset({"AUTHENTICATION_FAILED", "IAM_TOKEN_REFUSED"})

_BY_AWS_CODE = {
    "ResourceNotFoundException": "SECRET_NOT_FOUND",
    "InvalidRequestException": "SECRET_NOT_FOUND",  # marked for deletion
    "AccessDeniedException": "SECRET_ACCESS_DENIED",
    "DecryptionFailure": "SECRET_ACCESS_DENIED",
}


class Secret:
    """A text that shows itself only through `reveal()`; printed, copied or pickled it is three dots."""

    __slots__ = ("_text",)

    def __init__(self, text: str) -> None:
        self._text = text

    def reveal(self) -> str:
        return self._text

    def __repr__(self) -> str:
        return "•••"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Secret) and other._text == self._text

    def __hash__(self) -> int:
        return hash(self._text)

    def __reduce__(self) -> tuple[type[Secret], tuple[str]]:
        return Secret, ("•••",)


@dataclass(frozen=True, slots=True)
class Credentials:
    """Where a database is and how to log in; `database` is the secret's default, not the person's choice.

    `password` is empty where an IAM token takes its place.
    """

    host: Secret
    port: int
    database: str
    username: str
    password: Secret


@dataclass
class _Slot:
    """What is kept for one ARN; `lock` makes concurrent readers wait for one call instead of making their own."""

    lock: threading.Lock = field(default_factory=threading.Lock)
    credentials: Credentials | None = None
    read_at: float = 0.0
    renewed_at: float | None = None
    refused: bool = False

    def fresh(self) -> Credentials | None:
        return self.credentials if time.monotonic() - self.read_at < TTL_SECONDS else None

    def keep(self, credentials: Credentials) -> Credentials:
        self.credentials, self.read_at, self.refused = credentials, time.monotonic(), False
        return credentials

    def may_renew(self) -> bool:
        return self.renewed_at is None or time.monotonic() - self.renewed_at >= REFRESH_SECONDS


# By ARN and way of logging in: the same secret may serve a connection of either kind.
_slots: dict[tuple[str, str], _Slot] = {}
_slots_lock = threading.Lock()


def credentials_for(connection: DatabaseConnection) -> Credentials:
    """The credentials of `connection`, from the cache or from Secrets Manager.

    Raises PortalError: SECRET_* when the secret is missing, forbidden or malformed, AWS_* when AWS does not answer,
    one of `REFUSALS` when the database refused these very credentials less than `REFRESH_SECONDS` ago.
    """
    slot = _slot(connection)
    with slot.lock:
        kept = slot.fresh()
        if kept and not slot.refused:
            return kept
        if kept and not slot.may_renew():
            raise refusal(connection)
        if kept:
            slot.renewed_at = time.monotonic()
        return slot.keep(read_secret(connection))


def refusal(connection: DatabaseConnection) -> PortalError:
    """How a refused login is told, by the connection's way of logging in."""
    code = "IAM_TOKEN_REFUSED" if connection.auth_method == AuthMethod.IAM else "AUTHENTICATION_FAILED"
    return PortalError(code, connection=connection.name)


def renewed_after_refusal(connection: DatabaseConnection, refused: Credentials) -> Credentials | None:
    """Other credentials to try after the database refused `refused`, or None when there are none to be had now."""
    slot = _slot(connection)
    with slot.lock:
        if slot.credentials is not None and slot.credentials != refused:
            return slot.credentials  # another thread has already read the new secret
        slot.refused = True
        if not slot.may_renew():
            return None
        slot.renewed_at = time.monotonic()
        fresh = read_secret(connection)
        slot.keep(fresh)
        slot.refused = fresh == refused
        return None if slot.refused else fresh


def forget(connection: DatabaseConnection) -> None:
    """Drops what is cached for the connection's secret; the next use reads it anew."""
    with _slots_lock:
        _slots.pop(_slot_key(connection), None)


def read_secret(connection: DatabaseConnection) -> Credentials:
    """Reads the secret now, past every cache. Raises PortalError SECRET_* or AWS_*."""
    return parse_secret(connection, read_document(connection))


def read_document(connection: DatabaseConnection) -> str:
    """The secret's text as Secrets Manager gives it. Raises PortalError SECRET_* or AWS_*."""
    arn = connection.secret_arn
    with aws.translated("Secrets Manager"):
        try:
            answer = aws.client("secretsmanager", region=aws.region_of(arn)).get_secret_value(SecretId=arn)
        except ClientError as error:
            code = _BY_AWS_CODE.get(aws.error_code(error))
            if code is None:
                raise
            raise PortalError(code, connection=connection.name) from error
    if "SecretString" not in answer:
        raise PortalError("SECRET_MALFORMED", connection=connection.name, problem="it is binary")
    return answer["SecretString"]


def parse_secret(connection: DatabaseConnection, text: str) -> Credentials:
    """The documented structure (sections 3.1 and 16.2): a JSON object whose other fields are ignored.

    The secret of an IAM connection needs no password, and one that it has is not used.
    """

    def malformed(problem: str) -> NoReturn:
        # From None: a JSON error carries the document, which is the secret.
        raise PortalError("SECRET_MALFORMED", connection=connection.name, problem=problem) from None

    try:
        document = json.loads(text)
    except ValueError:
        malformed("it is not JSON")
    if not isinstance(document, dict):
        malformed("it is not a JSON object")
    by_token = connection.auth_method == AuthMethod.IAM
    for name in ("host", "database", "username") if by_token else ("host", "database", "username", "password"):
        if not _is_text(document.get(name)):
            malformed(f"the field {name} is missing, empty or not a text")
    if not is_plain(document["host"]):
        malformed("the field host is not one plain host name")
    port = _port(document.get("port"))
    if port is None:
        malformed("the field port is not a number from 1 to 65535")
    return Credentials(
        host=Secret(document["host"]),
        port=port,
        database=document["database"],
        username=document["username"],
        password=Secret("" if by_token else document["password"]),
    )


def _slot(connection: DatabaseConnection) -> _Slot:
    with _slots_lock:
        return _slots.setdefault(_slot_key(connection), _Slot())


def _slot_key(connection: DatabaseConnection) -> tuple[str, str]:
    return connection.secret_arn, connection.auth_method


def _is_text(value: Any) -> bool:
    """Whether it is a text that PostgreSQL can be sent: JSON may also spell NUL and halves of characters."""
    if not isinstance(value, str) or not value.strip() or "\x00" in value:
        return False
    return not any("\ud800" <= character <= "\udfff" for character in value)


def _port(value: Any) -> int | None:
    """A port given as a number or as its digits; None when it is neither."""
    if isinstance(value, str) and value.isascii() and value.isdigit():
        value = int(value)
    if isinstance(value, int) and not isinstance(value, bool) and 0 < value < 65536:
        return value
    return None
