"""The page of connections: who sees which, and who may test them."""

from __future__ import annotations

import pytest
from django.test import Client
from django.urls import reverse

from tests.connections.conftest import People
from tests.connections.factories import make_connection, make_secret

pytestmark = pytest.mark.django_db

HTMX = {"HX-Request": "true"}


def test_a_person_sees_the_connections_of_their_groups(client: Client, people: People, aws: str) -> None:
    make_connection("open").groups.add(people.analytics)
    make_connection("closed")
    client.force_login(people.analyst)

    page = client.get(reverse("connections:list"))

    assert [c.name for c in page.context["connections"]] == ["open"]


def test_staff_see_all(client: Client, people: People, aws: str) -> None:
    make_connection("closed")
    client.force_login(people.staff)

    assert "closed" in client.get(reverse("connections:list")).content.decode()


def test_without_a_connection_the_page_says_whom_to_ask(client: Client, people: People) -> None:
    client.force_login(people.outsider)

    assert "Ask an administrator" in client.get(reverse("connections:list")).content.decode()


@pytest.mark.parametrize("method", ["get", "post"])
def test_the_pages_need_a_login(client: Client, method: str) -> None:
    address = reverse("connections:list") if method == "get" else reverse("connections:test", args=["shop"])

    assert getattr(client, method)(address).status_code == 302


def test_a_test_answers_with_the_checklist(client: Client, people: People, aws: str) -> None:
    make_connection().groups.add(people.analytics)
    client.force_login(people.analyst)

    fragment = client.post(reverse("connections:test", args=["shop"]), headers=HTMX).content.decode()

    assert 'id="connection-shop"' in fragment
    assert "Login works" in fragment
    assert "<html" not in fragment


def test_a_failed_test_shows_the_remedy_and_no_secret(client: Client, people: People, aws: str) -> None:
    secret = make_secret(username="canary_user", password="canary")
    make_connection(secret=secret).groups.add(people.analytics)
    client.force_login(people.analyst)

    page = client.post(reverse("connections:test", args=["shop"])).content.decode()

    assert "Verify the secret" in page
    assert "canary" not in page
    assert secret.arn not in page


def test_an_outsider_may_not_test(client: Client, people: People, aws: str) -> None:
    connection = make_connection()
    client.force_login(people.outsider)

    answer = client.post(reverse("connections:test", args=["shop"]))

    assert answer.status_code == 404
    connection.refresh_from_db()
    assert connection.last_tested_at is None


def test_a_test_is_no_get(client: Client, people: People) -> None:
    client.force_login(people.staff)

    assert client.get(reverse("connections:test", args=["shop"])).status_code == 405
