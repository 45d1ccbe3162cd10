"""A picked table that has changed since is told column by column, and taken anew when the person asks."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import Any, LiteralString

import psycopg
import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse

from catalog import drift, glue_operations, operations
from catalog.models import AnalysisSession, SelectedSource
from catalog.types import TableRef
from connections.aws import client as aws_client
from connections.models import DatabaseConnection
from tests.catalog.conftest import People, Room
from tests.catalog.glue_room import make_database, make_table

pytestmark = pytest.mark.django_db


@pytest.fixture
def owner_of_tables(room: Room) -> Iterator[psycopg.Connection]:
    """Who changes tables behind the portal's back; two tables of its own, gone at the end."""
    with psycopg.connect(os.environ["DATABASE_URL"], dbname=room.database, autocommit=True) as owner:
        owner.execute("DROP TABLE IF EXISTS sales.shifting, sales.steady")
        owner.execute("CREATE TABLE sales.shifting (id int PRIMARY KEY, note text, amount int)")
        owner.execute("CREATE TABLE sales.steady (id int)")
        owner.execute(f"GRANT SELECT ON sales.shifting, sales.steady TO {room.reader}")  # type: ignore[arg-type]
        yield owner
        owner.execute("DROP TABLE IF EXISTS sales.shifting, sales.steady")


@pytest.fixture
def picked(
    session: AnalysisSession,
    people: People,
    connection: DatabaseConnection,
    room: Room,
    owner_of_tables: psycopg.Connection,
) -> list[SelectedSource]:
    refs = [TableRef(room.database, "sales", name) for name in ("shifting", "steady")]
    return operations.add_sources(session=session, user=people.owner, connection=connection, refs=refs)


def _change(owner: psycopg.Connection, *statements: LiteralString) -> None:
    for statement in statements:
        owner.execute(statement)


def _drifts(session: AnalysisSession, user: User) -> tuple[drift.Drift, ...]:
    return drift.report(user, session.sources.all()).drifts


def test_what_is_as_it_was_is_not_mentioned(
    picked: list[SelectedSource], session: AnalysisSession, people: People
) -> None:
    assert drift.report(people.owner, session.sources.all()) == drift.Report((), ())


def test_added_removed_and_retyped_columns_are_told(
    picked: list[SelectedSource], session: AnalysisSession, people: People, owner_of_tables: psycopg.Connection
) -> None:
    _change(
        owner_of_tables,
        "ALTER TABLE sales.shifting ADD COLUMN discount numeric(5,2), DROP COLUMN note, ALTER amount TYPE bigint",
    )

    (found,) = _drifts(session, people.owner)

    assert found.source == picked[0]
    assert found.added == (("discount", "numeric(5,2)"),)
    assert found.removed == (("note", "text"),)
    assert found.retyped == (("amount", "integer", "bigint"),)


@pytest.mark.parametrize(
    "change",
    ["DROP TABLE sales.shifting", "ALTER TABLE sales.shifting RENAME TO moved", "REVOKE ALL ON sales.shifting"],
)
def test_a_table_that_can_be_read_no_more_is_gone(
    picked: list[SelectedSource],
    session: AnalysisSession,
    people: People,
    room: Room,
    owner_of_tables: psycopg.Connection,
    change: LiteralString,
) -> None:
    _change(owner_of_tables, change + (f" FROM {room.reader}" if change.startswith("REVOKE") else ""))  # type: ignore[arg-type]

    (found,) = _drifts(session, people.owner)

    assert (found.source, found.is_gone) == (picked[0], True)
    owner_of_tables.execute("DROP TABLE IF EXISTS sales.moved")


def test_a_database_that_does_not_answer_hides_nothing_of_the_others(
    picked: list[SelectedSource],
    session: AnalysisSession,
    people: People,
    settings: Any,
) -> None:
    settings.PGSPARK_GLUE_ENABLED = True
    make_database("analytics")
    make_table("events")
    glue_operations.add_tables(session=session, user=people.owner, database="analytics", names=["events"])
    aws_client("glue").delete_table(DatabaseName="analytics", Name="events")
    DatabaseConnection.objects.update(enabled=False)

    told = drift.report(people.owner, session.sources.all())

    assert [found.source.table for found in told.drifts] == ["events"]
    assert [error.code for error in told.errors] == ["CONNECTION_DISABLED"]


def test_the_page_shows_the_change_and_takes_it(
    picked: list[SelectedSource], session: AnalysisSession, analyst: Client, owner_of_tables: psycopg.Connection
) -> None:
    _change(owner_of_tables, 'ALTER TABLE sales.shifting ADD COLUMN "<b>bold</b>" text')
    changes = reverse("catalog:source_changes", args=[session.uuid])
    refresh = reverse("catalog:refresh", args=[session.uuid, picked[0].pk])

    before = analyst.get(changes).content.decode()
    answer = analyst.post(refresh, headers={"HX-Request": "true"})

    assert "&lt;b&gt;bold&lt;/b&gt;" in before and refresh in before
    assert "sources-changed" in answer["HX-Trigger"]
    assert "has changed" not in answer.content.decode()
    picked[0].refresh_from_db()
    assert picked[0].alias == "shifting"
    assert [column["name"] for column in picked[0].columns][-1] == "<b>bold</b>"


def test_a_plain_form_leads_back_to_the_page(
    picked: list[SelectedSource], session: AnalysisSession, analyst: Client
) -> None:
    answer = analyst.post(reverse("catalog:refresh", args=[session.uuid, picked[0].pk]))

    assert answer.headers["Location"] == reverse("jobs:session", args=[session.uuid])


@pytest.mark.parametrize(("who", "status"), [("teammate", 403), ("outsider", 404), ("staff", 404)])
def test_only_the_owner_looks_for_changes_and_takes_them(
    picked: list[SelectedSource], session: AnalysisSession, people: People, client: Client, who: str, status: int
) -> None:
    client.force_login(getattr(people, who))

    assert client.get(reverse("catalog:source_changes", args=[session.uuid])).status_code == status
    assert client.post(reverse("catalog:refresh", args=[session.uuid, picked[0].pk])).status_code == status
