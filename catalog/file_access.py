"""Whether a person may still read a picked file, and whether it is still there."""

from __future__ import annotations

from django.conf import settings
from django.contrib.auth.models import User

from catalog.files import named, places
from catalog.files.named import NamedFile
from catalog.files.places import UPLOADS
from catalog.models import CsvUpload
from connections.errors import PortalError


def check(user: User, *, uri: str, upload_id: int | None, name: str) -> None:
    """Raises UPLOAD_NOT_YOURS, FILE_GONE for a removed upload, S3_PLACE_NOT_ALLOWED; asks no store.

    An upload is its owner's alone, also in a session that others may see; a place in S3 may have been closed since.
    """
    file_of(user, uri=uri, upload_id=upload_id, name=name)


def check_present(user: User, *, uri: str, upload_id: int | None, name: str) -> None:
    """The same, and raises FILE_GONE when the store has it no longer."""
    file_of(user, uri=uri, upload_id=upload_id, name=name).facts()


def file_of(user: User, *, uri: str, upload_id: int | None, name: str) -> NamedFile:
    """The picked file. Raises as `check`."""
    if upload_id is None and not uri.startswith(f"s3://{settings.PGSPARK_S3_BUCKET}/{UPLOADS}"):
        return NamedFile(places.allowed(uri))
    upload = CsvUpload.objects.filter(pk=upload_id).first() if upload_id else None
    if upload is None or upload.removed_at:
        raise PortalError("FILE_GONE", name=name)
    if upload.owner_id != user.pk:
        raise PortalError("UPLOAD_NOT_YOURS", name=name)
    return named.of_upload(upload)
