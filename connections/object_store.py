"""The one seam to buckets: scripts, results and files of people, in S3 itself or in a folder that stands for it.

With `PGSPARK_OBJECT_STORE_DIR` set, `s3://BUCKET/KEY` is the file `DIR/BUCKET/KEY`; the local engine maps the same
addresses to the same files, so nothing else in the portal knows the difference.
"""

from __future__ import annotations

from pathlib import Path

from django.conf import settings

from connections.folder_store import FolderStore
from connections.objects import ObjectStore
from connections.s3_store import S3Store


def store() -> ObjectStore:
    """The store of the portal's own bucket."""
    return store_of(settings.PGSPARK_S3_BUCKET)


def store_of(bucket: str) -> ObjectStore:
    """The store of any bucket that the portal's role may read."""
    if settings.PGSPARK_OBJECT_STORE_DIR:
        return FolderStore(Path(settings.PGSPARK_OBJECT_STORE_DIR) / bucket)
    return S3Store(bucket)


def uri_of(key: str) -> str:
    """`s3://bucket/key` of a key of the portal's bucket."""
    return f"s3://{settings.PGSPARK_S3_BUCKET}/{key}"


def key_of(uri: str) -> str:
    """The key in an `s3://bucket/key` address of the portal's bucket; ValueError for any other address."""
    prefix = uri_of("")
    if not uri.startswith(prefix):
        raise ValueError("not an address of the portal's bucket")
    return uri.removeprefix(prefix)
