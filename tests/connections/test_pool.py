"""Borrowed connections are read-only and bounded; failures arrive at once, in words, without secrets."""

from __future__ import annotations

import logging
import os
import threading
import traceback
from typing import Any

import psycopg
import pytest
from psycopg import sql

from connections import credentials, login, pool
from connections.errors import PortalError
from connections.pool import borrow, close_pools
from tests.connections.factories import make_connection, make_secret, server
from tests.connections.slow_network import slow_network
from tests.connections.wire import free_port, refusing_server, silent_server

pytestmark = pytest.mark.django_db


def _failure(connection: Any, database: str = "") -> PortalError:
    with pytest.raises(PortalError) as failure, borrow(connection, database):
        pass
    return failure.value


@pytest.mark.parametrize(
    ("setting", "value"),
    [
        ("default_transaction_read_only", "on"),
        ("statement_timeout", "30s"),
        ("lock_timeout", "500ms"),
        ("idle_in_transaction_session_timeout", "10s"),
        ("search_path", "pg_catalog"),
        ("application_name", "pgspark"),
    ],
)
def test_a_session_is_restricted(aws: str, setting: str, value: str) -> None:
    with borrow(make_connection()) as session:
        assert session.execute("SELECT current_setting(%s)", [setting]).fetchone() == (value,)


def test_writing_is_refused(aws: str) -> None:
    with pytest.raises(PortalError, match="DATABASE_ERROR"), borrow(make_connection()) as session:
        session.execute("CREATE TABLE public.forbidden ()")


def test_a_connection_is_used_again(aws: str) -> None:
    connection = make_connection()
    with borrow(connection) as session:
        first = session.info.backend_pid

    with borrow(connection) as session:
        assert session.info.backend_pid == first


def test_a_connection_that_died_is_replaced(aws: str) -> None:
    connection = make_connection()
    with borrow(connection) as session:
        pid = session.info.backend_pid
    with psycopg.connect(os.environ["DATABASE_URL"], autocommit=True) as admin:
        admin.execute("SELECT pg_terminate_backend(%s, 5000)", [pid])

    with borrow(connection) as session:
        assert session.info.backend_pid != pid


def test_a_slow_query_ends_in_words(aws: str, settings: Any) -> None:
    settings.PGSPARK_QUERY_TIMEOUT_SECONDS = 1
    with pytest.raises(PortalError, match="QUERY_TIMEOUT"), borrow(make_connection()) as session:
        session.execute("SELECT pg_sleep(20)")


def test_an_answer_that_does_not_arrive_ends_in_words(aws: str, settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """The server is done in time, and its own limit cannot help."""
    settings.PGSPARK_QUERY_TIMEOUT_SECONDS = 1
    monkeypatch.setattr(login, "_GRACE_SECONDS", 0)
    with slow_network(server()["host"], server()["port"], seconds=0) as network:
        connection = make_connection(secret=make_secret(host="127.0.0.1", port=network.port), tls_mode="disable")
        with pytest.raises(PortalError, match="QUERY_TIMEOUT"), borrow(connection) as session:
            network.seconds = 5
            session.execute("SELECT 1")
        network.seconds = 0

        with borrow(connection) as session:
            assert session.execute("SELECT 1").fetchone() == (1,)


def test_a_database_that_is_not_there(aws: str) -> None:
    error = _failure(make_connection(), "never_made")

    assert error.code == "DATABASE_NOT_FOUND"
    assert "never_made" in error.message


def test_a_closed_port_is_unreachable(aws: str) -> None:
    assert _failure(make_connection(secret=make_secret(port=free_port()))).code == "NETWORK_UNREACHABLE"


def test_an_unknown_host_is_not_found(aws: str) -> None:
    assert _failure(make_connection(secret=make_secret(host="no.such.invalid"))).code == "HOST_NOT_FOUND"


def test_a_host_that_is_not_listed_is_never_asked_for(aws: str, settings: Any) -> None:
    settings.PGSPARK_DATABASE_HOSTS = ["*.rds.amazonaws.com"]
    with refusing_server("28P01", "unused") as fake:
        assert _failure(make_connection(secret=make_secret(port=fake.port))).code == "HOST_NOT_ALLOWED"

    assert fake.passwords == []


def test_a_silent_server_times_out(aws: str, settings: Any) -> None:
    settings.PGSPARK_CONNECT_TIMEOUT_SECONDS = 2
    with silent_server() as port:
        error = _failure(make_connection(secret=make_secret(port=port)))

    assert error.code == "CONNECTION_TIMEOUT"
    assert "security group" in error.hint


@pytest.mark.parametrize(
    ("sqlstate", "message", "code"),
    [
        ("28P01", 'password authentication failed for user "x"', "AUTHENTICATION_FAILED"),
        ("28000", 'role "x" is not permitted to log in', "AUTHENTICATION_FAILED"),
        ("3D000", 'database "timeout expired" does not exist', "DATABASE_NOT_FOUND"),
        ("53300", "sorry, too many clients already", "TOO_MANY_CONNECTIONS"),
        ("42501", 'permission denied for database "x"', "PERMISSION_DENIED"),
        ("57P03", "the database system is starting up", "DATABASE_ERROR"),
    ],
)
def test_a_refused_login_is_translated(aws: str, sqlstate: str, message: str, code: str) -> None:
    with refusing_server(sqlstate, message) as fake:
        assert _failure(make_connection(secret=make_secret(port=fake.port))).code == code


def test_a_rotated_secret_is_used_at_once(aws: str) -> None:
    secret = make_secret(username="left_the_company")
    connection = make_connection(secret=secret)
    assert _failure(connection).code == "AUTHENTICATION_FAILED"
    credentials.forget(connection)
    credentials.credentials_for(connection)
    secret.rotate()

    with borrow(connection) as session:
        assert session.info.user == server()["username"]


def test_a_wrong_password_is_sent_once_and_not_hammered(aws: str) -> None:
    with refusing_server("28P01", 'password authentication failed for user "x"') as fake:
        connection = make_connection(secret=make_secret(port=fake.port, password="wrong"))
        codes = [_failure(connection).code for _ in range(4)]

    assert codes == ["AUTHENTICATION_FAILED"] * 4
    assert fake.passwords == ["wrong"]


def test_everybody_who_waits_hears_the_reason(aws: str, settings: Any) -> None:
    settings.PGSPARK_CONNECT_TIMEOUT_SECONDS = 2
    found: list[str] = []
    with silent_server() as port:
        connection = make_connection(secret=make_secret(port=port))
        credentials.credentials_for(connection)

        def ask() -> None:
            found.append(_failure(connection).code)

        threads = [threading.Thread(target=ask) for _ in range(5)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    assert found == ["CONNECTION_TIMEOUT"] * 5


def test_a_full_queue_says_busy(aws: str, settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    settings.PGSPARK_POOL_SIZE = 1
    settings.PGSPARK_CONNECT_TIMEOUT_SECONDS = -4  # the pool waits this plus five seconds
    connection = make_connection()
    entry = pool._pools.entry(connection, "")
    settings.PGSPARK_CONNECT_TIMEOUT_SECONDS = 10

    with borrow(connection):
        assert pool._pools.entry(connection, "") is entry
        assert _failure(connection).code == "POOL_EXHAUSTED"


def test_a_dropped_database_is_named_although_a_connection_was_kept(aws: str) -> None:
    name = f"dropped_{os.getpid()}"
    with psycopg.connect(os.environ["DATABASE_URL"], autocommit=True) as admin:
        admin.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
        connection = make_connection()
        with borrow(connection, name):
            pass
        admin.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))

    assert _failure(connection, name).code == "DATABASE_NOT_FOUND"


def test_pools_are_few(aws: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pool, "MAX_POOLS", 2)
    connection = make_connection()
    for database in ("", "postgres", "template1"):
        with borrow(connection, database):
            pass

    assert len(pool._pools._entries) == 2


def test_a_child_process_starts_without_its_parents_sockets(aws: str) -> None:
    connection = make_connection()
    with borrow(connection) as session:
        pid = session.info.backend_pid
    pools = pool._Pools()
    pools._entries.update(pool._pools._entries)

    pools.after_fork()

    assert not pools._entries
    with borrow(connection) as session:
        assert session.info.backend_pid == pid


@pytest.mark.parametrize("case", ["refused", "closed", "silent", "tls"])
def test_no_log_and_no_traceback_shows_a_password_or_a_host(
    aws: str, settings: Any, caplog: pytest.LogCaptureFixture, case: str
) -> None:
    settings.PGSPARK_CONNECT_TIMEOUT_SECONDS = 2
    caplog.set_level(logging.DEBUG)
    logging.getLogger("psycopg.pool").setLevel(logging.DEBUG)
    canary = {"host": "localhost", "password": "canary pass' word", "username": "canary_user"}
    with (
        refusing_server("28P01", 'password authentication failed for user "canary_user"') as fake,
        silent_server() as silent,
    ):
        port = {"refused": fake.port, "tls": fake.port, "closed": free_port(), "silent": silent}[case]
        secret = make_secret(port=port, **canary)
        caplog.clear()
        connection = make_connection(secret=secret, tls_mode="require" if case == "tls" else "prefer")
        error = _failure(connection)
        close_pools()
    ours = "\n".join(
        r.getMessage() for r in caplog.records if not r.name.startswith(("botocore", "urllib3", "boto3", "werkzeug"))
    )

    shown = "".join(traceback.format_exception(error)) + repr(error) + str(error.as_dict()) + ours

    assert "canary" not in shown
    assert "localhost" not in shown
    assert "127.0.0.1" not in shown
