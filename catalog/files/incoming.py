"""A file that streams from a person into the store: checked as it passes, and gone again unless it is kept."""

from __future__ import annotations

import re
import unicodedata
import uuid
from pathlib import PurePosixPath

from django.conf import settings

from catalog.files.places import UPLOADS
from catalog.files.text_guard import TextGuard
from connections.errors import PortalError
from connections.object_store import store

_MOST_NAME = 100


class IncomingFile:
    """Feed it with `write`, then `commit` it; `close` without a commit leaves nothing behind.

    `write` raises UPLOAD_TOO_LARGE, the errors of `TextGuard` and STORE_NOT_WRITABLE.
    """

    def __init__(self, name: str) -> None:
        self.name = plain_name(name)
        self.key = f"{UPLOADS}{uuid.uuid4()}/{safe_name(self.name)}"
        self.guard = TextGuard(self.name)
        self.is_kept = False
        self._writer = store().writer(self.key)

    @property
    def size(self) -> int:
        return self.guard.size

    def write(self, piece: bytes) -> None:
        if self.size + len(piece) > settings.PGSPARK_UPLOAD_MAX_MB * 1024**2:
            raise PortalError("UPLOAD_TOO_LARGE", limit=settings.PGSPARK_UPLOAD_MAX_MB)
        self.guard.feed(piece)
        self._writer.write(piece)

    def commit(self) -> None:
        """Raises FILE_EMPTY, STORE_NOT_WRITABLE."""
        if not self.size:
            raise PortalError("FILE_EMPTY", name=self.name)
        self._writer.commit()
        self.is_kept = True

    def close(self) -> None:
        if not self.is_kept:
            self._writer.abort()


def plain_name(name: str) -> str:
    """The file's own name without folders and what cannot be shown; browsers may send either slash."""
    last = name.replace("\\", "/").rpartition("/")[2]
    shown = "".join(letter for letter in unicodedata.normalize("NFC", last) if letter.isprintable()).strip()
    return shown[:255] or "upload.csv"


def safe_name(name: str) -> str:
    """The name in the store: letters that need no quoting anywhere, and an ending by which Spark unpacks nothing."""
    plain = unicodedata.normalize("NFKD", PurePosixPath(name).stem).encode("ascii", "ignore").decode()
    word = re.sub(r"[^A-Za-z0-9-]+", "_", plain).strip("_-")[:_MOST_NAME]
    return f"{word or 'file'}.csv"
