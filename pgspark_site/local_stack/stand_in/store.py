"""The folder that stands for S3: `s3://bucket/key` is the file `ROOT/bucket/key`, as in the portal's own store."""

from __future__ import annotations

import gzip
import os
from collections.abc import Callable
from pathlib import Path


class Folder:
    """`root` is asked each time; while it tells None nothing is kept, and every object is missing."""

    def __init__(self, root: Callable[[], Path | None]) -> None:
        self._root = root

    def get(self, uri: str) -> bytes | None:
        path = self._path(uri)
        return path.read_bytes() if path is not None and path.is_file() else None

    def put(self, uri: str, data: bytes) -> None:
        path = self._path(uri)
        if path is None:
            return
        path.parent.mkdir(parents=True, exist_ok=True)
        part = _part(path)
        part.write_bytes(data)
        part.replace(path)

    def put_new(self, uri: str, data: bytes) -> bool:
        """False where there is one already."""
        path = self._path(uri)
        if path is None:
            return True
        path.parent.mkdir(parents=True, exist_ok=True)
        part = _part(path)
        part.write_bytes(data)
        try:
            path.hardlink_to(part)
        except FileExistsError:
            return False
        finally:
            part.unlink()
        return True

    def append_packed(self, uri: str, text: bytes) -> None:
        """One more member of a gzip object, as the service adds to its logs."""
        self.put(uri, (self.get(uri) or b"") + gzip.compress(text))

    def _path(self, uri: str) -> Path | None:
        root = self._root()
        if root is None or not uri.startswith("s3://"):
            return None
        path = (root / uri.removeprefix("s3://")).resolve()
        return path if path.is_relative_to(root.resolve()) else None


def _part(path: Path) -> Path:
    """Where an object is written before it is there: nobody lists names that begin with a dot."""
    return path.with_name(f".{path.name}.{os.getpid()}.{os.urandom(4).hex()}")
