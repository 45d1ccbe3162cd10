"""What administrators do to connections: who may, what is refused, and what the audit keeps."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Group, Permission, User
from django.utils import timezone

from catalog.models import AnalysisSession, FavouriteTable, SelectedSource, TableNote
from connections import operations, queries
from connections.errors import PortalError
from connections.models import DatabaseConnection
from connections.pool import borrow
from tests.connections.conftest import People
from tests.connections.factories import make_connection
from tests.jobs.factories import RunFactory

pytestmark = pytest.mark.django_db

ARN = "arn:aws:secretsmanager:us-east-1:123456789012:secret:spark/postgres/example-AbCdEf"


def stored(name: str = "shop", **fields: Any) -> DatabaseConnection:
    return DatabaseConnection.objects.create(name=name, secret_arn=ARN, **fields)


def new(name: str = "shop", **fields: Any) -> DatabaseConnection:
    return DatabaseConnection(name=name, secret_arn=ARN, **fields)


def audit() -> list[tuple[str, str]]:
    return [(entry.object_repr, entry.change_message) for entry in LogEntry.objects.order_by("pk")]


def used(connection: DatabaseConnection, owner: User) -> AnalysisSession:
    session = AnalysisSession.objects.create(owner=owner)
    SelectedSource.objects.create(
        session=session, alias="t", connection=connection, database="d", schema="s", table="t"
    )
    return session


def test_a_new_connection_is_stored_with_its_groups_and_logged(people: People) -> None:
    operations.save_connection(connection=new(), groups=[people.analytics], is_default=True, by=people.staff)

    connection = DatabaseConnection.objects.get()
    assert list(connection.groups.all()) == [people.analytics]
    assert connection.is_default
    assert audit() == [("shop", "Added: groups (analytics), made the default.")]


def test_a_change_is_logged_by_what_and_not_by_value(people: People) -> None:
    connection = stored()
    connection.description, connection.tls_mode = "canary", "verify-full"

    changes = operations.save_connection(connection=connection, by=people.staff)

    assert changes == ["description", "TLS"]
    assert audit() == [("shop", "Changed: description, TLS.")]


def test_saving_what_is_stored_already_is_no_change(people: People) -> None:
    connection = stored()
    connection.groups.add(people.analytics)

    changes = operations.save_connection(
        connection=connection, groups=[people.analytics], is_default=False, by=people.staff
    )

    assert (changes, audit()) == ([], [])


def test_an_edit_stores_only_what_was_edited(people: People) -> None:
    connection = stored()
    DatabaseConnection.objects.update(description="written meanwhile", last_test_code="X")
    connection.max_parallel_reads = 4
    connection.description = "written meanwhile"

    operations.save_connection(connection=connection, by=people.staff)

    assert DatabaseConnection.objects.get().max_parallel_reads == 4


@pytest.mark.parametrize(
    "change", [{"tls_mode": "verify-full"}, {"secret_arn": ARN + "x"}, {"reader_host": "db.example"}]
)
def test_a_change_of_where_it_leads_makes_the_last_test_void(people: People, change: dict[str, str]) -> None:
    connection = stored(last_tested_at=timezone.now(), last_test_code="HOST_NOT_FOUND")
    for name, value in change.items():
        setattr(connection, name, value)

    operations.save_connection(connection=connection, by=people.staff)

    assert DatabaseConnection.objects.get().test_state == "untested"


def test_a_new_default_takes_the_place_of_the_old_and_both_are_logged(people: People) -> None:
    stored("old", is_default=True)
    fresh = stored("fresh")

    operations.make_default(connection=fresh, by=people.staff)

    assert list(DatabaseConnection.objects.filter(is_default=True)) == [fresh]
    assert audit() == [("old", "Changed: no longer the default."), ("fresh", "Changed: made the default.")]


def test_making_the_default_the_default_changes_nothing(people: People) -> None:
    operations.make_default(connection=stored(is_default=True), by=people.staff)

    assert audit() == []


def test_disabling_is_logged_and_closes_what_is_open(
    people: People, aws: str, django_capture_on_commit_callbacks: Any
) -> None:
    connection = make_connection()
    with borrow(connection) as session:
        pid = session.info.backend_pid

    with django_capture_on_commit_callbacks(execute=True):
        operations.set_enabled(connection=connection, enabled=False, by=people.staff)

    with borrow(connection) as session:
        assert session.info.backend_pid != pid
    assert audit() == [("shop", "Changed: disabled.")]


def test_disabling_twice_is_one_change(people: People) -> None:
    connection = stored()
    for _ in range(2):
        operations.set_enabled(connection=connection, enabled=False, by=people.staff)

    assert audit() == [("shop", "Changed: disabled.")]


def test_deleting_one_connection_leaves_the_pools_of_others_open(
    people: People, aws: str, django_capture_on_commit_callbacks: Any
) -> None:
    other, gone = make_connection("other"), make_connection("gone")
    with borrow(other) as session:
        pid = session.info.backend_pid

    with django_capture_on_commit_callbacks(execute=True):
        operations.delete_connection(connection=gone, typed_name="gone", by=people.staff)

    with borrow(other) as session:
        assert session.info.backend_pid == pid
    assert audit() == [("gone", "Deleted.")]


@pytest.mark.parametrize("typed", ["", "Shop", "shop2"])
def test_deleting_needs_the_very_name(people: People, typed: str) -> None:
    with pytest.raises(PortalError, match="CONNECTION_NAME_NOT_TYPED"):
        operations.delete_connection(connection=stored(), typed_name=typed, by=people.staff)

    assert DatabaseConnection.objects.count() == 1


def test_a_connection_in_use_is_not_deleted_and_says_what_would_break(people: People) -> None:
    connection = stored()
    used(connection, people.analyst)
    used(connection, people.outsider)

    with pytest.raises(PortalError) as failure:
        operations.delete_connection(connection=connection, typed_name="shop", by=people.staff)

    assert failure.value.code == "CONNECTION_IN_USE"
    assert "used by 2 sessions," in failure.value.message
    assert "Disable" in failure.value.hint
    assert (DatabaseConnection.objects.count(), audit()) == (1, [])


def test_what_goes_with_a_connection_is_counted(people: People) -> None:
    connection = stored()
    connection.groups.add(people.analytics)
    place = {"kind": "POSTGRES", "connection": connection, "database": "d", "schema": "s"}
    for table in ("one", "two"):
        TableNote.objects.create(table=table, text="x", **place)
    FavouriteTable.objects.create(table="one", user=people.analyst, **place)

    assert queries.deleted_with(connection) == ["1 favourite table", "2 table notes"]


ACTS = {
    "add": lambda connection, by: operations.save_connection(connection=new("other"), by=by),
    "edit": lambda connection, by: operations.save_connection(connection=connection, by=by),
    "disable": lambda connection, by: operations.set_enabled(connection=connection, enabled=False, by=by),
    "default": lambda connection, by: operations.make_default(connection=connection, by=by),
    "delete": lambda connection, by: operations.delete_connection(connection=connection, typed_name="shop", by=by),
}


@pytest.mark.parametrize("act", ACTS)
@pytest.mark.parametrize("persona", ["analyst", "outsider", "helper"])
def test_only_administrators_may(people: People, act: str, persona: str) -> None:
    """`helper` signs in to the admin, but was not given the permission."""
    connection = stored()
    connection.groups.add(people.analytics)
    helper = User.objects.create_user("helper", is_staff=True)

    with pytest.raises(PortalError, match="CONNECTION_MANAGERS_ONLY"):
        ACTS[act](connection, helper if persona == "helper" else getattr(people, persona))

    assert DatabaseConnection.objects.get().enabled
    assert audit() == []


@pytest.mark.parametrize(
    ("act", "permission"),
    [("add", "add"), ("edit", "change"), ("disable", "change"), ("default", "change"), ("delete", "delete")],
)
def test_a_permission_of_the_admin_is_enough(people: People, act: str, permission: str) -> None:
    helper = User.objects.create_user("helper", is_staff=True)
    helper.user_permissions.add(Permission.objects.get(codename=f"{permission}_databaseconnection"))

    ACTS[act](stored(), helper)


def test_a_command_of_the_machine_needs_no_account(db: None) -> None:
    operations.save_connection(connection=new(), groups=[Group.objects.create(name="x")], by=None)

    assert DatabaseConnection.objects.count() == 1


def test_usage_counts_sessions_and_runs_once(people: People) -> None:
    connection = stored()
    session = used(connection, people.analyst)
    SelectedSource.objects.create(
        session=session, alias="u", connection=connection, database="d", schema="s", table="u"
    )

    assert queries.usage_of(connection).in_words == "1 session"


def test_usage_counts_the_runs_of_its_sessions_once(people: People) -> None:
    """Two tables of one session, two runs: not four."""
    connection = stored()
    session = used(connection, people.analyst)
    SelectedSource.objects.create(
        session=session, alias="u", connection=connection, database="d", schema="s", table="u"
    )
    for _ in range(2):
        RunFactory(code_version__session=session)

    assert queries.usage_of(connection).in_words == "1 session with 2 runs"


def test_the_list_asks_the_same_number_of_questions_for_one_and_for_many(
    people: People, django_assert_num_queries: Any
) -> None:
    used(stored("first"), people.analyst)
    with django_assert_num_queries(2):
        list(queries.connections_for(people.staff))
    for number in range(5):
        used(stored(f"more-{number}"), people.analyst)

    with django_assert_num_queries(2):
        found = list(queries.connections_for(people.staff))

    assert [connection.session_count for connection in found] == [1] * 6
