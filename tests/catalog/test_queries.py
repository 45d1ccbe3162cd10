"""Which sessions a person sees, and where the pickers of one stand."""

from __future__ import annotations

import pytest
from django.http import Http404

from catalog import operations, postgres, queries
from catalog.models import AnalysisSession
from connections.errors import PortalError
from connections.models import DatabaseConnection
from tests.catalog.conftest import People, Room
from tests.connections.factories import make_connection

pytestmark = pytest.mark.django_db


def test_a_shared_session_is_seen_and_not_changed(session: AnalysisSession, people: People) -> None:
    assert queries.session_for(people.teammate, session.uuid) == session
    with pytest.raises(PortalError, match="READ_ONLY"):
        queries.own_session(people.teammate, session.uuid)


@pytest.mark.parametrize("who", ["outsider", "staff"])
def test_other_peoples_sessions_are_not_there(session: AnalysisSession, people: People, who: str) -> None:
    with pytest.raises(Http404):
        queries.session_for(getattr(people, who), session.uuid)


def test_the_page_asks_no_database(
    session: AnalysisSession, people: People, connection: DatabaseConnection, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[object] = []
    monkeypatch.setattr(postgres, "borrow", lambda *a: asked.append(a))

    rail = queries.rail_context(session, people.owner, {})["rail"]

    assert rail.databases.state == "waiting"
    assert rail.place.connection == connection
    assert asked == []


def test_without_javascript_the_page_loads_all_levels(
    session: AnalysisSession, people: People, connection: DatabaseConnection, room: Room
) -> None:
    operations.remember_picker(session=session, connection=connection, database=room.database, schema="sales")

    rail = queries.rail_context(session, people.owner, {"rail": "loaded"})["rail"]

    assert [level.state for level in (rail.databases, rail.schemas, rail.tables)] == ["loaded"] * 3
    assert "customers" in [row.summary.name for group in rail.tables.groups for row in group.rows]


def test_a_level_that_fails_stands_in_its_place(
    session: AnalysisSession, people: People, connection: DatabaseConnection
) -> None:
    operations.remember_picker(session=session, connection=connection, database="never_made", schema="sales")

    rail = queries.rail_context(session, people.owner, {"rail": "loaded"})["rail"]

    assert rail.databases.state == "loaded"
    assert rail.databases.chosen == ""
    assert rail.schemas.state == "blocked"


def test_a_connection_that_was_taken_away_is_not_remembered(
    session: AnalysisSession, people: People, connection: DatabaseConnection, aws: str
) -> None:
    operations.remember_picker(session=session, connection=make_connection("closed"), database="x", schema="y")

    place = queries.place_of(session, people.owner, {})

    assert (place.connection, place.database) == (connection, "")


def test_a_read_only_viewer_gets_no_pickers(session: AnalysisSession, people: People) -> None:
    context = queries.rail_context(session, people.teammate, {})

    assert "rail" not in context
    assert not context["can_edit"]
