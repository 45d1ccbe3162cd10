"""The logs of a driver on EMR Serverless: compressed objects that the service writes anew as they grow.

A copy of each, uncompressed, is kept on this machine by the object's etag, so that asking again costs one small call.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import zlib
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import BinaryIO

from connections.errors import PortalError
from connections.object_store import store_of
from connections.objects import ObjectInfo, ObjectStore
from jobs.execution.base import Handle, LogChunk, Stream
from jobs.execution.logs import CUT, MOST_BYTES, copies_folder, read_chunk

# An object that has not changed for this long has got its last line.
_SETTLED = timedelta(minutes=2)
_PIECE = 256 * 1024
_GZIP = zlib.MAX_WBITS | 16
_EMPTY = LogChunk(text="", start=0, end=0, size=0)


def read_log(handle: Handle, stream: Stream, *, start: int, limit: int) -> LogChunk:
    """As `Engine.log`; empty while the service has written none, which takes a minute or two."""
    if not handle.log_uri or not handle.external_id:
        return _EMPTY
    bucket, _, prefix = handle.log_uri.removeprefix("s3://").partition("/")
    info = _find(store_of(bucket), handle, prefix, stream)
    if info is None:
        return _EMPTY
    path = _copy(store_of(bucket), bucket, info)
    final = info.modified_at is not None and datetime.now(UTC) - info.modified_at > _SETTLED
    return read_chunk(path, start=start, limit=limit, final=final)


def _find(store: ObjectStore, handle: Handle, prefix: str, stream: Stream) -> ObjectInfo | None:
    """Where the service puts it; a job that it tried more than once has a folder per attempt: the last one counts."""
    job = f"{prefix}applications/{handle.application_id}/jobs/{handle.external_id}/"
    name = f"SPARK_DRIVER/{stream}.gz"
    with contextlib.suppress(_Missing):
        return _info(store, job + name)
    for attempt in sorted(_attempts(store, f"{job}attempts/"), key=int, reverse=True):
        with contextlib.suppress(_Missing):
            return _info(store, f"{job}attempts/{attempt}/{name}")
    return None


class _Missing(Exception):
    """The object is not there."""


def _info(store: ObjectStore, key: str) -> ObjectInfo:
    try:
        return store.info(key)
    except PortalError as error:
        if error.code == "STORE_OBJECT_MISSING":
            raise _Missing from error
        raise


def _attempts(store: ObjectStore, prefix: str) -> Iterator[str]:
    for found in store.browse(prefix).prefixes:
        number = found.removeprefix(prefix).strip("/")
        if number.isascii() and number.isdigit():
            yield number


def _copy(store: ObjectStore, bucket: str, info: ObjectInfo) -> Path:
    """The uncompressed copy of exactly this object; copies of what it was before are removed."""
    folder = copies_folder()
    name = hashlib.sha256(f"{bucket}/{info.key}".encode()).hexdigest()[:32]
    etag = hashlib.sha256(info.etag.encode()).hexdigest()[:16]
    path = folder / f"{name}.{etag}"
    if not path.exists():
        part = folder / f".{name}.{os.getpid()}.{os.urandom(4).hex()}"
        try:
            with store.open(info.key) as packed, part.open("xb") as out:
                unpack(packed, out)
            part.replace(path)
        finally:
            part.unlink(missing_ok=True)
        for older in set(folder.glob(f"{name}.*")) - {path}:
            older.unlink(missing_ok=True)
    return path


def unpack(packed: BinaryIO, out: BinaryIO, most: int = MOST_BYTES) -> None:
    """All members of a gzip file, one after the other; what follows a torn or foreign piece is left out."""
    unpacker, written = zlib.decompressobj(_GZIP), 0
    with contextlib.suppress(zlib.error):
        while data := packed.read(_PIECE):
            while data:
                text = unpacker.decompress(data, most - written)
                written += out.write(text)
                if written >= most:
                    out.write(CUT)
                    return
                data = unpacker.unused_data
                if unpacker.eof:
                    unpacker = zlib.decompressobj(_GZIP)
