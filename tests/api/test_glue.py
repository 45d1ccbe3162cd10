"""The Glue Catalog by the API."""

from __future__ import annotations

from typing import Any

import pytest

from catalog.models import AnalysisSession
from tests.api.client import ApiClient
from tests.catalog.glue_room import make_database, make_table

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _lake(aws: str, settings: Any) -> None:
    settings.PGSPARK_GLUE_ENABLED = True
    make_database("analytics")
    for name in ("events", "visits"):
        make_table(name)


def select(owner: ApiClient, session: AnalysisSession, names: list[str], status: int = 200) -> Any:
    tables = [{"database": "analytics", "table": name} for name in names]
    return owner.post(f"/api/sessions/{session.uuid}/select-glue-tables", {"tables": tables}, status)


def test_databases_and_tables_are_listed(owner: ApiClient) -> None:
    assert owner.get("/api/glue/databases")["databases"] == ["analytics"]
    answer = owner.get("/api/glue/analytics/tables", search="EVE")
    (table,) = answer["tables"]
    assert (table["name"], table["format"], table["unusable"]) == ("events", "parquet", "")
    assert [column["name"] for column in table["columns"]] == ["id", "kind"]
    assert answer["next_cursor"] is None
    assert owner.get("/api/glue/analytics/tables/events")["table"] == table


def test_what_is_not_there_is_said(owner: ApiClient) -> None:
    assert owner.get("/api/glue/nowhere/tables", 404)["error"]["code"] == "GLUE_DATABASE_NOT_FOUND"
    assert owner.get("/api/glue/analytics/tables/nowhere", 404)["error"]["code"] == "TABLE_NOT_FOUND"


def test_a_selection_of_glue_tables_replaces_only_those(owner: ApiClient, session: AnalysisSession) -> None:
    select(owner, session, ["events"])
    kept = session.sources.get(alias="events")
    answer = select(owner, session, ["events", "visits"])
    assert [one["alias"] for one in answer["selected_tables"]] == ["events", "visits"]
    assert session.sources.get(alias="events").pk == kept.pk
    select(owner, session, ["visits"])
    assert list(session.sources.values_list("alias", flat=True)) == ["customers", "orders", "visits"]


def test_a_selection_with_a_table_that_is_not_there_changes_nothing(owner: ApiClient, session: AnalysisSession) -> None:
    select(owner, session, ["events"])
    assert select(owner, session, ["visits", "nowhere"], 404)["error"]["code"] == "TABLE_NOT_FOUND"
    assert session.sources.filter(kind="GLUE").get().alias == "events"


def test_who_may_not_use_glue_is_told_so(owner: ApiClient, session: AnalysisSession, settings: Any) -> None:
    settings.PGSPARK_GLUE_GROUPS = ["lake"]
    assert owner.get("/api/glue/databases", 403)["error"]["code"] == "GLUE_NOT_ALLOWED"
    assert select(owner, session, ["events"], 403)["error"]["code"] == "GLUE_NOT_ALLOWED"
    settings.PGSPARK_GLUE_ENABLED = False
    assert owner.get("/api/glue/analytics/tables", 403)["error"]["code"] == "GLUE_DISABLED"
