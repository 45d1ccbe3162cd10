"""Which processes are ours: by pid together with start time, so that a reused pid is never mistaken for ours."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Collection, Iterator
from pathlib import Path
from typing import NamedTuple

_PROC = Path("/proc")
_LISTEN = "0A"


class ProcessMark(NamedTuple):
    """A process that cannot be confused with a later one of the same pid."""

    pid: int
    started: int


def mark_of(pid: int) -> ProcessMark:
    """`started` is in clock ticks since the machine started, 0 when the process is gone."""
    fields = _stat(pid)
    return ProcessMark(pid, int(fields[19]) if fields else 0)


def is_alive(mark: ProcessMark) -> bool:
    """Whether the very process still runs; one that ended but was not reaped does not."""
    fields = _stat(mark.pid)
    return bool(fields) and int(fields[19]) == mark.started and fields[0] != "Z"


def listens(pid: int, port: int) -> bool:
    """Whether this very process listens on the port of IPv4; another program's answer there is not ours."""
    sockets = {f"socket:[{inode}]" for inode in _listeners(port)}
    try:
        descriptors = list((_PROC / str(pid) / "fd").iterdir())
    except (FileNotFoundError, ProcessLookupError):
        return False
    return any(_link(descriptor) in sockets for descriptor in descriptors)


def _listeners(port: int) -> Iterator[str]:
    """Inodes of the sockets that listen on the port; /proc/net/tcp has a head, then addresses and states in hex."""
    for line in (_PROC / "net" / "tcp").read_text().splitlines()[1:]:
        fields = line.split()
        if fields[3] == _LISTEN and int(fields[1].rpartition(":")[2], 16) == port:
            yield fields[9]


def _link(path: Path) -> str:
    try:
        return str(path.readlink())
    except FileNotFoundError:
        return ""


def _stat(pid: int) -> list[str]:
    """The fields of /proc/PID/stat after the name, which may itself hold blanks and brackets."""
    try:
        return (_PROC / str(pid) / "stat").read_text().rpartition(")")[2].split()
    except (FileNotFoundError, ProcessLookupError):
        return []


def strays() -> set[int]:
    """Pids of this process's children, orphans of its descendants among them."""
    found: set[int] = set()
    for task in (_PROC / "self" / "task").iterdir():
        found.update(int(pid) for pid in (task / "children").read_text().split())
    return found


def end_all(pids: Collection[int], within: float = 5) -> None:
    """Ends children of this process and all they start while ending; kills what takes longer than `within`."""
    _send(pids, signal.SIGTERM)
    deadline = time.monotonic() + within
    while remaining := _unreaped():
        if time.monotonic() > deadline:
            _send(remaining, signal.SIGKILL)
        time.sleep(0.05)


def _unreaped() -> set[int]:
    for pid in strays():
        try:
            os.waitpid(pid, os.WNOHANG)
        except ChildProcessError:
            continue
    return strays()


def end_marked(marks: Collection[ProcessMark], within: float = 10) -> list[ProcessMark]:
    """Ends processes that a killed stack left; returns those that were still there."""
    left = [mark for mark in marks if is_alive(mark)]
    _send([mark.pid for mark in left], signal.SIGTERM)
    deadline = time.monotonic() + within
    while any(is_alive(mark) for mark in left):
        if time.monotonic() > deadline:
            _send([mark.pid for mark in left if is_alive(mark)], signal.SIGKILL)
        time.sleep(0.05)
    return left


def _send(pids: Collection[int], number: signal.Signals) -> None:
    for pid in pids:
        try:
            os.kill(pid, number)
        except ProcessLookupError:
            continue
