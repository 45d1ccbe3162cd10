"""A file by the reference that pages and the API use: `upload:UUID` for one of a person's uploads, else s3://..."""

from __future__ import annotations

import uuid
from dataclasses import dataclass

from django.contrib.auth.models import User
from django.http import Http404

from catalog.files import places, reading
from catalog.files.dialect import Dialect, from_json
from catalog.files.places import FilePlace
from catalog.files.preview import FilePreview
from catalog.files.reading import FileFacts
from catalog.models import CsvUpload
from connections.errors import PortalError
from connections.object_store import key_of, uri_of

_UPLOAD = "upload:"


@dataclass(frozen=True, slots=True)
class NamedFile:
    place: FilePlace
    upload: CsvUpload | None = None

    @property
    def name(self) -> str:
        return self.upload.name if self.upload else self.place.name

    @property
    def reference(self) -> str:
        return reference_of(self.upload) if self.upload else self.place.uri

    def stored(self) -> tuple[Dialect | None, list[str] | None]:
        """How its owner said that it is read, and its columns' types; nothing for an object of S3."""
        if self.upload is None or not self.upload.dialect:
            return None, None
        return from_json(self.upload.dialect), [column["type"] for column in self.upload.columns]

    def facts(self) -> FileFacts:
        """Raises FILE_GONE when it is not there any more, and the errors of `reading.facts_of`."""
        try:
            return reading.facts_of(self.place)
        except PortalError as error:
            if error.code in ("STORE_OBJECT_MISSING", "S3_PLACE_EMPTY"):
                raise PortalError("FILE_GONE", name=self.name) from error
            raise

    def preview(self, facts: FileFacts, chosen: Dialect | None, types: list[str] | None) -> FilePreview:
        """As chosen, else as stored, else as sniffed. Raises the errors of `reading.preview`."""
        if chosen is None:
            chosen, types = self.stored()
        return reading.preview(self.place, facts, name=self.name, chosen=chosen, types=types)


def reference_of(upload: CsvUpload) -> str:
    return f"{_UPLOAD}{upload.uuid}"


def find(user: User, reference: str) -> NamedFile:
    """Raises Http404 for an upload that is not the user's own, FILE_GONE for a removed one, S3_PLACE_NOT_ALLOWED."""
    if not reference.startswith(_UPLOAD):
        return NamedFile(places.allowed(reference))
    try:
        wanted = uuid.UUID(reference.removeprefix(_UPLOAD))
    except ValueError:
        raise Http404 from None
    upload = CsvUpload.objects.owned_by(user).filter(uuid=wanted).first()
    if upload is None:
        raise Http404
    if upload.removed_at:
        raise PortalError("FILE_GONE", name=upload.name)
    return of_upload(upload)


def of_upload(upload: CsvUpload) -> NamedFile:
    bucket = uri_of("").removeprefix("s3://").rstrip("/")
    return NamedFile(FilePlace(bucket, key_of(uri_of(upload.key))), upload)
