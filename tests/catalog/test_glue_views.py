"""Glue's fragments in the rail, as htmx and as plain forms; what is kept of a picked table; and who is refused."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.contrib.auth.models import Group
from django.test import Client
from django.urls import reverse

from catalog.models import AnalysisSession, SourceKind
from tests.catalog.conftest import People
from tests.catalog.glue_room import make_database, make_table, storage

pytestmark = pytest.mark.django_db

HTMX = {"HX-Request": "true"}
PLACE = {"database": "analytics"}


@pytest.fixture(autouse=True)
def lake(aws: str, settings: Any) -> None:
    settings.PGSPARK_GLUE_ENABLED = True
    make_database()
    make_table("web_events", Parameters={"recordCount": "1200", "sizeKey": "34567"})
    make_table("orders_by_day", TableType="VIRTUAL_VIEW")
    make_table("<img onerror=alert(1)>", StorageDescriptor=storage({"<b>": "string"}))


def _url(name: str, session: AnalysisSession) -> str:
    return reverse(f"catalog:glue_{name}", args=[session.uuid])


def test_the_only_database_is_chosen(analyst: Client, session: AnalysisSession) -> None:
    fragment = analyst.get(_url("databases", session), headers=HTMX).content.decode()

    assert '<option value="analytics" selected>' in fragment
    assert "Reading tables" in fragment


def test_a_chosen_database_is_remembered(analyst: Client, session: AnalysisSession) -> None:
    fragment = analyst.post(_url("remember", session), PLACE, headers=HTMX).content.decode()

    session.refresh_from_db()
    assert session.picked_glue_database == "analytics"
    assert "Reading tables" in fragment


def test_tables_show_figures_and_what_cannot_be_picked(analyst: Client, session: AnalysisSession) -> None:
    fragment = analyst.get(_url("tables", session), PLACE, headers=HTMX).content.decode()

    assert "1\u202f200" in fragment
    assert "35\u00a0kB" in fragment
    assert "It is a view of Athena or Hive" in fragment
    assert 'value="orders_by_day"' not in fragment


def test_a_search(analyst: Client, session: AnalysisSession) -> None:
    fragment = analyst.get(_url("tables", session), PLACE | {"q": "event"}, headers=HTMX).content.decode()

    assert "web_events" in fragment
    assert "orders_by_day" not in fragment


def test_names_of_glue_are_text_and_no_markup(analyst: Client, session: AnalysisSession) -> None:
    tables = analyst.get(_url("tables", session), PLACE, headers=HTMX).content.decode()
    asked = PLACE | {"table": "<img onerror=alert(1)>"}
    columns = analyst.get(_url("columns", session), asked, headers=HTMX).content.decode()

    assert "<img onerror" not in tables + columns
    assert "<b>" not in columns
    assert "&lt;b&gt;" in columns


def test_columns_open_on_demand(analyst: Client, session: AnalysisSession) -> None:
    asked = PLACE | {"table": "web_events"}

    fragment = analyst.get(_url("columns", session), asked, headers=HTMX).content.decode()

    assert "bigint" in fragment
    assert "parquet in s3://lake/events/" in fragment


def test_a_failure_stands_in_its_place_with_advice(analyst: Client, session: AnalysisSession) -> None:
    answer = analyst.get(_url("tables", session), {"database": "never_made"}, headers=HTMX)

    assert answer.status_code == 200
    assert "The Glue database never_made does not exist" in answer.content.decode()
    assert "Try again" in answer.content.decode()


def test_picking_keeps_the_table_as_it_is_now(analyst: Client, session: AnalysisSession) -> None:
    click = PLACE | {"name": "web_events", "pick": "1"}

    answer = analyst.post(_url("pick", session), click, headers=HTMX)

    source = session.sources.get()
    assert (source.kind, source.database, source.table) == (SourceKind.GLUE, "analytics", "web_events")
    assert [column["type"] for column in source.columns] == ["bigint", "string"]
    assert source.statistics["location"] == "s3://lake/events/"
    fragment = answer.content.decode()
    assert 'id="count-glue" title="Picked" hx-swap-oob="true">1<' in fragment
    assert "Glue · analytics.web_events" in fragment
    assert "sources-changed" in json.loads(answer["HX-Trigger"])


def test_picking_twice_and_putting_back(analyst: Client, session: AnalysisSession) -> None:
    click = PLACE | {"name": "web_events", "pick": "1"}
    for _ in range(2):
        analyst.post(_url("pick", session), click, headers=HTMX)
    assert session.sources.count() == 1

    fragment = analyst.post(_url("pick", session), click | {"pick": ""}, headers=HTMX).content.decode()

    assert not session.sources.exists()
    assert "checked" not in fragment


@pytest.mark.parametrize(
    ("name", "status", "says"), [("orders_by_day", 409, "It is a view"), ("dropped", 404, "does not exist")]
)
def test_what_cannot_be_picked(analyst: Client, session: AnalysisSession, name: str, status: int, says: str) -> None:
    answer = analyst.post(_url("pick", session), PLACE | {"name": name, "pick": "1"}, headers=HTMX)

    assert answer.status_code == status
    assert says in answer.content.decode()
    assert not session.sources.exists()


def test_the_list_posts_as_a_plain_form(analyst: Client, session: AnalysisSession) -> None:
    data = PLACE | {"shown": ["web_events"], "source": ["web_events"]}

    assert analyst.post(_url("selection", session), data).status_code == 302
    assert session.sources.get().table == "web_events"

    analyst.post(_url("selection", session), PLACE | {"shown": ["web_events"]})
    assert not session.sources.exists()


def test_two_tables_of_one_name_get_names_of_their_own(analyst: Client, session: AnalysisSession) -> None:
    make_database("archive")
    make_table("web_events", database="archive")
    for database in ("analytics", "archive"):
        click = {"database": database, "name": "web_events", "pick": "1"}
        analyst.post(_url("pick", session), click, headers=HTMX)

    assert list(session.sources.values_list("alias", flat=True)) == ["web_events", "archive_web_events"]


def test_the_whole_panel_without_a_script(analyst: Client, session: AnalysisSession) -> None:
    session.picked_kind, session.picked_glue_database = SourceKind.GLUE, "analytics"
    session.save()

    page = analyst.get(f"/sessions/{session.uuid}/?rail=loaded").content.decode()

    assert 'value="web_events"' in page


def test_a_portal_without_glue_says_so(analyst: Client, session: AnalysisSession, settings: Any) -> None:
    settings.PGSPARK_GLUE_ENABLED = False
    session.picked_kind = SourceKind.GLUE
    session.save()

    assert "PGSPARK_GLUE_ENABLED" in analyst.get(f"/sessions/{session.uuid}/").content.decode()
    assert analyst.get(_url("databases", session), headers=HTMX).status_code == 403


READS = ["databases", "tables", "columns"]
WRITES = ["remember", "pick", "selection"]
_CLICK = PLACE | {"name": "web_events", "pick": "1", "source": "web_events"}


@pytest.mark.parametrize("name", READS + WRITES)
def test_only_the_groups_of_the_setting_use_glue(
    analyst: Client, session: AnalysisSession, people: People, settings: Any, name: str
) -> None:
    settings.PGSPARK_GLUE_GROUPS = ["data-lake"]
    ask = analyst.get if name in READS else analyst.post
    refused = ask(_url(name, session), _CLICK, headers=HTMX)

    people.owner.groups.add(Group.objects.create(name="data-lake"))

    assert refused.status_code == 403
    assert "groups" in refused.content.decode()
    assert ask(_url(name, session), _CLICK, headers=HTMX).status_code < 400


def test_a_remembered_database_that_is_out_of_reach_by_now(
    analyst: Client, session: AnalysisSession, settings: Any
) -> None:
    make_database("sales")
    settings.PGSPARK_GLUE_DATABASES = ["sales"]
    session.picked_glue_database = "analytics"
    session.save()

    assert '<option value="sales" selected>' in analyst.get(_url("databases", session)).content.decode()


@pytest.mark.parametrize("name", [*READS[1:], *WRITES])
def test_a_database_outside_the_setting_is_not_there(
    analyst: Client, session: AnalysisSession, settings: Any, name: str
) -> None:
    settings.PGSPARK_GLUE_DATABASES = ["sales"]
    ask = analyst.get if name in READS else analyst.post

    assert ask(_url(name, session), _CLICK, headers=HTMX).status_code == 404
    assert not session.sources.exists()


@pytest.mark.parametrize("name", READS + WRITES)
@pytest.mark.parametrize(("who", "status"), [("teammate", 403), ("outsider", 404), ("staff", 404)])
def test_only_the_owner_has_pickers(
    client: Client, session: AnalysisSession, people: People, name: str, who: str, status: int
) -> None:
    client.force_login(getattr(people, who))
    ask = client.get if name in READS else client.post

    assert ask(_url(name, session), _CLICK, headers=HTMX).status_code == status
    assert not session.sources.exists()


@pytest.mark.parametrize("name", READS)
def test_reading_needs_a_login(client: Client, session: AnalysisSession, name: str) -> None:
    assert client.get(_url(name, session), PLACE).status_code == 302
