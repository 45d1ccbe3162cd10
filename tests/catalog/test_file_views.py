"""The file panel, as htmx and as plain forms; and who is refused there and on the page of a file."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from catalog import file_operations
from catalog.files.dialect import Dialect
from catalog.files.named import reference_of
from catalog.models import AnalysisSession, CsvUpload, SourceKind
from tests.catalog.conftest import People
from tests.catalog.uploading import SALES, make_upload

pytestmark = pytest.mark.django_db

HTMX = {"HX-Request": "true"}


@pytest.fixture
def upload(people: People, bucket: Path) -> CsvUpload:
    return make_upload(people.owner)


@pytest.fixture
def reference(upload: CsvUpload) -> str:
    return reference_of(upload)


def _url(name: str, session: AnalysisSession) -> str:
    return reverse(f"catalog:{name}", args=[session.uuid])


def _page(client: Client, name: str, session: AnalysisSession, **asked: str) -> str:
    return client.get(_url(name, session), asked, headers=HTMX).content.decode()


def _form(reference: str, **changes: Any) -> dict[str, Any]:
    """What the page's form sends when nothing is changed."""
    read = Dialect(multiline=True)
    fields = {name: value for name, value in read.as_json().items() if not isinstance(value, bool)}
    return {"file": reference, "header": "1", "multiline": "1", "shown_as": read.mark, **fields, **changes}


def test_the_panel_lists_uploads_and_places(analyst: Client, session: AnalysisSession, upload: CsvUpload) -> None:
    session.picked_kind = SourceKind.CSV
    session.save()

    page = analyst.get(f"/sessions/{session.uuid}/").content.decode()

    assert "sales.csv" in page
    assert "portal/samples/" in page
    assert 'enctype="multipart/form-data"' in page
    assert "Up to 2048 MB, kept for 30 days" in page


def test_the_panel_without_any_place(analyst: Client, session: AnalysisSession, bucket: Path, settings: Any) -> None:
    settings.PGSPARK_S3_SOURCES = []

    assert "PGSPARK_S3_SOURCES" in _page(analyst, "file_panel", session)


def test_uploads_of_others_and_removed_ones_are_not_listed(
    analyst: Client, session: AnalysisSession, people: People, bucket: Path
) -> None:
    make_upload(people.teammate, name="theirs.csv")
    file_operations.delete_upload(upload=make_upload(people.owner, name="gone.csv"))

    panel = _page(analyst, "file_panel", session)

    assert "theirs.csv" not in panel
    assert "gone.csv" not in panel


def test_browsing_goes_down_and_up_again(analyst: Client, session: AnalysisSession, bucket: Path) -> None:
    folder = bucket / "samples" / "2024" / "may"
    folder.mkdir(parents=True)
    for number in range(2):
        (folder / f"day {number}.csv").write_bytes(SALES)

    top = _page(analyst, "file_browse", session, place="s3://portal/samples/")
    deep = _page(analyst, "file_browse", session, place="s3://portal/samples/2024/may/")

    assert "place=s3%3A%2F%2Fportal%2Fsamples%2F2024%2F" in top
    assert "All files of may" in deep
    assert 'value="s3://portal/samples/2024/may/day 0.csv"' in deep
    assert "place=s3%3A%2F%2Fportal%2Fsamples%2F2024%2F&quot;" not in deep
    assert ">2024</a>" in deep


def test_a_place_of_many_files_comes_in_pages(analyst: Client, session: AnalysisSession, bucket: Path) -> None:
    for number in range(101):
        (bucket / "samples" / f"{number:03}.csv").write_bytes(SALES)

    first = _page(analyst, "file_browse", session, place="s3://portal/samples/")
    more = _page(analyst, "file_browse", session, place="s3://portal/samples/", after="099.csv")

    assert "Show more" in first
    assert "100.csv" not in first
    assert "100.csv" in more
    assert "Show more" not in more


@pytest.mark.parametrize("place", ["s3://portal/uploads/", "s3://portal/samples/../uploads/", "s3://other/", "/etc/"])
def test_other_places_cannot_be_browsed(
    analyst: Client, session: AnalysisSession, upload: CsvUpload, place: str
) -> None:
    answer = analyst.get(_url("file_browse", session), {"place": place}, headers=HTMX)

    assert answer.status_code == 403
    assert upload.key not in answer.content.decode()


def test_columns_open_on_demand(analyst: Client, session: AnalysisSession, reference: str) -> None:
    fragment = _page(analyst, "file_columns", session, file=reference)

    assert "amount" in fragment
    assert "double" in fragment
    assert "Preview and correct" in fragment


def test_a_file_that_cannot_be_read_says_so_in_its_row(analyst: Client, session: AnalysisSession, bucket: Path) -> None:
    (bucket / "samples" / "cat.csv").write_bytes(b"\x89PNG\r\n\x1a\n")

    assert "a PNG picture" in _page(analyst, "file_columns", session, file="s3://portal/samples/cat.csv")


def test_picking_from_the_list(analyst: Client, session: AnalysisSession, reference: str) -> None:
    click = {"file": reference, "name": "sales.csv", "pick": "1"}

    answer = analyst.post(_url("file_pick", session), click, headers=HTMX)

    fragment = answer.content.decode()
    assert session.sources.get().table == "sales.csv"
    assert "checked" in fragment
    assert 'id="count-csv" title="Picked" hx-swap-oob="true">1<' in fragment
    assert "Upload · " in fragment
    assert "sources-changed" in json.loads(answer["HX-Trigger"])

    back = analyst.post(_url("file_pick", session), click | {"pick": ""}, headers=HTMX).content.decode()
    assert not session.sources.exists()
    assert "checked" not in back


def test_an_object_that_is_gone_says_so_at_its_checkbox(
    analyst: Client, session: AnalysisSession, bucket: Path
) -> None:
    click = {"file": "s3://portal/samples/gone.csv", "name": "gone.csv", "pick": "1"}

    answer = analyst.post(_url("file_pick", session), click, headers=HTMX)

    assert answer.status_code == 409
    assert "gone.csv was deleted after it was picked" in answer.content.decode()


def test_the_list_posts_as_a_plain_form(
    analyst: Client, session: AnalysisSession, reference: str, bucket: Path
) -> None:
    (bucket / "samples" / "a.csv").write_bytes(SALES)
    shown = [reference, "s3://portal/samples/a.csv"]

    assert analyst.post(_url("file_selection", session), {"shown": shown, "source": shown}).status_code == 302
    assert session.sources.count() == 2

    analyst.post(_url("file_selection", session), {"shown": shown, "source": [reference]})
    assert session.sources.get().table == "sales.csv"


READS = ["file", "file_browse", "file_columns", "file_panel"]
WRITES = ["file_preview", "file_use", "file_pick", "file_selection", "file_delete"]


@pytest.mark.parametrize("name", READS + WRITES)
@pytest.mark.parametrize(("who", "status"), [("teammate", 403), ("outsider", 404), ("staff", 404)])
def test_only_the_owner_of_the_session(
    client: Client, session: AnalysisSession, people: People, reference: str, name: str, who: str, status: int
) -> None:
    client.force_login(getattr(people, who))
    ask = client.get if name in READS else client.post

    assert ask(_url(name, session), _form(reference), headers=HTMX).status_code == status
    assert not session.sources.exists()


@pytest.mark.parametrize("name", ["file", "file_preview", "file_use", "file_delete"])
def test_uploads_of_others_are_not_there(
    analyst: Client, session: AnalysisSession, people: People, bucket: Path, name: str
) -> None:
    theirs = make_upload(people.teammate)
    ask = analyst.get if name in READS else analyst.post

    assert ask(_url(name, session), _form(reference_of(theirs))).status_code == 404
    assert (bucket / theirs.key).exists()
    assert not session.sources.exists()


@pytest.mark.parametrize("name", ["file_columns", "file_pick", "file_selection"])
def test_nor_through_the_lists(
    analyst: Client, session: AnalysisSession, people: People, bucket: Path, name: str
) -> None:
    theirs = reference_of(make_upload(people.teammate))
    sent = {"file": theirs, "source": [theirs], "shown": [theirs], "pick": "1"}
    ask = analyst.get if name in READS else analyst.post

    assert ask(_url(name, session), sent, headers=HTMX).status_code == 404
    assert not session.sources.exists()


@pytest.mark.parametrize("name", READS)
def test_reading_needs_a_login(client: Client, session: AnalysisSession, bucket: Path, name: str) -> None:
    assert client.get(_url(name, session)).status_code == 302
