"""JSON API of files: uploads of one's own, and how a file is read."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from datetime import datetime
from typing import Annotated, Any

from django.http import HttpResponse
from django.urls import reverse
from ninja import Query, Router, Status
from pydantic import BaseModel, Field, StringConstraints

from catalog import file_operations, queries
from catalog.api.shapes import Dialect, FileColumn, FileReference
from catalog.files import named
from catalog.models import CsvUpload
from connections.envelope import Answer, ApiRequest, Page, answers
from connections.errors import PortalError

router = Router(tags=["Files"], by_alias=True)

_PIECE_BYTES = 256 * 1024
_MOST_DIGITS = 15
_BODY = {
    "requestBody": {
        "required": True,
        "description": "The file itself, with no form around it; it is stored as it arrives.",
        "content": {"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}},
    }
}
FileName = Annotated[str, StringConstraints(pattern=r"^[^\x00]*$", min_length=1, max_length=255)]


class Upload(BaseModel):
    """`file` is what other paths call it: in a selection, in a preview, in a question."""

    id: uuid.UUID
    file: str
    name: str
    size_bytes: int
    created_at: datetime
    expires_at: datetime
    dialect: Dialect
    columns: list[FileColumn]


class UploadAnswer(Answer):
    upload: Upload


class UploadsAnswer(Answer):
    """`next_cursor` asks for the older ones; null after the last."""

    uploads: list[Upload]
    next_cursor: str | None


class PreviewAnswer(Answer):
    """The first rows as text, read as `dialect` says, and what one should know of it."""

    name: str
    size_bytes: int
    dialect: Dialect
    columns: list[FileColumn]
    rows: list[list[str | None]]
    estimated_rows: int | None
    notes: list[str]


class FileQuery(BaseModel):
    file: FileReference


class NewUpload(BaseModel):
    name: FileName = Field(description="The file's name where it comes from.")


@router.get("/uploads", response=answers(UploadsAnswer))
def list_uploads(request: ApiRequest, page: Query[Page]) -> UploadsAnswer:
    """Files that you uploaded and that are still there, the newest first."""
    found = list(queries.newest_uploads(request.auth, before=page.before, limit=page.limit + 1))
    shown = found[: page.limit]
    next_cursor = str(shown[-1].pk) if len(found) > page.limit else None
    return UploadsAnswer(uploads=[_upload(one) for one in shown], next_cursor=next_cursor)


@router.post("/uploads", response=answers(UploadAnswer, status=201, remote=True), openapi_extra=_BODY)
def upload_file(request: ApiRequest, wish: Query[NewUpload], response: HttpResponse) -> Status[UploadAnswer]:
    """Keeps a CSV file for some weeks. How it is read is told from its content, and can be said when it is picked."""
    if request.content_type == "multipart/form-data":
        raise PortalError("INVALID_REQUEST", problem="its body is a form and not the file itself")
    length = request.headers.get("Content-Length", "")
    announced = int(length) if length.isdecimal() and len(length) <= _MOST_DIGITS else 0
    kept = file_operations.keep_stream(owner=request.auth, name=wish.name, pieces=_pieces(request), announced=announced)
    response["Location"] = reverse("api:get_upload", args=[kept.uuid])
    return Status(201, UploadAnswer(upload=_upload(kept)))


@router.get("/uploads/{uuid:upload_id}", response=answers(UploadAnswer))
def get_upload(request: ApiRequest, upload_id: uuid.UUID) -> UploadAnswer:
    return UploadAnswer(upload=_upload(queries.own_upload(request.auth, upload_id)))


@router.delete("/uploads/{uuid:upload_id}", response=answers(Answer, remote=True))
def delete_upload(request: ApiRequest, upload_id: uuid.UUID) -> Answer:
    """Deletes the file; what was picked of it cannot be read any more."""
    file_operations.delete_upload(upload=queries.own_upload(request.auth, upload_id))
    return Answer()


@router.get("/files/preview", response=answers(PreviewAnswer, remote=True))
def preview_file(request: ApiRequest, wish: Query[FileQuery]) -> PreviewAnswer:
    """The first rows of an upload of your own, or of an `s3://` address that this portal reads."""
    file = named.find(request.auth, wish.file)
    facts = file.facts()
    found = file.preview(facts, None, None)
    return PreviewAnswer(
        name=file.name,
        size_bytes=facts.size_bytes,
        dialect=Dialect(**found.dialect.as_json()),
        columns=[_column(column.as_json()) for column in found.columns],
        rows=[[value.text for value in row] for row in found.rows],
        estimated_rows=found.estimated_rows,
        notes=list(found.notes),
    )


def _pieces(request: ApiRequest) -> Iterator[bytes]:
    while piece := request.read(_PIECE_BYTES):
        yield piece


def _upload(one: CsvUpload) -> Upload:
    return Upload(
        id=one.uuid,
        file=named.reference_of(one),
        name=one.name,
        size_bytes=one.size_bytes,
        created_at=one.created_at,
        expires_at=one.expires_at,
        dialect=Dialect(**one.dialect),
        columns=[_column(column) for column in one.columns],
    )


def _column(column: dict[str, Any]) -> FileColumn:
    return FileColumn(name=column["name"], type=column["type"], is_partition_key=column.get("is_partition_key", False))
