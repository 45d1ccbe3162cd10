"""The file panel and the page of one file, as htmx and as plain forms; and who is refused."""

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


def test_the_page_of_a_file(analyst: Client, session: AnalysisSession, reference: str) -> None:
    page = _page(analyst, "file", session, file=reference)

    assert "First 2 rows" in page
    assert "<td>north</td>" in page
    assert "<option selected>double</option>" in page
    assert "Use this file" in page


def test_a_change_shows_the_rows_again_and_keeps_nothing(
    analyst: Client, session: AnalysisSession, upload: CsvUpload, reference: str
) -> None:
    answer = analyst.post(_url("file_preview", session), _form(reference, delimiter=";"), headers=HTMX)

    fragment = answer.content.decode()
    assert "<td>north,1.5,2024-05-01</td>" in fragment
    assert "<html" not in fragment
    upload.refresh_from_db()
    assert upload.dialect["delimiter"] == ","


def test_a_plain_form_gets_the_whole_page(analyst: Client, session: AnalysisSession, reference: str) -> None:
    assert "<html" in analyst.post(_url("file_preview", session), _form(reference)).content.decode()


def test_a_chosen_type_stays_and_says_what_it_costs(analyst: Client, session: AnalysisSession, reference: str) -> None:
    form = _form(reference, type=["bigint", "double", "date"])

    fragment = analyst.post(_url("file_preview", session), form, headers=HTMX).content.decode()

    assert "2 of 2 values of region" in fragment
    assert fragment.count("ps-misfit") == 2


def test_types_of_another_reading_are_told_anew(analyst: Client, session: AnalysisSession, reference: str) -> None:
    form = _form(reference, type=["bigint", "bigint", "bigint"], null_value="north")

    fragment = analyst.post(_url("file_preview", session), form, headers=HTMX).content.decode()

    assert "ps-misfit" not in fragment


@pytest.mark.parametrize(
    "change",
    [
        {"encoding": "EBCDIC"},
        {"delimiter": ",,"},
        {"quote": "x"},
        {"format": "xlsx"},
        {"null_value": "x" * 31},
        {"type": ["bigint); DROP TABLE x; --", "string", "string"]},
    ],
)
def test_what_the_form_does_not_offer(
    analyst: Client, session: AnalysisSession, reference: str, change: dict[str, Any]
) -> None:
    shown = analyst.post(_url("file_preview", session), _form(reference, **change), headers=HTMX)
    used = analyst.post(_url("file_use", session), _form(reference, **change))

    assert "FILE_OPTION_INVALID" in shown.content.decode()
    assert used.status_code == 400
    assert not session.sources.exists()


def test_using_a_file_as_corrected(analyst: Client, session: AnalysisSession, reference: str) -> None:
    form = _form(reference, type=["string", "decimal(38,6)", "string"])

    answer = analyst.post(_url("file_use", session), form)

    assert answer["Location"] == f"/sessions/{session.uuid}/"
    source = session.sources.get()
    assert [column["type"] for column in source.columns] == ["string", "decimal(38,6)", "string"]
    assert "<option selected>decimal(38,6)</option>" in _page(analyst, "file", session, file=reference)
    assert "Read it this way" in _page(analyst, "file", session, file=reference)


def test_an_encoding_that_is_wrong_leaves_the_form(analyst: Client, session: AnalysisSession, bucket: Path) -> None:
    (bucket / "samples" / "a.csv").write_bytes("ort\nKöln\n".encode("latin-1"))
    form = _form("s3://portal/samples/a.csv", encoding="UTF-8")

    fragment = analyst.post(_url("file_preview", session), form, headers=HTMX).content.decode()

    assert "a.csv is not encoded in UTF-8" in fragment
    assert 'id="read-encoding"' in fragment


def test_content_is_text_and_no_markup(analyst: Client, session: AnalysisSession, people: People, bucket: Path) -> None:
    evil = b"<script>alert(1)</script>,b\n<img onerror=alert(1)>,{{ 7|add:7 }}\n"
    upload = make_upload(people.owner, evil, "<b>bold</b>.csv")

    page = _page(analyst, "file", session, file=reference_of(upload)) + _page(analyst, "file_panel", session)

    assert "<script>alert" not in page
    assert "<img onerror" not in page
    assert "<b>bold" not in page
    assert "{{ 7|add:7 }}" in page


def test_deleting_an_upload(analyst: Client, session: AnalysisSession, upload: CsvUpload, reference: str) -> None:
    session.picked_kind = SourceKind.CSV
    session.save()

    fragment = analyst.post(_url("file_delete", session), {"file": reference}, headers=HTMX).content.decode()

    upload.refresh_from_db()
    assert upload.removed_at
    assert "sales.csv" not in fragment
    assert analyst.get(_url("file", session), {"file": reference}).status_code == 409


def test_objects_of_s3_are_never_deleted(analyst: Client, session: AnalysisSession, bucket: Path) -> None:
    (bucket / "samples" / "a.csv").write_bytes(SALES)

    answer = analyst.post(_url("file_delete", session), {"file": "s3://portal/samples/a.csv"})

    assert answer.status_code == 404
    assert (bucket / "samples" / "a.csv").exists()


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
