"""Administrators test, enable and disable connections, and enter only secrets below the prefix."""

from __future__ import annotations

import pytest
from django.test import Client
from django.urls import reverse

from connections.forms import DatabaseConnectionForm
from connections.models import DatabaseConnection
from tests.connections.conftest import People
from tests.connections.factories import make_connection, make_secret

pytestmark = pytest.mark.django_db

LIST = "admin:connections_databaseconnection_changelist"
ARN = "arn:aws:secretsmanager:us-east-1:123456789012:secret:"


def _act(client: Client, action: str, *connections: DatabaseConnection) -> str:
    data = {"action": action, "_selected_action": [c.pk for c in connections]}
    return client.post(reverse(LIST), data, follow=True).content.decode()


def test_the_action_tests_each_connection(client: Client, people: People, aws: str) -> None:
    client.force_login(people.staff)
    good, bad = make_connection("good"), make_connection("bad", make_secret(username="left_the_company"))

    page = _act(client, "test_connection", good, bad)

    assert "Test of good: it works." in page
    assert "Test of bad: bad refused the user name or password. Verify the secret" in page


def test_disable_and_enable(client: Client, people: People, aws: str) -> None:
    client.force_login(people.staff)
    connection = make_connection()

    _act(client, "disable", connection)
    connection.refresh_from_db()
    assert not connection.enabled

    _act(client, "enable", connection)
    connection.refresh_from_db()
    assert connection.enabled


def _form(**fields: object) -> DatabaseConnectionForm:
    valid = {"name": "new", "secret_arn": f"{ARN}spark/postgres/example-AbCdEf", "tls_mode": "require"}
    valid["auth_method"] = "secret"
    return DatabaseConnectionForm(valid | {"max_parallel_reads": 8} | fields)


def test_a_secret_below_the_prefix_is_taken(db: None) -> None:
    assert _form().is_valid()


@pytest.mark.parametrize("arn", [f"{ARN}other/example-AbCdEf", "arn:aws:s3:::example", "canary"])
def test_any_other_secret_is_refused(db: None, arn: str) -> None:
    assert "secret_arn" in _form(secret_arn=arn).errors


def test_a_second_default_is_refused_by_name(db: None) -> None:
    DatabaseConnection.objects.create(name="first", secret_arn=f"{ARN}spark/postgres/first-AbCdEf", is_default=True)

    assert "first is the default" in str(_form(is_default=True).errors["is_default"])
