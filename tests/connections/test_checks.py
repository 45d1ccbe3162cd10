"""The test of a connection stops at the first step that fails and says what to do."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, LiteralString

import psycopg
import pytest
from psycopg import sql

from connections.checks import STEPS, run_checks
from connections.operations import set_enabled, test_connection
from connections.pool import borrow
from pgspark_site.local_stack.shop import Shop
from tests.connections.factories import make_connection, make_secret
from tests.connections.wire import free_port, refusing_server

pytestmark = pytest.mark.django_db


def test_a_good_connection_passes_every_step(aws: str) -> None:
    report = run_checks(make_connection())

    assert report.passed
    assert [step.state for step in report.steps[:-1]] == ["ok"] * (len(STEPS) - 1)
    assert all(step.milliseconds is not None for step in report.steps)


@pytest.mark.parametrize(
    ("fields", "failed_at", "code"),
    [
        ({"port": "none"}, "fields", "SECRET_MALFORMED"),
        ({"host": "db.elsewhere"}, "host", "HOST_NOT_ALLOWED"),
        ({"host": "no.such.invalid"}, "dns", "HOST_NOT_FOUND"),
        ({"username": "left_the_company"}, "login", "AUTHENTICATION_FAILED"),
        ({"database": "never_made"}, "login", "DATABASE_NOT_FOUND"),
    ],
)
def test_the_first_failing_step_ends_the_test(aws: str, fields: dict[str, Any], failed_at: str, code: str) -> None:
    report = run_checks(make_connection(secret=make_secret(**fields)))

    keys = [key for key, _ in STEPS]
    passed, skipped = keys.index(failed_at), len(keys) - keys.index(failed_at) - 1
    assert [step.state for step in report.steps] == ["ok"] * passed + ["failed"] + ["skipped"] * skipped
    assert report.error is not None
    assert report.error.code == code


def test_a_missing_secret_fails_the_first_step(aws: str) -> None:
    secret = make_secret()
    secret.delete()

    assert run_checks(make_connection(secret=secret)).steps[0].state == "failed"


def test_a_closed_port_fails_before_the_login(aws: str) -> None:
    report = run_checks(make_connection(secret=make_secret(port=free_port())))

    assert [step.key for step in report.steps if step.state == "failed"] == ["tcp"]


def test_a_role_that_may_only_read_gets_no_warning(aws: str, sample_shop: Shop) -> None:
    report = run_checks(make_connection(secret=make_secret(**sample_shop.secret("shop"))))

    assert (report.passed, report.warnings) == (True, [])
    assert report.steps[-1].note == "it may only read"


@pytest.mark.parametrize(
    ("grant", "power"),
    [
        ("ALTER ROLE {} SUPERUSER", "it is a superuser"),
        ("ALTER ROLE {} CREATEDB", "it may create roles or databases"),
        ("GRANT pg_write_all_data TO {}", "it may use a role that writes, it may change rows"),
        ("GRANT CREATE ON SCHEMA public TO {}", "it may create tables"),
        ("GRANT UPDATE ON public.orders TO {}", "it may change rows"),
    ],
)
def test_a_role_that_may_write_is_a_warning_and_no_failure(
    aws: str, sample_shop: Shop, grant: LiteralString, power: str
) -> None:
    with role_in(sample_shop, grant) as role:
        secret = make_secret(database=sample_shop.database, username=role, password="only-here")
        report = run_checks(make_connection(secret=secret))

    assert report.passed
    assert report.steps[-1].state == "warning"
    assert [(warning.code, warning.facts["powers"]) for warning in report.warnings] == [("ROLE_MAY_WRITE", power)]


def test_the_json_form_names_steps_and_problems_and_no_secret(aws: str) -> None:
    secret = make_secret(username="canary_user", password="canary-password")

    told = run_checks(make_connection(secret=secret)).as_dict()

    assert told["passed"] is False
    assert [step["state"] for step in told["steps"]][-3:] == ["failed", "skipped", "skipped"]
    assert told["error"]["code"] == told["steps"][6]["problem"]["code"] == "AUTHENTICATION_FAILED"
    shown = json.dumps(told)
    assert "canary" not in shown
    assert "127.0.0.1" not in shown
    assert secret.arn not in shown


def test_the_result_is_kept(aws: str) -> None:
    connection = make_connection(secret=make_secret(username="left_the_company"))

    test_connection(connection=connection)

    connection.refresh_from_db()
    assert connection.test_state == "failed"
    assert connection.last_test_code == "AUTHENTICATION_FAILED"


def test_a_mended_secret_works_right_after_the_test(aws: str) -> None:
    with refusing_server("28P01", 'password authentication failed for user "x"') as fake:
        secret = make_secret(port=fake.port)
        connection = make_connection(secret=secret)
        assert not test_connection(connection=connection).passed
        secret.rotate()

        assert test_connection(connection=connection).passed
    with borrow(connection) as session:
        assert session.execute("SELECT 1").fetchone() == (1,)


def test_disabling_closes_what_is_open(aws: str) -> None:
    connection = make_connection()

    set_enabled(connection=connection, enabled=False, by=None)

    connection.refresh_from_db()
    assert not connection.enabled


@contextmanager
def role_in(shop: Shop, grant: LiteralString) -> Iterator[str]:
    """A role that may read the shop and, by `grant`, more; it is gone afterwards."""
    name = f"{shop.database}_writer"
    role = sql.Identifier(name)
    database = os.environ["DATABASE_URL"].rsplit("/", 1)[0] + f"/{shop.database}"
    with psycopg.connect(database, autocommit=True) as admin:
        admin.execute(sql.SQL("CREATE ROLE {} LOGIN PASSWORD 'only-here'").format(role))
        try:
            admin.execute(sql.SQL("GRANT CONNECT ON DATABASE {} TO {}").format(sql.Identifier(shop.database), role))
            admin.execute(sql.SQL(grant).format(role))
            yield name
        finally:
            admin.execute(sql.SQL("DROP OWNED BY {}").format(role))
            admin.execute(sql.SQL("DROP ROLE {}").format(role))
