"""How a physical connection is made: to which host, by password or by token, and what a full server means."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qs, urlsplit

import psycopg
import pytest
from psycopg import sql

from connections import aws as aws_clients
from connections import pool
from connections.checks import run_checks
from connections.credentials import credentials_for
from connections.errors import PortalError
from connections.models import DatabaseConnection
from connections.pool import borrow
from tests.connections.factories import make_connection, make_secret, server
from tests.connections.tls_servers import PASSWORD, Authority, TlsPostgres
from tests.connections.wire import free_port

pytestmark = pytest.mark.django_db

PAM = 'PAM authentication failed for user "reader"'


def _failure(connection: DatabaseConnection) -> PortalError:
    with pytest.raises(PortalError) as failure, borrow(connection):
        pass
    return failure.value


def _iam(secret: Any, **fields: Any) -> DatabaseConnection:
    return make_connection(secret=secret, auth_method="iam", **({"tls_mode": "require"} | fields))


def test_the_secret_of_an_iam_connection_needs_no_password(aws: str) -> None:
    secret = make_secret(password=None)

    assert credentials_for(_iam(secret)).password.reveal() == ""
    with pytest.raises(PortalError, match="SECRET_MALFORMED"):
        credentials_for(make_connection("by-password", secret))


def test_a_token_takes_the_place_of_the_password(
    aws: str, encrypted: TlsPostgres, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[dict[str, Any]] = []

    def token(**facts: Any) -> str:
        asked.append(facts)
        return PASSWORD

    monkeypatch.setattr(aws_clients, "database_token", token)
    connection = _iam(make_secret(**encrypted.secret(password=None)))

    with borrow(connection) as one, borrow(connection) as other:
        assert one.info.backend_pid != other.info.backend_pid
    for_this_server = {"host": "localhost", "port": encrypted.server.port, "user": "postgres", "region": "us-east-1"}
    assert asked == [for_this_server] * 2  # one token per physical connection


def test_a_refused_token_says_what_may_be_wrong(aws: str, authority: Authority) -> None:
    with authority.refusing_server("localhost", message=PAM) as fake:
        secret = make_secret(host="localhost", port=fake.port, username="reader", password=None)
        report = run_checks(_iam(secret))

    assert report.error is not None
    assert report.error.code == "IAM_TOKEN_REFUSED"
    assert [word in report.error.hint for word in ("15 minutes", "clock", "rds_iam", "rds-db:connect")] == [True] * 4
    address = urlsplit(f"https://{fake.passwords[0]}")
    facts = parse_qs(address.query)
    assert address.netloc == f"localhost:{fake.port}"
    assert (facts["Action"], facts["DBUser"], facts["X-Amz-Expires"]) == (["connect"], ["reader"], ["900"])


def test_a_refused_token_is_not_tried_over_and_over(aws: str, authority: Authority) -> None:
    with authority.refusing_server("localhost", message=PAM) as fake:
        connection = _iam(make_secret(host="localhost", port=fake.port, password=None))
        codes = [_failure(connection).code for _ in range(3)]

    assert codes == ["IAM_TOKEN_REFUSED"] * 3
    assert len(fake.passwords) == 1


def test_a_portal_without_aws_credentials_says_so(aws: str, encrypted: TlsPostgres, monkeypatch: Any) -> None:
    connection = _iam(make_secret(**encrypted.secret(password=None)))
    credentials_for(connection)
    aws_clients.forget_clients()
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    monkeypatch.delenv("AWS_SECRET_ACCESS_KEY")

    assert _failure(connection).code == "AWS_NO_CREDENTIALS"


@pytest.mark.parametrize("mode", ["disable", "prefer"])
def test_an_iam_connection_without_tls_cannot_be_stored(mode: str) -> None:
    from django.db import IntegrityError

    with pytest.raises(IntegrityError, match="connections_iam_needs_tls"):
        DatabaseConnection.objects.create(name="x", secret_arn="x", auth_method="iam", tls_mode=mode)


def test_the_region_of_a_token_is_the_endpoints_own(aws: str, monkeypatch: pytest.MonkeyPatch) -> None:
    from connections import login
    from connections.hosts import Destination

    asked: list[str] = []
    monkeypatch.setattr(aws_clients, "database_token", lambda *, region, **_: asked.append(region) or "token")
    connection = _iam(make_secret(password=None))
    for host in ("shop.cluster-abc.eu-west-1.rds.amazonaws.com", "db.example"):
        login._password(connection, credentials_for(connection), Destination(host, 5432, ("10.0.0.7",)))

    assert asked == ["eu-west-1", "us-east-1"]


def test_the_reader_endpoint_is_preferred(aws: str) -> None:
    connection = make_connection(secret=make_secret(host="writer.example"), reader_host="localhost")

    with borrow(connection) as session:
        assert session.info.host == "localhost"
    assert run_checks(connection).passed


def test_a_token_is_for_the_reader_endpoint(aws: str, authority: Authority) -> None:
    with authority.refusing_server("localhost", message=PAM) as fake:
        _failure(_iam(make_secret(host="writer.example", port=fake.port, password=None), reader_host="localhost"))

    assert fake.passwords[0].startswith(f"localhost:{fake.port}/")


def test_a_reader_endpoint_that_is_not_listed_is_refused(aws: str) -> None:
    assert _failure(make_connection(reader_host="db.elsewhere")).code == "HOST_NOT_ALLOWED"


@pytest.mark.parametrize(
    "change",
    [{"reader_host": "localhost"}, {"tls_mode": "disable"}, {"auth_method": "iam", "tls_mode": "require"}],
)
def test_a_change_of_where_a_connection_leads_gets_a_pool_of_its_own(aws: str, change: dict[str, str]) -> None:
    connection = make_connection()
    before = pool._pools.entry(connection, "")
    for name, value in change.items():
        setattr(connection, name, value)

    assert pool._pools.entry(connection, "") is not before


@pytest.fixture
def narrow_role(worker_name: str) -> Iterator[dict[str, Any]]:
    """The secret of a role that the server lets in twice at once."""
    name = f"narrow_{worker_name}_{os.getpid()}"
    role = sql.Identifier(name)
    with psycopg.connect(os.environ["DATABASE_URL"], autocommit=True) as admin:
        admin.execute(sql.SQL("CREATE ROLE {} LOGIN CONNECTION LIMIT 2 PASSWORD 'only-here'").format(role))
        yield server() | {"username": name, "password": "only-here"}
        pool.close_pools()
        admin.execute("SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE usename = %s", [name])
        admin.execute(sql.SQL("DROP ROLE {}").format(role))


def test_a_full_server_says_so(aws: str, narrow_role: dict[str, Any]) -> None:
    secret = make_secret(**narrow_role)
    first, second, third = (make_connection(name, secret) for name in ("one", "two", "three"))

    with borrow(first), borrow(second):
        error = _failure(third)

    assert error.code == "TOO_MANY_CONNECTIONS"
    assert error.retryable
    assert "max_connections" in error.hint


def test_a_full_server_takes_no_connection_away(aws: str, narrow_role: dict[str, Any]) -> None:
    connection = make_connection(secret=make_secret(**narrow_role))
    pids: list[int] = []

    def ask() -> None:
        with borrow(connection) as session:
            pids.append(session.info.backend_pid)

    with borrow(connection) as first, borrow(connection) as second:
        waiting = threading.Thread(target=ask)
        waiting.start()
        waiting.join(0.5)
        assert pids == []
        there = {first.info.backend_pid, second.info.backend_pid}
    waiting.join(10)

    assert set(pids) <= there
    assert len(pids) == 1


def test_a_port_nobody_listens_on_stays_unreachable_with_several_addresses(
    aws: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    import socket

    found = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, 0)) for address in ("127.0.0.1", "127.0.0.2")]
    connection = make_connection(secret=make_secret(host="localhost", port=free_port()))
    credentials_for(connection)
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: found)

    assert _failure(connection).code == "NETWORK_UNREACHABLE"


def test_a_second_address_answers_where_the_first_does_not(aws: str, monkeypatch: pytest.MonkeyPatch) -> None:
    import socket

    found = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, 0)) for address in ("127.0.0.9", "127.0.0.1")]
    connection = make_connection(secret=make_secret(host="localhost"))
    credentials_for(connection)
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: found)

    with borrow(connection) as session:
        assert session.info.hostaddr == "127.0.0.1"
