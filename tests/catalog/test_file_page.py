"""The page of one file: its first rows, how it is read, and the button that picks it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

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
