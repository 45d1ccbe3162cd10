"""The admin does what the page does, by the same operations."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.test import Client
from django.urls import reverse

from connections.models import DatabaseConnection
from tests.connections.conftest import People
from tests.connections.factories import make_connection, make_secret

pytestmark = pytest.mark.django_db

LIST = "admin:connections_databaseconnection_changelist"
ARN = "arn:aws:secretsmanager:us-east-1:123456789012:secret:spark/postgres/example-AbCdEf"


def _act(client: Client, action: str, *connections: DatabaseConnection) -> str:
    data = {"action": action, "_selected_action": [c.pk for c in connections]}
    return client.post(reverse(LIST), data, follow=True).content.decode()


def test_the_action_shows_the_checklist_of_each_connection(client: Client, people: People, aws: str) -> None:
    client.force_login(people.staff)
    good, bad = make_connection("good"), make_connection("bad", make_secret(username="left_the_company"))

    page = _act(client, "test_connection", good, bad)

    assert "good: it works" in page
    assert "bad: bad refused the user name or password. Verify the secret" in page
    assert page.count("Host name is found") == 2
    assert "it is a superuser" in page


def test_disable_and_enable(client: Client, people: People, aws: str) -> None:
    client.force_login(people.staff)
    connection = make_connection()

    _act(client, "disable", connection)
    connection.refresh_from_db()
    assert not connection.enabled

    _act(client, "enable", connection)
    connection.refresh_from_db()
    assert connection.enabled


def test_adding_and_changing_go_through_the_operations(client: Client, people: People) -> None:
    """The old default gives way, groups are stored, and the audit has one entry for each act."""
    old = DatabaseConnection.objects.create(name="old", secret_arn=ARN, is_default=True)
    client.force_login(people.staff)
    fields = {"name": "new", "secret_arn": ARN, "auth_method": "secret", "tls_mode": "require", "enabled": "on"}
    fields |= {"max_parallel_reads": "8", "make_default": "on", "groups": [people.analytics.pk]}

    added = client.post(reverse("admin:connections_databaseconnection_add"), fields)
    new = DatabaseConnection.objects.get(name="new")
    client.post(
        reverse("admin:connections_databaseconnection_change", args=[new.pk]), fields | {"description": "Words"}
    )

    assert added.status_code == 302
    old.refresh_from_db()
    new.refresh_from_db()
    assert (old.is_default, new.is_default, new.description) == (False, True, "Words")
    assert list(new.groups.all()) == [people.analytics]
    assert [(entry.object_repr, entry.change_message) for entry in LogEntry.objects.order_by("pk")] == [
        ("old", "Changed: no longer the default."),
        ("new", "Added: groups (analytics), made the default."),
        ("new", "Changed: description."),
    ]


def test_the_form_refuses_what_the_page_refuses(client: Client, people: People) -> None:
    client.force_login(people.staff)
    fields = {"name": "new", "secret_arn": ARN, "auth_method": "iam", "tls_mode": "prefer", "max_parallel_reads": "8"}

    page = client.post(reverse("admin:connections_databaseconnection_add"), fields).content.decode()

    assert "An IAM token travels only over TLS" in page


def test_making_the_default_takes_one(client: Client, people: People, aws: str) -> None:
    client.force_login(people.staff)
    one, other = make_connection("one"), make_connection("other")

    assert "Choose one connection" in _act(client, "make_default", one, other)
    _act(client, "make_default", other)

    assert list(DatabaseConnection.objects.filter(is_default=True)) == [other]


def test_deleting_leads_to_the_page_that_asks_for_the_name(client: Client, people: People, aws: str) -> None:
    client.force_login(people.staff)
    connection = make_connection()

    answer = client.post(reverse("admin:connections_databaseconnection_delete", args=[connection.pk]), {"post": "yes"})

    assert answer["Location"] == "/connections/shop/delete/"
    assert "delete_selected" not in client.get(reverse(LIST)).content.decode()
    assert DatabaseConnection.objects.exists()


def test_the_list_asks_no_more_for_many(client: Client, people: People, django_assert_max_num_queries: Any) -> None:
    for number in range(20):
        DatabaseConnection.objects.create(name=f"c{number}", secret_arn=ARN)
    client.force_login(people.staff)

    with django_assert_max_num_queries(10):
        page = client.get(reverse(LIST)).content.decode()

    assert page.count("nothing") == 20
