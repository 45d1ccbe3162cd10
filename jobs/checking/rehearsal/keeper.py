"""Keeps one confined, warm Spark for all web processes and workers of this machine. Outside of the confinement.

    python -I -c "..." FOLDER OPTIONS_JSON

The folder is the protocol, used by `client.py`:

    keeper.lock   held (flock) for as long as this process lives, so that only one does
    keeper.sock   one request for each connection: a line of JSON with `seconds` and `wait`, then the request itself.
                  The answer is a line with one word, then for `answer` what the confined process said of it
    keeper.log    starts, ends and their reasons

It ends when nobody asked for long, or when its socket was removed. It has no credentials and no setting of the portal.
"""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import select
import signal
import socket
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from types import FrameType
from typing import Any, NoReturn

from jobs.checking.rehearsal.confinement import USER_NAME, view
from jobs.checking.rehearsal.sandbox import Gone, Options, OutOfTime, Sandbox
from jobs.confinement.command import best_way
from jobs.confinement.view import write_files

TICK_SECONDS = 1.0
GRACE_SECONDS = 3.0
WAIT_SECONDS = 0.05
AT_ONCE = 4
END_SECONDS = 2.0  # a sandbox that loses a rehearsal is most likely ending
MAX_REQUEST = 2 * 1024 * 1024
MAX_LOG = 1024 * 1024
FAILED_STARTS = 2
MOST_PROCESSES = 100


class Keeper:
    def __init__(self, folder: Path, told: dict[str, Any]) -> None:
        self._folder = folder
        self._told = told
        self._log = folder / "keeper.log"
        self._options: Options | None = None
        self._sandbox: Sandbox | None = None
        self._failed_starts = 0
        self._last_asked = time.monotonic()
        self._places = threading.Semaphore(AT_ONCE)
        self._active = 0
        self._counting = threading.Lock()

    def run(self, listener: socket.socket) -> None:
        """Until nobody needs it any more."""
        self._choose_way()
        inode = (self._folder / "keeper.sock").stat().st_ino
        while self._is_wanted(inode):
            self._look_after()
            if select.select([listener], [], [], TICK_SECONDS)[0]:
                connection, _ = listener.accept()
                threading.Thread(target=self._serve, args=(connection,), daemon=True).start()
        if self._sandbox:
            self._sandbox.end()

    def _choose_way(self) -> None:
        java_home = Path(self._told["java_home"])
        files = write_files(self._folder / "etc", USER_NAME)
        way = best_way(view(java_home, files), unconfined=self._told["unconfined"], ways=self._told["ways"])
        self._say(f"confinement: {way or 'none'}")
        if way:
            scratch = self._folder / "scratch"
            scratch.mkdir(exist_ok=True)
            self._options = Options(way, java_home, files, scratch, self._told["memory_mb"])

    def _is_wanted(self, inode: int) -> bool:
        if time.monotonic() - self._last_asked > self._told["idle_seconds"]:
            self._say("ended: nobody asked for long")
            return False
        try:
            return (self._folder / "keeper.sock").stat().st_ino == inode
        except FileNotFoundError:
            return False

    def _look_after(self) -> None:
        """Starts a sandbox where there is none, and a new one in place of one that is used up."""
        sandbox = self._sandbox
        if sandbox and not sandbox.is_alive:
            self._failed_starts = 0 if sandbox.ready.is_set() else self._failed_starts + 1
            self._replace("it ended" if sandbox.ready.is_set() else "it did not start")
        elif sandbox and self._is_too_heavy(sandbox):
            self._replace("it held too much memory or too many processes")
        elif sandbox and sandbox.served >= self._told["most_rehearsals"] and not self._active:
            self._replace("it served its number of rehearsals")
        if self._sandbox is None and self._options and self._failed_starts < FAILED_STARTS:
            self._sandbox = Sandbox(self._options)

    def _is_too_heavy(self, sandbox: Sandbox) -> bool:
        processes, megabytes = sandbox.weight()
        return processes > MOST_PROCESSES or megabytes > self._told["most_memory_mb"]

    def _replace(self, reason: str) -> None:
        assert self._sandbox is not None  # noqa: S101
        self._say(f"sandbox replaced: {reason}")
        if not self._sandbox.ready.is_set():
            self._say("\n".join(self._sandbox.last_words))
        self._sandbox.end()
        self._sandbox = None

    def _serve(self, connection: socket.socket) -> None:
        with connection, contextlib.suppress(OSError, ValueError):
            connection.settimeout(5)
            head, _, request = _read(connection).partition(b"\n")
            told = json.loads(head)
            self._last_asked = time.monotonic()
            word, answer = self._answer(request, float(told["seconds"]), float(told["wait"]))
            connection.settimeout(5)
            connection.sendall(word.encode() + b"\n" + answer)

    def _answer(self, request: bytes, seconds: float, wait: float) -> tuple[str, bytes]:
        """One word for how it went, and the confined process's answer."""
        if self._options is None:
            return "unconfined", b""
        sandbox = self._ready_sandbox(time.monotonic() + wait)
        if sandbox is None:
            return ("broken" if self._failed_starts >= FAILED_STARTS else "starting"), b""
        with self._place():
            try:
                answer = sandbox.ask(request, seconds + GRACE_SECONDS)
                if not answer:
                    raise Gone
                return "answer", answer
            except OutOfTime:
                self._say("a rehearsal took too long")
                sandbox.end()
                return "time", b""
            except Gone:
                sandbox.wait_for_end(END_SECONDS)
                return "gone", b""

    @contextlib.contextmanager
    def _place(self) -> Iterator[None]:
        """One of the few rehearsals that run at once."""
        with self._places:
            with self._counting:
                self._active += 1
            try:
                yield
            finally:
                with self._counting:
                    self._active -= 1

    def _ready_sandbox(self, deadline: float) -> Sandbox | None:
        while True:
            sandbox = self._sandbox
            left = deadline - time.monotonic()
            if sandbox and sandbox.ready.is_set() and sandbox.is_alive:
                return sandbox
            if left <= 0 or self._failed_starts >= FAILED_STARTS:
                return None
            time.sleep(min(left, WAIT_SECONDS))

    def _say(self, text: str) -> None:
        """A line for whoever looks after the machine; the log starts anew when it is long."""
        mode = "w" if self._log.exists() and self._log.stat().st_size > MAX_LOG else "a"
        with self._log.open(mode) as log:
            log.write(f"{time.strftime('%Y-%m-%dT%H:%M:%SZ', time.gmtime())} {text}\n")


def _read(connection: socket.socket) -> bytes:
    parts: list[bytes] = []
    size = 0
    while part := connection.recv(65536):
        parts.append(part)
        size += len(part)
        if size > MAX_REQUEST:
            raise ValueError("the request is too large")
    return b"".join(parts)


def _listen(path: Path) -> socket.socket:
    """The socket, which only this user can connect to."""
    os.chdir(path.parent)  # a short name: the kernel takes 107 bytes
    path.unlink(missing_ok=True)
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    old = os.umask(0o177)
    try:
        listener.bind(path.name)
    finally:
        os.umask(old)
    listener.listen(64)
    return listener


def _leave_the_starter() -> None:
    """Becomes a process that nobody waits for; the one that the starter waits for ends at once."""
    if os.fork():
        os._exit(0)
    os.setsid()


def _end(number: int, frame: FrameType | None) -> NoReturn:
    sys.exit(0)  # the confined process ends with this one


def main(folder: Path, told: dict[str, Any]) -> None:
    _leave_the_starter()
    with (folder / "keeper.lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return  # another keeper was faster
        lock.write(str(os.getpid()))
        lock.flush()
        signal.signal(signal.SIGTERM, _end)
        with _listen(folder / "keeper.sock") as listener:
            Keeper(folder, told).run(listener)
