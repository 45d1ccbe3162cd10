"""The rail's tabs: which is open, what they count, and that chips of every kind say where their source is."""

from __future__ import annotations

import pytest
from django.test import Client
from django.urls import reverse

from catalog import queries
from catalog.models import AnalysisSession, SelectedSource, SourceKind
from tests.catalog.conftest import People

pytestmark = pytest.mark.django_db

HTMX = {"HX-Request": "true"}


def _url(session: AnalysisSession) -> str:
    return reverse("catalog:tab", args=[session.uuid])


def _glue_and_file(session: AnalysisSession) -> None:
    SelectedSource.objects.create(
        session=session, alias="events", kind=SourceKind.GLUE, database="analytics", table="web_events"
    )
    SelectedSource.objects.create(
        session=session, alias="may", kind=SourceKind.CSV, table="may.csv", uri="s3://example/reports/may.csv"
    )


def test_a_tab_stays_open(analyst: Client, session: AnalysisSession) -> None:
    fragment = analyst.post(_url(session), {"kind": "CSV"}, headers=HTMX).content.decode()

    session.refresh_from_db()
    assert session.picked_kind == SourceKind.CSV
    assert 'id="tab-csv" aria-current="true"' in fragment
    assert 'id="tab-csv" aria-current="true"' in analyst.get(f"/sessions/{session.uuid}/").content.decode()


def test_a_tab_opens_as_a_plain_form(analyst: Client, session: AnalysisSession) -> None:
    answer = analyst.post(_url(session), {"kind": "GLUE"})

    assert answer["Location"].endswith(f"/sessions/{session.uuid}/?rail=loaded#rail")


def test_an_unknown_tab_is_not_there(analyst: Client, session: AnalysisSession) -> None:
    assert analyst.post(_url(session), {"kind": "ORACLE"}).status_code == 404


def test_each_tab_counts_its_own(session: AnalysisSession, people: People) -> None:
    _glue_and_file(session)

    tabs = queries.sources_context(session, people.owner)["tabs"]

    assert [(tab.kind, tab.count) for tab in tabs] == [("POSTGRES", 0), ("GLUE", 1), ("CSV", 1)]


def test_chips_of_every_kind_say_their_place(analyst: Client, session: AnalysisSession) -> None:
    _glue_and_file(session)

    page = analyst.get(f"/sessions/{session.uuid}/").content.decode()

    assert 'title="Glue · analytics.web_events"' in page
    assert 'title="s3://example/reports/may.csv"' in page


@pytest.mark.parametrize(("who", "status"), [("teammate", 403), ("outsider", 404), ("staff", 404)])
def test_only_the_owner_opens_tabs(
    client: Client, session: AnalysisSession, people: People, who: str, status: int
) -> None:
    client.force_login(getattr(people, who))

    assert client.post(_url(session), {"kind": "CSV"}).status_code == status
    session.refresh_from_db()
    assert session.picked_kind == SourceKind.POSTGRES
