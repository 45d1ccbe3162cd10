"""Uploads, previews, and files as sources."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from catalog import file_operations
from catalog.models import AnalysisSession, CsvUpload
from connections.errors import PortalError
from tests.api.client import ApiClient, told
from tests.catalog.uploading import SALES, files_of, make_upload
from tests.jobs.conftest import People

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _bucket(bucket: Path) -> Path:
    return bucket


def upload(owner: ApiClient, content: bytes = SALES, name: str = "sales.csv", status: int = 201, **more: Any) -> Any:
    query = f"?name={name}"
    sent = {"content_type": "text/csv", **more}
    return told(owner.http.post(f"/api/uploads{query}", content, **sent), status)


def select(owner: ApiClient, session: AnalysisSession, files: list[dict[str, Any]], status: int = 200) -> Any:
    return owner.post(f"/api/sessions/{session.uuid}/select-files", {"files": files}, status)


def test_a_file_is_kept_as_it_arrives(owner: ApiClient, bucket: Path) -> None:
    made = upload(owner)["upload"]
    assert (made["name"], made["size_bytes"]) == ("sales.csv", len(SALES))
    assert [(column["name"], column["type"]) for column in made["columns"]] == [
        ("region", "string"),
        ("amount", "double"),
        ("day", "date"),
    ]
    (stored,) = [path for path in bucket.rglob("*") if path.is_file()]
    assert stored.read_bytes() == SALES
    assert owner.get(f"/api/uploads/{made['id']}")["upload"] == made


@pytest.mark.parametrize("content_type", ["application/octet-stream", "application/x-www-form-urlencoded", "text/csv"])
def test_whatever_the_script_calls_it_the_body_is_the_file(owner: ApiClient, content_type: str) -> None:
    assert upload(owner, content_type=content_type)["upload"]["size_bytes"] == len(SALES)


@pytest.mark.parametrize(
    ("content", "more", "code", "status"),
    [
        (b"", {}, "UPLOAD_MISSING", 400),
        (SALES, {"CONTENT_LENGTH": "many"}, "UPLOAD_MISSING", 400),
        (SALES, {"CONTENT_LENGTH": str(10**14)}, "UPLOAD_TOO_LARGE", 413),
        (b"\x89PNG\r\n\x1a\n" + b"\x00" * 50, {}, "FILE_NOT_TEXT", 400),
        (b"--x", {"content_type": "multipart/form-data; boundary=x"}, "INVALID_REQUEST", 400),
    ],
)
def test_what_cannot_be_kept_leaves_nothing(
    owner: ApiClient, bucket: Path, content: bytes, more: dict[str, str], code: str, status: int
) -> None:
    assert upload(owner, content, status=status, **more)["error"]["code"] == code
    assert files_of(bucket) == []
    assert not CsvUpload.objects.exists()


def test_a_file_that_breaks_off_leaves_nothing(people: People, bucket: Path) -> None:
    with pytest.raises(PortalError, match="UPLOAD_BROKEN_OFF"):
        file_operations.keep_stream(
            owner=people.owner, name="sales.csv", pieces=iter([SALES]), announced=len(SALES) + 5
        )
    assert files_of(bucket) == []
    assert not CsvUpload.objects.exists()


def test_ones_own_uploads_are_listed_newest_first(owner: ApiClient, people: People) -> None:
    mine = [make_upload(people.owner, name=f"{number}.csv") for number in range(3)]
    make_upload(people.teammate)
    first = owner.get("/api/uploads", limit=2)
    rest = owner.get("/api/uploads", cursor=first["next_cursor"])
    names = [one["name"] for one in first["uploads"] + rest["uploads"]]
    assert names == [one.name for one in reversed(mine)]


def test_a_deleted_upload_is_gone(owner: ApiClient, people: People, bucket: Path) -> None:
    path = f"/api/uploads/{make_upload(people.owner).uuid}"
    owner.send("delete", path)
    assert owner.get(path, 404)["error"]["code"] == "NOT_FOUND"
    assert owner.get("/api/uploads")["uploads"] == []
    assert not [path for path in bucket.rglob("*") if path.is_file()]


def test_a_preview_shows_the_first_rows(owner: ApiClient) -> None:
    file = upload(owner)["upload"]["file"]
    shown = owner.get("/api/files/preview", file=file)
    assert shown["rows"] == [["north", "1.5", "2024-05-01"], ["south", "2", "2024-05-02"]]
    assert (shown["dialect"]["delimiter"], shown["estimated_rows"]) == (",", 2)


@pytest.mark.parametrize(
    ("file", "code", "status"),
    [
        ("s3://elsewhere/data.csv", "S3_PLACE_NOT_ALLOWED", 403),
        ("s3://pgspark-demo/uploads/x/y.csv", "S3_PLACE_NOT_ALLOWED", 403),
        ("upload:00000000-0000-4000-8000-000000000000", "NOT_FOUND", 404),
        ("/etc/passwd", "INVALID_REQUEST", 400),
    ],
)
def test_what_may_not_be_read_is_refused(
    owner: ApiClient, session: AnalysisSession, file: str, code: str, status: int
) -> None:
    assert owner.get("/api/files/preview", status, file=file)["error"]["code"] == code
    assert select(owner, session, [{"file": file}], status)["error"]["code"] == code


def test_a_selection_of_files_replaces_the_one_before_and_leaves_tables_alone(
    owner: ApiClient, session: AnalysisSession, people: People
) -> None:
    first, second = (upload(owner, name=name)["upload"]["file"] for name in ("may.csv", "june.csv"))
    select(owner, session, [{"file": first}])
    picked = select(owner, session, [{"file": second}])["selected_files"]
    assert [(one["kind"], one["alias"]) for one in picked] == [("CSV", "june")]
    assert set(session.sources.values_list("alias", flat=True)) == {"customers", "orders", "june"}
    assert select(owner, session, [])["selected_files"] == []


def test_how_a_file_is_read_can_be_said(owner: ApiClient, session: AnalysisSession) -> None:
    file = upload(owner, b"a;b\n1;2\n", "codes.csv")["upload"]["file"]
    wish = {"file": file, "dialect": {"delimiter": ";", "header": False}, "types": ["string", "string"]}
    (picked,) = select(owner, session, [wish])["selected_files"]
    assert [column["type"] for column in picked["columns"]] == ["string", "string"]
    wrong = select(owner, session, [wish | {"types": ["money"]}], 400)
    assert wrong["error"]["code"] == "FILE_OPTION_INVALID"
    wrong = select(owner, session, [{"file": file, "dialect": {"encoding": "EBCDIC"}}], 400)
    assert wrong["error"]["code"] == "FILE_OPTION_INVALID"


def test_a_selection_with_a_file_that_is_gone_changes_nothing(
    owner: ApiClient, session: AnalysisSession, people: People
) -> None:
    kept, gone = (upload(owner, name=name)["upload"] for name in ("kept.csv", "gone.csv"))
    select(owner, session, [{"file": kept["file"]}])
    owner.send("delete", f"/api/uploads/{gone['id']}")
    answer = select(owner, session, [{"file": gone["file"]}], 409)
    assert answer["error"]["code"] == "FILE_GONE"
    assert session.sources.filter(alias="kept").exists()


def test_a_question_may_bring_its_file_as_the_specification_does(owner: ApiClient, session: AnalysisSession) -> None:
    file = upload(owner)["upload"]["file"]
    body = {"prompt": "sum of amount per region", "session_id": str(session.uuid), "s3_input_path": file}
    version = owner.post("/api/spark/generate", body, 202)["version"]
    assert [source["alias"] for source in version["sources"]] == ["customers", "orders", "sales"]


def test_what_has_changed_is_told_and_taken(owner: ApiClient, session: AnalysisSession) -> None:
    path = f"/api/sessions/{session.uuid}"
    orders = session.sources.get(alias="orders")
    orders.columns = [{"name": "gone", "type": "text", "nullable": True}, *orders.columns[1:]]
    orders.save(update_fields=["columns"])
    (change,) = owner.get(f"{path}/changes")["changes"]
    assert (change["alias"], change["is_gone"]) == ("orders", False)
    assert change["columns"] == [
        {"name": "id", "before": None, "after": "bigint"},
        {"name": "gone", "before": "text", "after": None},
    ]
    owner.post(f"{path}/sources/{orders.pk}/refresh")
    assert owner.get(f"{path}/changes") == {"success": True, "changes": [], "errors": []}
