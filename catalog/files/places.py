"""Which addresses in S3 may be read through the portal: those below the places of PGSPARK_S3_SOURCES, and no others.

The portal's own scripts, results and uploads are never among them, whatever the setting says.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from django.conf import settings

from connections.errors import PortalError

UPLOADS = "uploads/"
_OWN = ("runs/", UPLOADS)
_URI = re.compile(r"s3://([a-z0-9][a-z0-9.-]{1,61}[a-z0-9])/(.*)", re.DOTALL)
_MOST_CHARACTERS = 1024


@dataclass(frozen=True, slots=True)
class FilePlace:
    """An object, or what lies below a prefix when the key ends with a slash or is empty."""

    bucket: str
    key: str

    @property
    def uri(self) -> str:
        return f"s3://{self.bucket}/{self.key}"

    @property
    def is_prefix(self) -> bool:
        return not self.key or self.key.endswith("/")

    @property
    def name(self) -> str:
        """The file's or the folder's own name."""
        return self.key.rstrip("/").rpartition("/")[2] or self.bucket


def is_place(uri: str) -> bool:
    """Whether it can stand in PGSPARK_S3_SOURCES."""
    found = _URI.fullmatch(uri)
    if not found or not uri.endswith("/") or not _is_plain(uri):
        return False
    return not _is_own(FilePlace(found[1], found[2]))


def roots() -> list[str]:
    """The places that people may pick from."""
    return list(settings.PGSPARK_S3_SOURCES)


def allowed(uri: str) -> FilePlace:
    """The place at an address that a person gave. Raises S3_PLACE_NOT_ALLOWED."""
    found = _URI.fullmatch(uri)
    place = FilePlace(found[1], found[2]) if found else None
    if place is None or not _is_plain(uri) or _is_own(place) or not uri.startswith(tuple(roots())):
        raise PortalError("S3_PLACE_NOT_ALLOWED", uri=uri[:200] if uri.isprintable() else "The address")
    return place


def _is_plain(uri: str) -> bool:
    """Nothing that a folder, Hadoop or a log would read as more than a name."""
    segments = uri.removeprefix("s3://").split("/")
    has_odd = any(segment in (".", "..") for segment in segments) or "" in segments[:-1]
    return uri.isprintable() and len(uri) <= _MOST_CHARACTERS and not has_odd


def _is_own(place: FilePlace) -> bool:
    """Whether it is, or holds, what runs and uploads keep."""
    if place.bucket != settings.PGSPARK_S3_BUCKET:
        return False
    return any(place.key.startswith(own) for own in _OWN) or any(own.startswith(place.key) for own in _OWN)
