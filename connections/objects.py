"""Objects of a bucket as plain values, and what every store of them can do."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import BinaryIO, Protocol


@dataclass(frozen=True, slots=True)
class ObjectInfo:
    """An object of the store; `size` in bytes. `etag` changes when the object is written anew."""

    key: str
    size: int
    modified_at: datetime | None = None
    etag: str = ""


@dataclass(frozen=True, slots=True)
class Listing:
    """One page below a prefix, as in a folder: prefixes that end with a slash, and objects. `after` asks for more."""

    prefixes: tuple[str, ...]
    objects: tuple[ObjectInfo, ...]
    after: str = ""


class ObjectWriter(Protocol):
    """An object on its way into the store, never whole in memory: there once `commit` has returned, not before."""

    def write(self, data: bytes) -> None: ...

    def commit(self) -> None: ...

    def abort(self) -> None:
        """Leaves nothing behind; does nothing after a commit."""
        ...


class ObjectStore(Protocol):
    """Objects by key. Raises STORE_OBJECT_MISSING for a key that is not there, STORE_NOT_WRITABLE on a failed write."""

    def put(self, key: str, data: bytes) -> None: ...

    def put_new(self, key: str, data: bytes) -> bool:
        """Writes the object unless there is one; of many that try at once exactly one is told True.

        False does not tell whose object it is: a try whose answer was lost may have written it.
        """
        ...

    def writer(self, key: str) -> ObjectWriter: ...

    def get(self, key: str) -> bytes: ...

    def read_range(self, key: str, start: int, length: int) -> bytes:
        """At most `length` bytes from `start` on; fewer at the object's end."""
        ...

    def info(self, key: str) -> ObjectInfo: ...

    def open(self, key: str) -> BinaryIO: ...

    def list(self, prefix: str) -> list[ObjectInfo]: ...

    def scan(self, prefix: str) -> Iterator[ObjectInfo]:
        """As `list`, one page after the other as they are asked for."""
        ...

    def browse(self, prefix: str, *, after: str = "", limit: int = 200) -> Listing: ...

    def delete(self, key: str) -> None: ...

    def sweep_unfinished(self, prefix: str, before: datetime) -> int:
        """Removes what writers that began before then have left below `prefix`; how many."""
        ...

    def local_path(self, key: str) -> contextlib.AbstractContextManager[Path]:
        """A readable local file with the object's bytes, for as long as the context is open."""
        ...
