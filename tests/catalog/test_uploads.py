"""Receiving uploads: streamed, refused for what they hold, and never half there."""

from __future__ import annotations

import io
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.test.client import BOUNDARY, MULTIPART_CONTENT, FakePayload, encode_multipart
from django.urls import reverse

from catalog.models import AnalysisSession, CsvUpload
from connections.aws import client as aws_client
from connections.error_catalogue import CATALOGUE
from tests.catalog.conftest import People
from tests.catalog.uploading import SALES, files_of

pytestmark = pytest.mark.django_db

HTMX = {"HX-Request": "true"}


@pytest.fixture(autouse=True)
def places(bucket: Path) -> Iterator[None]:
    (bucket / "samples").rmdir()
    yield
    # Whatever a test did, no half of an upload is left.
    assert [name for name in files_of(bucket) if "/." in name] == []


def _url(session: AnalysisSession) -> str:
    return reverse("catalog:upload", args=[session.uuid])


def _send(client: Client, session: AnalysisSession, content: bytes, name: str = "sales.csv", **more: Any) -> Any:
    return client.post(_url(session), {"file": SimpleUploadedFile(name, content)}, **more)


def test_an_upload_is_kept_under_a_key_of_its_own(
    analyst: Client, session: AnalysisSession, people: People, bucket: Path
) -> None:
    answer = _send(analyst, session, SALES)

    upload = CsvUpload.objects.get()
    assert (bucket / upload.key).read_bytes() == SALES
    assert upload.key.startswith("uploads/")
    assert (upload.owner, upload.name, upload.size_bytes) == (people.owner, "sales.csv", len(SALES))
    assert [(column["name"], column["type"]) for column in upload.columns] == [
        ("region", "string"),
        ("amount", "double"),
        ("day", "date"),
    ]
    assert answer["Location"] == f"/sessions/{session.uuid}/files/?file=upload%3A{upload.uuid}"


def test_the_script_gets_the_address_of_the_preview(analyst: Client, session: AnalysisSession) -> None:
    answer = _send(analyst, session, SALES, headers=HTMX)

    assert answer.status_code == 204
    assert answer["HX-Redirect"].startswith(f"/sessions/{session.uuid}/files/?file=upload")


def test_two_uploads_of_one_name_stay_apart(analyst: Client, session: AnalysisSession, bucket: Path) -> None:
    _send(analyst, session, SALES)
    _send(analyst, session, b"other,columns\n1,2\n")

    first, second = CsvUpload.objects.order_by("id")
    assert (bucket / first.key).read_bytes() == SALES
    assert first.key != second.key
    assert first.key.rsplit("/", 1)[1] == second.key.rsplit("/", 1)[1] == "sales.csv"


@pytest.mark.parametrize(
    ("name", "shown", "stored"),
    [
        ("../../etc/passwd", "passwd", "passwd.csv"),
        ("C:\\temp\\Umsätze Mai.csv", "Umsätze Mai.csv", "Umsatze_Mai.csv"),
        ("売上.csv", "売上.csv", "file.csv"),
        ("_hidden.csv", "_hidden.csv", "hidden.csv"),
        ("data.csv.gz", "data.csv.gz", "data_csv.csv"),
        ("<img onerror=alert(1)>.csv", "<img onerror=alert(1)>.csv", "img_onerror_alert_1.csv"),
    ],
)
def test_names(analyst: Client, session: AnalysisSession, name: str, shown: str, stored: str) -> None:
    _send(analyst, session, SALES, name)

    upload = CsvUpload.objects.get()
    assert (upload.name, upload.key.rsplit("/", 1)[1]) == (shown, stored)


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", "FILE_EMPTY"),
        (b"a,b,c\n", "FILE_ONLY_HEADER"),
        (b"\x89PNG\r\n\x1a\n" + b"\0" * 100, "FILE_NOT_TEXT"),
        (b"a,b\n1,\x002\n", "FILE_NUL_BYTES"),
        (b"a,b\n" * 100_000 + b"1,\x002\n", "FILE_NUL_BYTES"),
        (b"a,b\n1," + b"x" * 3_000_000, "FILE_LINE_TOO_LONG"),
    ],
    ids=["empty", "only a header", "a picture", "a NUL byte", "a late NUL byte", "a line without end"],
)
@pytest.mark.parametrize("as_script", [False, True])
def test_what_is_refused_leaves_nothing(
    analyst: Client, session: AnalysisSession, bucket: Path, content: bytes, code: str, as_script: bool
) -> None:
    answer = _send(analyst, session, content, headers=HTMX if as_script else {})

    assert answer.status_code == CATALOGUE[code].status
    assert code in answer.content.decode()
    assert not CsvUpload.objects.exists()
    assert files_of(bucket) == []


def test_a_form_without_a_file(analyst: Client, session: AnalysisSession) -> None:
    answer = analyst.post(_url(session), {"other": "1"})

    assert answer.status_code == 400
    assert "UPLOAD_MISSING" in answer.content.decode()


def test_a_second_file_in_the_form_is_left_out(analyst: Client, session: AnalysisSession, bucket: Path) -> None:
    both = {"file": SimpleUploadedFile("a.csv", SALES), "more": SimpleUploadedFile("b.csv", SALES * 50_000)}
    analyst.post(_url(session), both)

    assert CsvUpload.objects.get().name == "a.csv"
    assert len([name for name in files_of(bucket) if name.endswith(".csv")]) == 1


def test_what_says_that_it_is_too_large_is_not_read(
    analyst: Client, session: AnalysisSession, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.PGSPARK_UPLOAD_MAX_MB = 1
    monkeypatch.setattr(FakePayload, "read", lambda *_: pytest.fail("it was read"))

    answer = _send(analyst, session, b"1,2\n" * 700_000)

    assert answer.status_code == 413
    assert "larger than 1 MB" in answer.content.decode()


def test_the_limit_holds_while_it_streams(
    analyst: Client, session: AnalysisSession, bucket: Path, settings: Any
) -> None:
    """A body that is only a little too large for the limit is within what a form may announce."""
    settings.PGSPARK_UPLOAD_MAX_MB = 1

    answer = _send(analyst, session, b"1,2\n" * 300_000)

    assert answer.status_code == 413
    assert files_of(bucket) == []


def test_an_upload_that_breaks_off_leaves_nothing(analyst: Client, session: AnalysisSession, bucket: Path) -> None:
    whole = encode_multipart(BOUNDARY, {"file": SimpleUploadedFile("sales.csv", SALES * 20_000)})
    body = whole[: len(whole) // 2]

    answer = analyst.generic("POST", _url(session), body, content_type=MULTIPART_CONTENT)

    assert answer.status_code == 400
    assert "UPLOAD_BROKEN_OFF" in answer.content.decode()
    assert files_of(bucket) == []


class _Broken(io.BytesIO):
    """A connection that is reset after its first megabyte."""

    def read(self, size: int | None = -1) -> bytes:
        if self.tell() > 1_000_000:
            raise ConnectionResetError
        return super().read(size)


def test_a_connection_that_is_reset_leaves_nothing(analyst: Client, session: AnalysisSession, bucket: Path) -> None:
    body = encode_multipart(BOUNDARY, {"file": SimpleUploadedFile("sales.csv", SALES * 50_000)})
    extra: Any = {"wsgi.input": _Broken(body), "CONTENT_LENGTH": str(len(body)), "CONTENT_TYPE": MULTIPART_CONTENT}
    analyst.raise_request_exception = False

    analyst.generic("POST", _url(session), **extra)

    assert not CsvUpload.objects.exists()
    assert files_of(bucket) == []


def test_a_form_without_its_token_is_refused_and_leaves_nothing(
    session: AnalysisSession, people: People, bucket: Path
) -> None:
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(people.owner)

    assert _send(strict, session, SALES).status_code == 403
    assert not CsvUpload.objects.exists()
    assert files_of(bucket) == []


@pytest.mark.parametrize("in_header", [True, False])
def test_a_form_with_its_token(session: AnalysisSession, people: People, in_header: bool) -> None:
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(people.owner)
    page = strict.get(f"/sessions/{session.uuid}/").content.decode()
    token = page.split('data-csrf="', 1)[1].split('"', 1)[0]
    fields = {"file": SimpleUploadedFile("sales.csv", SALES)}

    if in_header:
        answer = strict.post(_url(session), fields, headers={"X-CSRFToken": token})
    else:
        answer = strict.post(_url(session), {"csrfmiddlewaretoken": token, **fields})

    assert answer.status_code == 302
    assert CsvUpload.objects.count() == 1


@pytest.mark.parametrize(("who", "status"), [("teammate", 403), ("outsider", 404), ("staff", 404), (None, 302)])
def test_who_may_not_upload_is_told_before_a_byte_is_read(
    client: Client, session: AnalysisSession, people: People, bucket: Path, who: str | None, status: int,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    if who:
        client.force_login(getattr(people, who))
    monkeypatch.setattr(FakePayload, "read", lambda *_: pytest.fail("it was read"))

    assert _send(client, session, SALES).status_code == status
    assert files_of(bucket) == []


def test_a_store_that_refuses_is_said(
    analyst: Client, session: AnalysisSession, bucket: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: Any) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("tempfile._TemporaryFileWrapper.write", full, raising=False)

    answer = _send(analyst, session, SALES)

    assert answer.status_code == 502
    assert "STORE_NOT_WRITABLE" in answer.content.decode()


def test_an_upload_straight_to_s3(
    aws: str, analyst: Client, session: AnalysisSession, settings: Any, bucket: Path
) -> None:
    settings.PGSPARK_OBJECT_STORE_DIR = ""
    aws_client("s3").create_bucket(Bucket="portal")
    rows = b"id,name\n" + b"".join(b"%08d,some name or other\n" % number for number in range(400_000))

    _send(analyst, session, rows)

    upload = CsvUpload.objects.get()
    assert aws_client("s3").get_object(Bucket="portal", Key=upload.key)["Body"].read() == rows
    assert "Uploads" not in aws_client("s3").list_multipart_uploads(Bucket="portal")


def test_what_s3_gets_of_a_refused_upload_is_gone(
    aws: str, analyst: Client, session: AnalysisSession, settings: Any, bucket: Path
) -> None:
    settings.PGSPARK_OBJECT_STORE_DIR = ""
    aws_client("s3").create_bucket(Bucket="portal")

    _send(analyst, session, b"1,2\n" * 2_500_000 + b"\x00")

    assert "Contents" not in aws_client("s3").list_objects_v2(Bucket="portal")
    assert "Uploads" not in aws_client("s3").list_multipart_uploads(Bucket="portal")
