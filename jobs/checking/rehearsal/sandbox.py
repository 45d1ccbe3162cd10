"""One confined process with its warm Spark, seen from outside: start, hand a rehearsal over, watch its memory, end."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import subprocess
import threading
import time
from collections import deque
from dataclasses import dataclass
from pathlib import Path

from jobs.checking.rehearsal.confinement import environment, server_command, view
from jobs.confinement.command import SCRATCH, Way, wrapped

START_SECONDS = 90
MAX_ANSWER = 8 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Options:
    """What the keeper was told about this machine; `files` is the folder that stands for /etc inside."""

    way: Way
    java_home: Path
    files: Path
    scratch: Path
    memory_mb: int


class Gone(Exception):
    """The confined process ended, or was ended, before it answered."""


class OutOfTime(Exception):
    """No answer within the time."""


class Sandbox:
    """Starts at once; `ready` is set when it takes rehearsals. One that does not get ready ends.

    Start it from the main thread: the kernel ends it with the thread that started it.
    """

    def __init__(self, options: Options) -> None:
        self._control, inside = socket.socketpair(socket.AF_UNIX, socket.SOCK_STREAM)
        with inside:
            self._process = _start(options, inside)
        self.ready = threading.Event()
        self.served = 0
        self.last_words: deque[str] = deque(maxlen=40)
        for target in (self._await_ready, self._listen):
            threading.Thread(target=target, daemon=True).start()

    @property
    def is_alive(self) -> bool:
        return self._process.poll() is None

    def ask(self, request: bytes, seconds: float) -> bytes:
        """The answer to one request. Raises Gone, OutOfTime; after OutOfTime the sandbox is to be ended."""
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_STREAM)
        with ours:
            with theirs:
                self._hand_over(theirs, seconds)
            ours.settimeout(seconds)
            try:
                ours.sendall(request)
                ours.shutdown(socket.SHUT_WR)
                return _read_all(ours, time.monotonic() + seconds)
            except TimeoutError as error:
                raise OutOfTime from error
            except OSError as error:
                raise Gone from error

    def _hand_over(self, end: socket.socket, seconds: float) -> None:
        self.served += 1
        try:
            socket.send_fds(self._control, [f"{seconds:.1f}".ljust(16).encode()], [end.fileno()])
        except OSError as error:
            raise Gone from error

    def end(self) -> None:
        """Ends it and all that it started."""
        self._control.close()
        if self.is_alive:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait()

    def wait_for_end(self, seconds: float) -> None:
        """Returns when it has ended, or after that time."""
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(seconds)

    def weight(self) -> tuple[int, float]:
        """How many processes it and what it started are, and how many MB they hold."""
        family = _family(self._process.pid)
        return len(family), sum(_resident_kb(pid) for pid in family) / 1024

    def _await_ready(self) -> None:
        self._control.settimeout(START_SECONDS)
        try:
            is_ready = self._control.recv(16) == b"ready"
            self._control.settimeout(None)
        except OSError:
            is_ready = False
        if is_ready:
            self.ready.set()
        else:
            self._process.kill()

    def _listen(self) -> None:
        """Keeps the last of what it writes; it is told when the start fails."""
        assert self._process.stderr is not None  # noqa: S101
        with self._process.stderr as words:
            for line in words:
                self.last_words.append(line.decode(errors="replace").rstrip()[:300])


def _start(options: Options, control: socket.socket) -> subprocess.Popen[bytes]:
    scratch = SCRATCH if options.way != "unconfined" else str(options.scratch)
    env = environment(options.java_home, scratch)
    inner = server_command(options.way, control.fileno(), options.memory_mb, scratch)
    command = wrapped(options.way, view(options.java_home, options.files), inner, env)
    return subprocess.Popen(  # noqa: S603
        command,
        env=env,
        cwd="/",
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        pass_fds=[control.fileno()],
        start_new_session=True,
    )


def _read_all(connection: socket.socket, deadline: float) -> bytes:
    parts: list[bytes] = []
    size = 0
    while part := connection.recv(65536):
        parts.append(part)
        size += len(part)
        if size > MAX_ANSWER:
            raise OSError("the answer is too large")
        connection.settimeout(max(deadline - time.monotonic(), 0.001))
    return b"".join(parts)


def _family(pid: int) -> set[int]:
    """The process and its descendants."""
    parents: dict[int, list[int]] = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdecimal():
            with contextlib.suppress(OSError, IndexError, ValueError):
                parent = int((entry / "stat").read_text().rpartition(")")[2].split()[1])
                parents.setdefault(parent, []).append(int(entry.name))
    found = {pid}
    waiting = [pid]
    while waiting:
        children = parents.get(waiting.pop(), [])
        found.update(children)
        waiting += children
    return found


def _resident_kb(pid: int) -> int:
    """What the process holds alone, so that forks do not count what they share with their parent."""
    with contextlib.suppress(OSError, ValueError):
        for line in Path(f"/proc/{pid}/status").read_text().splitlines():
            if line.startswith("RssAnon:"):
                return int(line.split()[1])
    return 0
