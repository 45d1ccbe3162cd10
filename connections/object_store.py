"""The one seam to the bucket of scripts and results: the bucket itself, or a folder that stands for it.

With `PGSPARK_OBJECT_STORE_DIR` set, `s3://BUCKET/KEY` is the file `DIR/BUCKET/KEY`; the local engine maps the same
addresses to the same files, so nothing else in the portal knows the difference.
"""

from __future__ import annotations

import contextlib
import os
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Protocol

from botocore.exceptions import BotoCoreError, ClientError
from django.conf import settings

from connections.aws import client
from connections.errors import PortalError


@dataclass(frozen=True, slots=True)
class ObjectInfo:
    """An object of the store; `size` in bytes."""

    key: str
    size: int


class ObjectStore(Protocol):
    """Objects by key. Raises STORE_OBJECT_MISSING for a key that is not there, STORE_NOT_WRITABLE on a failed write."""

    def put(self, key: str, data: bytes) -> None: ...

    def get(self, key: str) -> bytes: ...

    def open(self, key: str) -> BinaryIO: ...

    def list(self, prefix: str) -> list[ObjectInfo]: ...

    def delete(self, key: str) -> None: ...

    def local_path(self, key: str) -> contextlib.AbstractContextManager[Path]:
        """A readable local file with the object's bytes, for as long as the context is open."""
        ...


class FolderStore:
    """A folder that stands for the bucket."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def _path(self, key: str) -> Path:
        path = (self.root / key).resolve()
        if not path.is_relative_to(self.root.resolve()):
            raise PortalError("STORE_OBJECT_MISSING")
        return path

    def put(self, key: str, data: bytes) -> None:
        path = self._path(key)
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            # Written beside and renamed, so that a reader never sees half an object.
            with tempfile.NamedTemporaryFile(dir=path.parent, prefix=".", delete=False) as part:
                part.write(data)
            Path(part.name).replace(path)
        except OSError as error:
            raise PortalError("STORE_NOT_WRITABLE") from error

    def get(self, key: str) -> bytes:
        with self.open(key) as file:
            return file.read()

    def open(self, key: str) -> BinaryIO:
        try:
            return self._path(key).open("rb")
        except (FileNotFoundError, IsADirectoryError, NotADirectoryError) as error:
            raise PortalError("STORE_OBJECT_MISSING") from error

    def list(self, prefix: str) -> list[ObjectInfo]:
        folder = self._path(prefix if prefix.endswith("/") else os.path.dirname(prefix))  # noqa: PTH120
        files = (path for path in sorted(folder.rglob("*")) if path.is_file() and not path.name.startswith("."))
        found = (ObjectInfo(str(path.relative_to(self.root.resolve())), path.stat().st_size) for path in files)
        return [info for info in found if info.key.startswith(prefix)]

    def delete(self, key: str) -> None:
        self._path(key).unlink(missing_ok=True)

    @contextlib.contextmanager
    def local_path(self, key: str) -> Iterator[Path]:
        path = self._path(key)
        if not path.is_file():
            raise PortalError("STORE_OBJECT_MISSING")
        yield path


@contextlib.contextmanager
def _s3_errors() -> Iterator[None]:
    try:
        yield
    except ClientError as error:
        code = str(error.response.get("Error", {}).get("Code", ""))
        if code in {"NoSuchKey", "404", "NotFound"}:
            raise PortalError("STORE_OBJECT_MISSING") from error
        raise PortalError("AWS_REFUSED", service="S3", aws_code=code) from error
    except BotoCoreError as error:
        raise PortalError("AWS_UNREACHABLE", service="S3") from error


class S3Store:
    """The bucket itself; what is written is encrypted by the service."""

    def __init__(self, bucket: str) -> None:
        self.bucket = bucket

    def put(self, key: str, data: bytes) -> None:
        with _s3_errors():
            client("s3").put_object(Bucket=self.bucket, Key=key, Body=data, ServerSideEncryption="AES256")

    def get(self, key: str) -> bytes:
        with _s3_errors():
            return bytes(client("s3").get_object(Bucket=self.bucket, Key=key)["Body"].read())

    def open(self, key: str) -> BinaryIO:
        spool = tempfile.TemporaryFile()  # noqa: SIM115  (the caller closes it)
        with _s3_errors():
            client("s3").download_fileobj(self.bucket, key, spool)
        spool.seek(0)
        return spool

    def list(self, prefix: str) -> list[ObjectInfo]:
        with _s3_errors():
            pages = client("s3").get_paginator("list_objects_v2").paginate(Bucket=self.bucket, Prefix=prefix)
            return [ObjectInfo(item["Key"], item["Size"]) for page in pages for item in page.get("Contents", [])]

    def delete(self, key: str) -> None:
        with _s3_errors():
            client("s3").delete_object(Bucket=self.bucket, Key=key)

    @contextlib.contextmanager
    def local_path(self, key: str) -> Iterator[Path]:
        with tempfile.NamedTemporaryFile() as copy:
            with _s3_errors():
                client("s3").download_fileobj(self.bucket, key, copy)
            copy.flush()
            yield Path(copy.name)


def store() -> ObjectStore:
    """The store that the settings name."""
    bucket: str = settings.PGSPARK_S3_BUCKET
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
