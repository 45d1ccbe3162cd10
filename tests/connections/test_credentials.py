"""Credentials come from Secrets Manager, are kept for a while, and show themselves nowhere."""

from __future__ import annotations

import copy
import dataclasses
import json
import pickle
import threading

import pytest

from connections import credentials
from connections.aws import client
from connections.credentials import credentials_for, forget, renewed_after_refusal
from connections.errors import PortalError
from tests.connections.factories import make_connection, make_secret, server

pytestmark = pytest.mark.django_db


def test_the_documented_secret_gives_credentials(aws: str) -> None:
    secret = make_secret(host="db.example", port="5433", password="p w", jdbc_url="jdbc:ignored", ssl=True)

    found = credentials_for(make_connection(secret=secret))

    assert (found.host.reveal(), found.port, found.password.reveal()) == ("db.example", 5433, "p w")


@pytest.mark.parametrize("show", [repr, str, lambda c: repr(dataclasses.asdict(c)), lambda c: repr(copy.deepcopy(c))])
def test_no_representation_shows_host_or_password(aws: str, show: object) -> None:
    found = credentials_for(make_connection(secret=make_secret(host="canary-host", password="canary-password")))

    shown = show(found)  # type: ignore[operator]

    assert "canary" not in shown


def test_a_pickle_holds_neither_host_nor_password(aws: str) -> None:
    found = credentials_for(make_connection(secret=make_secret(host="canary-host", password="canary-password")))

    assert b"canary" not in pickle.dumps(found)


@pytest.mark.parametrize(
    ("content", "named"),
    [
        ("canary", "not JSON"),
        ('["canary"]', "not a JSON object"),
        (json.dumps({"port": 5432}), "host"),
        (json.dumps(server() | {"password": ""}), "password"),
        (json.dumps(server() | {"username": 7}), "username"),
        (json.dumps(server() | {"username": "a\x00b"}), "username"),
        (json.dumps(server() | {"password": "a\ud800"}), "password"),
        (json.dumps({key: value for key, value in server().items() if key != "database"}), "database"),
        (json.dumps(server() | {"host": "2852039166"}), "host"),
        (json.dumps(server() | {"port": "many"}), "port"),
        (json.dumps(server() | {"port": True}), "port"),
        (json.dumps(server() | {"port": 70000}), "port"),
        (json.dumps(server() | {"host": "/tmp"}), "host"),
        (json.dumps(server() | {"host": "a,b"}), "host"),
        (json.dumps(server() | {"host": "a..b"}), "host"),
        (json.dumps(server() | {"host": "h?socketFactory=x"}), "host"),
    ],
)
def test_a_malformed_secret_is_named_by_its_field_and_not_shown(aws: str, content: str, named: str) -> None:
    connection = make_connection(secret=make_secret(content))

    with pytest.raises(PortalError) as failure:
        credentials_for(connection)

    assert failure.value.code == "SECRET_MALFORMED"
    assert named in failure.value.message
    assert "canary" not in failure.value.message
    assert failure.value.__cause__ is None


def test_a_missing_secret_says_so(aws: str) -> None:
    secret = make_secret()
    secret.delete()

    with pytest.raises(PortalError, match="SECRET_NOT_FOUND"):
        credentials_for(make_connection(secret=secret))


def test_a_secret_is_read_once_for_many_askers(aws: str, monkeypatch: pytest.MonkeyPatch) -> None:
    connection = make_connection()
    reads = _count_reads(monkeypatch)
    threads = [threading.Thread(target=credentials_for, args=(connection,)) for _ in range(8)]

    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert reads == [connection.secret_arn]


def test_an_old_copy_is_read_anew(aws: str, monkeypatch: pytest.MonkeyPatch) -> None:
    connection = make_connection()
    credentials_for(connection)
    reads = _count_reads(monkeypatch)
    monkeypatch.setattr(credentials, "TTL_SECONDS", 0)

    credentials_for(connection)

    assert len(reads) == 1


def test_forgetting_reads_anew(aws: str) -> None:
    secret = make_secret(username="before")
    connection = make_connection(secret=secret)
    credentials_for(connection)
    secret.rotate(username="after")

    forget(connection)

    assert credentials_for(connection).username == "after"


def test_a_refused_password_is_renewed_once(aws: str) -> None:
    secret = make_secret(password="old")
    connection = make_connection(secret=secret)
    refused = credentials_for(connection)
    secret.rotate(password="new")

    renewed = renewed_after_refusal(connection, refused)

    assert renewed is not None
    assert renewed.password.reveal() == "new"


def test_an_unchanged_wrong_secret_is_neither_read_nor_tried_again_soon(
    aws: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    connection = make_connection()
    refused = credentials_for(connection)
    assert renewed_after_refusal(connection, refused) is None
    reads = _count_reads(monkeypatch)

    with pytest.raises(PortalError, match="AUTHENTICATION_FAILED"):
        credentials_for(connection)

    assert reads == []


def test_after_the_pause_a_refused_secret_gets_another_chance(aws: str, monkeypatch: pytest.MonkeyPatch) -> None:
    connection = make_connection()
    renewed_after_refusal(connection, credentials_for(connection))
    monkeypatch.setattr(credentials, "REFRESH_SECONDS", 0)

    assert credentials_for(connection).username == server()["username"]


def _count_reads(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    reads: list[str] = []
    asked = client("secretsmanager", region="us-east-1")
    real = asked.get_secret_value

    def counted(SecretId: str) -> object:
        reads.append(SecretId)
        return real(SecretId=SecretId)

    monkeypatch.setattr(asked, "get_secret_value", counted)
    return reads
