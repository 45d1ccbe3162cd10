"""The test of a connection stops at the first step that fails and says what to do."""

from __future__ import annotations

from typing import Any

import pytest

from connections.checks import STEPS, run_checks
from connections.operations import set_enabled, test_connection
from connections.pool import borrow
from tests.connections.factories import make_connection, make_secret
from tests.connections.wire import free_port, refusing_server

pytestmark = pytest.mark.django_db


def test_a_good_connection_passes_every_step(aws: str) -> None:
    report = run_checks(make_connection())

    assert report.passed
    assert [step.state for step in report.steps] == ["ok"] * len(STEPS)


@pytest.mark.parametrize(
    ("fields", "failed_at", "code"),
    [
        ({"port": "none"}, 1, "SECRET_MALFORMED"),
        ({"host": "no.such.invalid"}, 2, "NETWORK_UNREACHABLE"),
        ({"username": "left_the_company"}, 3, "AUTHENTICATION_FAILED"),
        ({"database": "never_made"}, 3, "DATABASE_NOT_FOUND"),
    ],
)
def test_the_first_failing_step_ends_the_test(aws: str, fields: dict[str, Any], failed_at: int, code: str) -> None:
    report = run_checks(make_connection(secret=make_secret(**fields)))

    assert [step.state for step in report.steps] == [
        *["ok"] * failed_at, "failed", *["skipped"] * (len(STEPS) - failed_at - 1)
    ]  # fmt: skip
    assert report.error is not None
    assert report.error.code == code


def test_a_missing_secret_fails_the_first_step(aws: str) -> None:
    secret = make_secret()
    secret.delete()

    assert run_checks(make_connection(secret=secret)).steps[0].state == "failed"


def test_a_closed_port_fails_before_the_login(aws: str) -> None:
    assert run_checks(make_connection(secret=make_secret(port=free_port()))).steps[2].state == "failed"


def test_the_result_is_kept(aws: str) -> None:
    connection = make_connection(secret=make_secret(username="left_the_company"))

    test_connection(connection)

    connection.refresh_from_db()
    assert connection.test_state == "failed"
    assert connection.last_test_code == "AUTHENTICATION_FAILED"


def test_a_mended_secret_works_right_after_the_test(aws: str) -> None:
    with refusing_server("28P01", 'password authentication failed for user "x"') as fake:
        secret = make_secret(port=fake.port)
        connection = make_connection(secret=secret)
        assert not test_connection(connection).passed
        secret.rotate()

        assert test_connection(connection).passed
    with borrow(connection) as session:
        assert session.execute("SELECT 1").fetchone() == (1,)


def test_disabling_closes_what_is_open(aws: str) -> None:
    connection = make_connection()

    set_enabled(connection, enabled=False)

    connection.refresh_from_db()
    assert not connection.enabled
