"""Sessions and selections: what is kept, what is refused, and that nothing is half done."""

from __future__ import annotations

import threading
from typing import Any

import pytest
from django.db import connection as portal_database

from catalog import operations, postgres
from catalog.models import AnalysisSession
from catalog.types import TableRef
from connections.errors import PortalError
from connections.models import DatabaseConnection
from tests.catalog.conftest import ODD, People, Room
from tests.connections.factories import make_connection

pytestmark = pytest.mark.django_db


@pytest.fixture
def pick(session: AnalysisSession, people: People, connection: DatabaseConnection, room: Room) -> Any:
    def picked(*names: str, schema: str = "sales") -> list[Any]:
        refs = [TableRef(room.database, schema, name) for name in names]
        return operations.add_sources(session=session, user=people.owner, connection=connection, refs=refs)

    return picked


def test_a_picked_table_keeps_its_columns_and_statistics(pick: Any) -> None:
    (source,) = pick("order_items")

    source.refresh_from_db()
    assert source.alias == "order_items"
    assert source.columns[0] == {
        "name": "x",
        "type": "integer",
        "nullable": True,
        "is_primary_key": False,
        "is_foreign_key": True,
        "comment": "",
    }
    assert source.statistics.pop("key_facts")["keys"] == []
    assert source.statistics == {
        "estimated_rows": None,
        "size_bytes": None,
        "comment": "",
        "kind": "table",
        "average_row_bytes": None,
        "foreign_keys": [
            {
                "columns": ["x", "y"],
                "target_schema": "sales",
                "target_table": "orders",
                "target_columns": ["a", "b"],
            }
        ],
        "unique_keys": [],
        "indexes": [],
        "partitions": 0,
    }


def test_picking_twice_picks_once(pick: Any, session: AnalysisSession) -> None:
    pick("orders")
    pick("orders", "orders")

    assert session.sources.count() == 1


def test_one_missing_table_picks_nothing(pick: Any, session: AnalysisSession) -> None:
    with pytest.raises(PortalError, match="TABLE_NOT_FOUND"):
        pick("orders", "never_made")

    assert not session.sources.exists()


def test_an_unreadable_table_is_refused(pick: Any) -> None:
    with pytest.raises(PortalError, match="PERMISSION_DENIED"):
        pick("secret")


def test_a_session_holds_only_so_many(pick: Any, session: AnalysisSession, settings: Any) -> None:
    settings.PGSPARK_MAX_SOURCES = 2
    pick("orders", "customers")

    with pytest.raises(PortalError, match="TOO_MANY_SOURCES"):
        pick("order_items")

    assert session.sources.count() == 2


def test_permission_is_checked_before_anything_is_read(
    session: AnalysisSession, people: People, aws: str, room: Room, monkeypatch: pytest.MonkeyPatch
) -> None:
    closed = make_connection("closed")
    read: list[Any] = []
    monkeypatch.setattr(postgres, "table_details", lambda *a: read.append(a))

    with pytest.raises(PortalError, match="CONNECTION_NOT_ALLOWED"):
        operations.add_sources(
            session=session, user=people.owner, connection=closed, refs=[TableRef(room.database, "sales", "orders")]
        )

    assert read == []


def test_a_disabled_connection_gives_no_tables(pick: Any, connection: DatabaseConnection) -> None:
    connection.enabled = False
    connection.save(update_fields=["enabled"])

    with pytest.raises(PortalError, match="CONNECTION_DISABLED"):
        pick("orders")


def test_the_checkbox_list_leaves_other_tables_alone(
    pick: Any, session: AnalysisSession, people: People, connection: DatabaseConnection, room: Room
) -> None:
    pick("orders", "customers")
    pick("Upper", schema=ODD)

    operations.set_selection(
        session=session,
        user=people.owner,
        connection=connection,
        database=room.database,
        schema="sales",
        shown=["orders", "order_items"],
        picked=["order_items"],
    )

    assert sorted(session.sources.values_list("table", flat=True)) == ["Upper", "customers", "order_items"]


def test_renaming_an_alias(pick: Any, session: AnalysisSession) -> None:
    (source,) = pick("orders")

    operations.rename_alias(session=session, source_id=source.pk, alias="placed")

    source.refresh_from_db()
    assert source.alias == "placed"


def test_an_alias_stands_once(pick: Any, session: AnalysisSession) -> None:
    orders, _ = pick("orders", "customers")

    with pytest.raises(PortalError, match="ALIAS_TAKEN"):
        operations.rename_alias(session=session, source_id=orders.pk, alias="Customers")


def test_a_source_of_another_session_is_not_renamed(pick: Any, people: People) -> None:
    (source,) = pick("orders")
    other = AnalysisSession.objects.create(owner=people.outsider)

    with pytest.raises(PortalError, match="NOT_FOUND"):
        operations.rename_alias(session=other, source_id=source.pk, alias="mine")


def test_a_source_of_another_session_is_not_removed(pick: Any, session: AnalysisSession, people: People) -> None:
    (source,) = pick("orders")
    other = AnalysisSession.objects.create(owner=people.outsider)

    operations.remove_source(session=other, source_id=source.pk)

    assert session.sources.exists()


def test_a_new_session_stands_where_the_last_one_stood(people: People, connection: DatabaseConnection) -> None:
    first = operations.create_session(owner=people.owner)
    operations.remember_picker(session=first, connection=connection, database="shop", schema="sales")

    second = operations.create_session(owner=people.owner)

    assert (second.picked_connection, second.picked_database, second.picked_schema) == (connection, "shop", "sales")


def test_a_first_session_stands_on_the_default_connection(
    people: People, connection: DatabaseConnection, aws: str
) -> None:
    default = make_connection("zz-default", is_default=True)
    default.groups.add(people.group)

    assert operations.create_session(owner=people.owner).picked_connection == default


def test_a_draft_of_any_length_is_kept(session: AnalysisSession) -> None:
    operations.save_draft(session=session, prompt="wörd " * 20_000 + "\x00")

    session.refresh_from_db()
    assert len(session.draft_prompt) == 100_000
    assert session.draft_saved_at


@pytest.mark.parametrize(
    ("title", "kept"), [("  Top   ten ", "Top ten"), (" ", "New question"), ("x" * 200, "x" * 120)]
)
def test_a_title_is_one_short_line(session: AnalysisSession, title: str, kept: str) -> None:
    operations.rename_session(session=session, title=title)

    session.refresh_from_db()
    assert session.title == kept


@pytest.mark.django_db(transaction=True)
def test_two_clicks_at_once_pick_once(pick: Any, session: AnalysisSession) -> None:
    failures: list[BaseException] = []

    def click() -> None:
        try:
            pick("orders")
        except Exception as error:
            failures.append(error)
        finally:
            portal_database.close()

    threads = [threading.Thread(target=click) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert failures == []
    assert session.sources.count() == 1
