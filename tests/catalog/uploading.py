"""Uploads for tests, without a browser."""

from __future__ import annotations

from pathlib import Path

from django.contrib.auth.models import User

from catalog import file_operations
from catalog.files.incoming import IncomingFile
from catalog.models import CsvUpload

SALES = b"region,amount,day\nnorth,1.5,2024-05-01\nsouth,2,2024-05-02\n"


def make_upload(owner: User, content: bytes = SALES, name: str = "sales.csv") -> CsvUpload:
    incoming = IncomingFile(name)
    incoming.write(content)
    return file_operations.keep_upload(owner=owner, incoming=incoming)


def files_of(bucket: Path) -> list[str]:
    """Everything that lies in the bucket's folder, hidden files and empty folders too."""
    return sorted(str(path.relative_to(bucket)) for path in bucket.rglob("*") if path.name != "uploads")
