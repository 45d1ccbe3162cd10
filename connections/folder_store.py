"""A folder that stands for a bucket: keys are paths, and what is being written has a name that begins with a dot."""

from __future__ import annotations

import contextlib
import os
import tempfile
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import BinaryIO

from connections.errors import PortalError
from connections.objects import Listing, ObjectInfo

_MISSING = (FileNotFoundError, IsADirectoryError, NotADirectoryError)


@contextlib.contextmanager
def _missing_errors() -> Iterator[None]:
    try:
        yield
    except _MISSING as error:
        raise PortalError("STORE_OBJECT_MISSING") from error


class FolderWriter:
    """Written beside its place and renamed, so that a reader never sees half an object."""

    def __init__(self, root: Path, path: Path) -> None:
        self._root, self._path = root, path
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            self._part = tempfile.NamedTemporaryFile(dir=path.parent, prefix=".", delete=False)  # noqa: SIM115
        except OSError as error:
            raise PortalError("STORE_NOT_WRITABLE") from error

    def write(self, data: bytes) -> None:
        try:
            self._part.write(data)
        except OSError as error:
            raise PortalError("STORE_NOT_WRITABLE") from error

    def commit(self) -> None:
        try:
            self._part.close()
            Path(self._part.name).replace(self._path)
        except OSError as error:
            raise PortalError("STORE_NOT_WRITABLE") from error

    def abort(self) -> None:
        # Closing writes what is left in the buffer, which a full disk refuses.
        with contextlib.suppress(OSError):
            self._part.close()
        Path(self._part.name).unlink(missing_ok=True)
        _remove_empty(self._path.parent, self._root)


class FolderStore:
    """See `ObjectStore`."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def _path(self, key: str) -> Path:
        """Through no symbolic link: a run of the local engine could lay one to what is not its own."""
        root = self.root.resolve()
        path = Path(os.path.normpath(root / key))
        if not path.is_relative_to(root) or path.resolve() != path:
            raise PortalError("STORE_OBJECT_MISSING")
        return path

    def put(self, key: str, data: bytes) -> None:
        writer = self.writer(key)
        try:
            writer.write(data)
            writer.commit()
        finally:
            writer.abort()

    def put_new(self, key: str, data: bytes) -> bool:
        path = self._path(key)
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            with tempfile.NamedTemporaryFile(dir=path.parent, prefix=".") as part:
                part.write(data)
                part.flush()
                path.hardlink_to(part.name)
        except FileExistsError:
            return False
        except OSError as error:
            raise PortalError("STORE_NOT_WRITABLE") from error
        return True

    def writer(self, key: str) -> FolderWriter:
        return FolderWriter(self.root.resolve(), self._path(key))

    def get(self, key: str) -> bytes:
        with self.open(key) as file:
            return file.read()

    def read_range(self, key: str, start: int, length: int) -> bytes:
        with self.open(key) as file:
            file.seek(start)
            return file.read(length)

    def info(self, key: str) -> ObjectInfo:
        path = self._path(key)
        with _missing_errors():
            if not path.is_file():
                raise FileNotFoundError
            return self._info(path)

    def open(self, key: str) -> BinaryIO:
        with _missing_errors():
            return self._path(key).open("rb")

    def list(self, prefix: str) -> list[ObjectInfo]:
        return list(self.scan(prefix))

    def scan(self, prefix: str) -> Iterator[ObjectInfo]:
        try:
            folder = self._path(prefix if prefix.endswith("/") else os.path.dirname(prefix))  # noqa: PTH120
        except PortalError:
            return  # no object can be there
        for path in sorted(folder.rglob("*")):
            if _is_shown(path) and path.is_file() and self._key(path).startswith(prefix):
                yield self._info(path)

    def browse(self, prefix: str, *, after: str = "", limit: int = 200) -> Listing:
        folder = self._path(prefix)
        shown = sorted(path for path in folder.glob("*") if _is_shown(path) and path.name > after)
        page = shown[:limit]
        prefixes = tuple(f"{self._key(path)}/" for path in page if path.is_dir())
        objects = tuple(self._info(path) for path in page if path.is_file())
        return Listing(prefixes, objects, page[-1].name if len(shown) > limit else "")

    def delete(self, key: str) -> None:
        folder, name = os.path.split(key)
        path = self._path(folder) / name  # of a link, the link itself
        path.unlink(missing_ok=True)
        _remove_empty(path.parent, self.root.resolve())

    def sweep_unfinished(self, prefix: str, before: datetime) -> int:
        left = [path for path in self._path(prefix).rglob(".*") if path.is_file() and _modified_at(path) < before]
        for path in left:
            path.unlink(missing_ok=True)
            _remove_empty(path.parent, self.root.resolve())
        return len(left)

    @contextlib.contextmanager
    def local_path(self, key: str) -> Iterator[Path]:
        path = self._path(key)
        if not path.is_file():
            raise PortalError("STORE_OBJECT_MISSING")
        yield path

    def _key(self, path: Path) -> str:
        return str(path.relative_to(self.root.resolve()))

    def _info(self, path: Path) -> ObjectInfo:
        facts = path.stat()
        return ObjectInfo(
            self._key(path), facts.st_size, _modified_at(path), f"{facts.st_mtime_ns:x}-{facts.st_size:x}"
        )


def _is_shown(path: Path) -> bool:
    return not path.name.startswith(".") and not path.is_symlink()


def _modified_at(path: Path) -> datetime:
    return datetime.fromtimestamp(path.stat().st_mtime, UTC)


def _remove_empty(folder: Path, root: Path) -> None:
    """Removes the folder and those above it that are empty: S3 has none. Those in the root stay, for other writers."""
    while root in folder.parent.parents:
        try:
            folder.rmdir()
        except OSError:
            return
        folder = folder.parent
