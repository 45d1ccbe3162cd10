"""What the stack keeps in its folder between runs: its secrets, and which instance runs now."""

from __future__ import annotations

import fcntl
import json
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import IO

from pgspark_site.local_stack.family import ProcessMark, end_marked
from pgspark_site.local_stack.provision import say

ACCOUNTS = ("admin", "analyst", "teammate", "outsider")


def _word() -> str:
    return secrets.token_urlsafe(12)


@dataclass(frozen=True, slots=True)
class Secrets:
    """Drawn once per folder; none of them is worth anything outside of this machine."""

    secret_key: str = field(default_factory=lambda: secrets.token_urlsafe(48), repr=False)
    postgres: str = field(default_factory=_word, repr=False)
    portal: str = field(default_factory=_word, repr=False)
    shop_reader: str = field(default_factory=_word, repr=False)
    redis: str = field(default_factory=_word, repr=False)
    accounts: dict[str, str] = field(default_factory=lambda: {name: _word() for name in ACCOUNTS}, repr=False)


def kept_secrets(folder: Path) -> Secrets:
    """The folder's secrets; drawn and stored at the first call, readable by this user only."""
    path = folder / "secrets.json"
    if path.exists():
        return Secrets(**json.loads(path.read_text()))
    drawn = Secrets()
    path.touch(mode=0o600)
    path.write_text(json.dumps(asdict(drawn)))
    return drawn


class AlreadyRunning(Exception):
    """Another stack of this folder runs; `url` is where, empty while it starts."""

    def __init__(self, url: str) -> None:
        self.url = url
        super().__init__(url)


class Instance:
    """The one stack of a folder, as others may read it from `stack.json`."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._url = ""
        self._marks: list[tuple[str, ProcessMark]] = []

    def serves_at(self, url: str) -> None:
        self._url = url
        self._write()

    def runs(self, marks: list[tuple[str, ProcessMark]]) -> None:
        self._marks = marks
        self._write()

    def end_leftovers(self) -> None:
        """Ends what an instance that was killed could not end, by pid and start time."""
        left = end_marked([ProcessMark(*mark) for _, *mark in _read(self._path)["processes"]])
        if left:
            say(f"Ended {len(left)} processes that an earlier run left behind.")
        self._write()

    def _write(self) -> None:
        part = self._path.with_suffix(".part")
        part.write_text(json.dumps({"url": self._url, "processes": [[name, *mark] for name, mark in self._marks]}))
        part.replace(self._path)


def _read(path: Path) -> dict[str, list[list[int]]]:
    """An empty record where there is none."""
    record: dict[str, list[list[int]]] = json.loads(path.read_text()) if path.exists() else {"processes": []}
    return record


@contextmanager
def only_instance(folder: Path) -> Iterator[Instance]:
    """Holds the folder for one stack. Raises AlreadyRunning.

    The kernel frees the lock with the process that holds it, so a killed stack leaves no stale one.
    """
    folder.mkdir(parents=True, exist_ok=True)
    record = folder / "stack.json"
    with (folder / "stack.lock").open("w") as lock:
        _take(lock, record)
        instance = Instance(record)
        instance.end_leftovers()
        try:
            yield instance
        finally:
            record.unlink(missing_ok=True)


def _take(lock: IO[str], record: Path) -> None:
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        url = str(json.loads(record.read_text())["url"]) if record.exists() else ""
        raise AlreadyRunning(url) from None
