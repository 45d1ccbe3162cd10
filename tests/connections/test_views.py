"""The page of connections: who sees which, who may test them, and who manages them."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.test import Client
from django.urls import reverse

from catalog.models import AnalysisSession, SelectedSource
from connections.models import DatabaseConnection
from tests.connections.conftest import People
from tests.connections.factories import make_connection, make_secret

pytestmark = pytest.mark.django_db

HTMX = {"HX-Request": "true"}
ARN = "arn:aws:secretsmanager:us-east-1:123456789012:secret:spark/postgres/example-AbCdEf"
LIST = "/connections/"
# Every address that changes something, and how it is asked.
WRITES = {
    "new": ("/connections/new/", "post"),
    "edit": ("/connections/shop/edit/", "post"),
    "enable": ("/connections/shop/enable/", "post"),
    "disable": ("/connections/shop/disable/", "post"),
    "default": ("/connections/shop/default/", "post"),
    "delete": ("/connections/shop/delete/", "post"),
    "new form": ("/connections/new/", "get"),
    "edit form": ("/connections/shop/edit/", "get"),
    "delete form": ("/connections/shop/delete/", "get"),
}


def entered(**fields: Any) -> dict[str, Any]:
    """What the form sends for a connection that may be stored."""
    valid = {"name": "new", "secret_arn": ARN, "tls_mode": "verify-full", "auth_method": "secret", "enabled": "on"}
    return valid | {"description": "", "reader_host": "", "max_parallel_reads": "8"} | fields


def test_a_person_sees_the_connections_of_their_groups(client: Client, people: People, aws: str) -> None:
    make_connection("open").groups.add(people.analytics)
    make_connection("closed")
    client.force_login(people.analyst)

    page = client.get(LIST)

    assert [c.name for c in page.context["connections"]] == ["open"]


def test_staff_see_all(client: Client, people: People, aws: str) -> None:
    make_connection("closed")
    client.force_login(people.staff)

    assert "closed" in client.get(LIST).content.decode()


def test_without_a_connection_the_page_says_whom_to_ask(client: Client, people: People) -> None:
    client.force_login(people.outsider)

    assert "Ask an administrator" in client.get(LIST).content.decode()


def test_without_a_connection_staff_may_add_one(client: Client, people: People) -> None:
    client.force_login(people.staff)

    assert reverse("connections:create") in client.get(LIST).content.decode()


@pytest.mark.parametrize(("address", "method"), [(LIST, "get"), ("/connections/shop/test/", "post"), *WRITES.values()])
def test_the_pages_need_a_login(client: Client, address: str, method: str) -> None:
    answer = getattr(client, method)(address)

    assert answer.status_code == 302
    assert answer["Location"].startswith("/accounts/login/")


def test_a_test_answers_with_the_checklist(client: Client, people: People, aws: str) -> None:
    make_connection().groups.add(people.analytics)
    client.force_login(people.analyst)

    fragment = client.post("/connections/shop/test/", headers=HTMX).content.decode()

    assert 'id="connection-shop"' in fragment
    assert "Login works" in fragment
    assert "<html" not in fragment


def test_a_test_warns_of_a_user_that_may_write(client: Client, people: People, aws: str) -> None:
    make_connection()
    client.force_login(people.staff)

    page = client.post("/connections/shop/test/").content.decode()

    assert "User may only read: warning" in page
    assert "it is a superuser" in page


def test_a_failed_test_shows_the_remedy_and_no_secret(client: Client, people: People, aws: str) -> None:
    secret = make_secret(username="canary_user", password="canary")
    make_connection(secret=secret).groups.add(people.analytics)
    client.force_login(people.analyst)

    page = client.post("/connections/shop/test/").content.decode()

    assert "Verify the secret" in page
    assert "canary" not in page
    assert secret.arn not in page


def test_an_outsider_may_not_test(client: Client, people: People, aws: str) -> None:
    connection = make_connection()
    client.force_login(people.outsider)

    answer = client.post("/connections/shop/test/")

    assert answer.status_code == 404
    connection.refresh_from_db()
    assert connection.last_tested_at is None


def test_a_test_is_no_get(client: Client, people: People) -> None:
    client.force_login(people.staff)

    assert client.get("/connections/shop/test/").status_code == 405


@pytest.mark.parametrize(("persona", "status"), [("analyst", 403), ("outsider", 404)])
@pytest.mark.parametrize("write", [name for name in WRITES if not name.startswith("new")])
def test_who_may_only_use_a_connection_may_not_change_it(
    client: Client, people: People, aws: str, persona: str, status: int, write: str
) -> None:
    connection = make_connection(enabled=write != "enable")
    connection.groups.add(people.analytics)
    before = DatabaseConnection.objects.values().get()
    client.force_login(getattr(people, persona))
    address, method = WRITES[write]

    answer = getattr(client, method)(address, {"name": "shop"})

    assert answer.status_code == status
    assert DatabaseConnection.objects.values().get() == before
    assert not LogEntry.objects.exists()


@pytest.mark.parametrize("persona", ["analyst", "outsider"])
@pytest.mark.parametrize("method", ["get", "post"])
def test_only_administrators_may_add(client: Client, people: People, persona: str, method: str) -> None:
    client.force_login(getattr(people, persona))

    assert getattr(client, method)("/connections/new/", entered()).status_code == 403
    assert not DatabaseConnection.objects.exists()


def test_members_see_no_button_that_they_may_not_press(client: Client, people: People, aws: str) -> None:
    make_connection().groups.add(people.analytics)
    client.force_login(people.analyst)

    page = client.get(LIST).content.decode()

    assert "/connections/shop/test/" in page
    assert [word for word in ("edit/", "disable/", "default/", "delete/", "new/") if f"shop/{word}" in page] == []


def test_adding(client: Client, people: People) -> None:
    client.force_login(people.staff)

    answer = client.post(
        "/connections/new/", entered(groups=[people.analytics.pk], make_default="on", auth_method="iam"), follow=True
    )

    added = DatabaseConnection.objects.get()
    assert (added.name, added.auth_method, added.is_default) == ("new", "iam", True)
    assert list(added.groups.all()) == [people.analytics]
    assert "new was added. Test it now." in answer.content.decode()
    assert LogEntry.objects.get().user == people.staff


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"name": ""}, "This field is required"),
        ({"name": "with blank"}, "valid “slug”"),
        ({"name": "taken"}, "already exists"),
        ({"secret_arn": "arn:aws:s3:::example"}, "Give the full ARN"),
        ({"secret_arn": ARN.replace("spark/postgres/", "other/")}, "PGSPARK_SECRETS_PREFIX"),
        ({"auth_method": "iam", "tls_mode": "prefer"}, "An IAM token travels only over TLS"),
        ({"auth_method": "iam", "tls_mode": "disable"}, "An IAM token travels only over TLS"),
        ({"reader_host": "a,b"}, "Give one host name"),
        ({"reader_host": "169.254.169.254"}, "PGSPARK_DATABASE_HOSTS"),
        ({"max_parallel_reads": "0"}, "greater than or equal to 1"),
    ],
)
def test_what_cannot_be_stored_is_said_at_its_field(
    client: Client, people: People, fields: dict[str, str], words: str
) -> None:
    DatabaseConnection.objects.create(name="taken", secret_arn=ARN)
    client.force_login(people.staff)

    answer = client.post("/connections/new/", entered(**fields))

    assert answer.status_code == 422
    assert words in answer.content.decode()
    assert DatabaseConnection.objects.count() == 1


def test_editing(client: Client, people: People, aws: str) -> None:
    connection = make_connection()
    client.force_login(people.staff)
    assert connection.secret_arn in client.get("/connections/shop/edit/").content.decode()

    client.post("/connections/shop/edit/", entered(name="renamed", secret_arn=connection.secret_arn))

    connection.refresh_from_db()
    assert (connection.name, connection.tls_mode) == ("renamed", "verify-full")
    assert LogEntry.objects.get().change_message == "Changed: name, TLS."


def test_a_field_that_is_no_field_of_the_form_changes_nothing(client: Client, people: People, aws: str) -> None:
    connection = make_connection()
    client.force_login(people.staff)

    client.post("/connections/shop/edit/", entered(name="shop", last_test_code="X", is_default="on", id="99", pk="99"))

    connection.refresh_from_db()
    assert (connection.last_test_code, connection.is_default) == ("", False)


def test_a_default_moves(client: Client, people: People, aws: str) -> None:
    make_connection("old", is_default=True)
    fresh = make_connection("fresh")
    client.force_login(people.staff)

    client.post("/connections/fresh/default/")

    assert list(DatabaseConnection.objects.filter(is_default=True)) == [fresh]


def test_disabling_and_enabling(client: Client, people: People, aws: str) -> None:
    connection = make_connection()
    client.force_login(people.staff)
    states = []
    for act in ("disable", "enable"):
        client.post(f"/connections/shop/{act}/")
        connection.refresh_from_db()
        states.append(connection.enabled)

    assert states == [False, True]


def test_deleting_asks_for_the_name(client: Client, people: People, aws: str) -> None:
    make_connection()
    client.force_login(people.staff)
    assert "Type shop to delete it" in client.get("/connections/shop/delete/").content.decode()
    refused = client.post("/connections/shop/delete/", {"name": "other"})
    assert refused.status_code == 400
    assert "Type shop to delete it" in refused.content.decode()

    answer = client.post("/connections/shop/delete/", {"name": "shop"}, follow=True)

    assert "shop was deleted" in answer.content.decode()
    assert not DatabaseConnection.objects.exists()


def test_a_used_connection_offers_to_be_disabled_instead(client: Client, people: People, aws: str) -> None:
    connection = make_connection()
    session = AnalysisSession.objects.create(owner=people.analyst)
    SelectedSource.objects.create(
        session=session, alias="t", connection=connection, database="d", schema="s", table="t"
    )
    client.force_login(people.staff)

    page = client.get("/connections/shop/delete/").content.decode()

    assert "used by 1 session." in page
    assert "Disable instead" in page
    assert 'name="name"' not in page
    assert client.post("/connections/shop/delete/", {"name": "shop"}).status_code == 409
    assert "Used by 1 session, 0 runs" in client.get(LIST).content.decode()


def test_what_people_wrote_is_shown_as_text(client: Client, people: People, aws: str) -> None:
    make_connection(description="<img src=x onerror=alert(1)>")
    client.force_login(people.staff)

    for address in (LIST, "/connections/shop/edit/"):
        assert "<img src=x" not in client.get(address).content.decode()
