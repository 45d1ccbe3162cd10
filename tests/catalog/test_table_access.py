"""Who may see what of a table, one statement for each look, and no parameter of any fragment that is SQL."""

from __future__ import annotations

from itertools import product
from typing import Any

import psycopg
import pytest
from django.test import Client
from django.urls import reverse

from catalog.models import AnalysisSession, FavouriteTable, TableNote
from connections.models import DatabaseConnection
from tests.catalog.conftest import People, Room
from tests.connections.factories import make_connection

pytestmark = pytest.mark.django_db

HTMX = {"HX-Request": "true"}


@pytest.fixture
def analyst(client: Client, people: People) -> Client:
    client.force_login(people.owner)
    return client


@pytest.fixture
def place(connection: DatabaseConnection, room: Room) -> dict[str, str]:
    return {"connection": "shop", "database": room.database, "schema": "sales"}


def _url(name: str, session: AnalysisSession) -> str:
    return reverse(f"catalog:{name}", args=[session.uuid])


def _get(client: Client, name: str, session: AnalysisSession, data: dict[str, Any]) -> str:
    answer = client.get(_url(name, session), data, headers=HTMX)
    assert answer.status_code == 200
    return answer.content.decode()


READS = ["columns", "preview", "statistics", "sample", "search", "pinned", "tables", "schemas", "databases"]
WRITES = ["star", "note"]
# Each holds whatever could end a literal, a name or a placeholder; NUL would hide the rest of a text.
INJECTIONS = ["' OR 1=1 --", """'"; DROP TABLE sales.orders; -- %s %(x)s {0} $1 \\""", "a\x00b"]


@pytest.mark.parametrize("name", READS)
def test_no_parameter_is_sql(analyst: Client, session: AnalysisSession, place: dict[str, str], name: str) -> None:
    parameters = ("connection", "database", "schema", "table", "name", "q", "after", "all", "fresh")
    for parameter, text in product(parameters, INJECTIONS):
        answer = analyst.get(_url(name, session), place | {"table": "orders", parameter: text}, headers=HTMX)

        assert answer.status_code in (200, 404), (parameter, text)
        assert "syntax" not in answer.content.decode().lower(), (parameter, text)


@pytest.mark.parametrize("name", [*WRITES, "pick", "remember", "selection"])
def test_no_field_is_sql(analyst: Client, session: AnalysisSession, place: dict[str, str], name: str) -> None:
    fields = ("connection", "database", "schema", "name", "table", "shown", "at", "text", "on", "changed")
    for field, text in product(fields, INJECTIONS):
        data = place | {"name": "orders", "text": "x", "pick": "1", field: text}

        answer = analyst.post(_url(name, session), data, headers=HTMX)

        assert answer.status_code < 500, (field, text)


@pytest.mark.parametrize("name", [*READS, *WRITES])
def test_it_needs_a_login(client: Client, session: AnalysisSession, name: str) -> None:
    send = client.post if name in WRITES else client.get

    assert send(_url(name, session)).status_code == 302


@pytest.mark.parametrize("name", [*READS, *WRITES])
@pytest.mark.parametrize(("who", "status"), [("teammate", 403), ("outsider", 404), ("staff", 404)])
def test_only_the_sessions_owner_may(
    client: Client, session: AnalysisSession, people: People, place: dict[str, str], name: str, who: str, status: int
) -> None:
    client.force_login(getattr(people, who))
    send = client.post if name in WRITES else client.get

    answer = send(_url(name, session), place | {"name": "orders", "table": "orders", "text": "x"}, headers=HTMX)

    assert answer.status_code == status
    assert not TableNote.objects.exists()


@pytest.mark.parametrize("name", ["columns", "preview", "statistics", "sample", *WRITES])
def test_a_connection_of_others_is_not_there(
    analyst: Client, session: AnalysisSession, aws: str, place: dict[str, str], name: str
) -> None:
    make_connection("closed")
    send = analyst.post if name in WRITES else analyst.get

    answer = send(_url(name, session), place | {"connection": "closed", "name": "t", "table": "t"}, headers=HTMX)

    assert answer.status_code == 404
    assert not FavouriteTable.objects.exists()


@pytest.mark.parametrize("name", ["tables", "columns", "preview", "statistics", "search", "pinned"])
def test_one_request_is_one_statement(
    analyst: Client, session: AnalysisSession, place: dict[str, str], name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Beside what was read before: the detail that statistics need too, the names that a list has read for searches."""
    if name == "statistics":
        _get(analyst, "preview", session, place | {"table": "orders"})
    if name == "tables":
        _get(analyst, "search", session, place | {"q": "orders"})
    statements: list[Any] = []
    real = psycopg.Cursor.execute
    monkeypatch.setattr(
        psycopg.Cursor,
        "execute",
        lambda self, query, *rest, **more: (
            statements.append(query) if "FROM pg_catalog" in str(query) else None,
            real(self, query, *rest, **more),
        )[1],
    )

    _get(analyst, name, session, place | {"table": "orders", "q": "orders", "name": "orders"})

    assert len(statements) == 1
