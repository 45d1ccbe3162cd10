"""Asks the keeper of this machine for a rehearsal, and starts the keeper where there is none."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any

from django.conf import settings

from jobs.checking.rehearsal.answers import Rehearsal, not_available, sound
from jobs.checking.sources import Source
from jobs.confinement.command import CONFINED, Way

_BOOT = (
    "import json, pathlib, sys; sys.path.insert(0, sys.argv[1]);"
    "from jobs.checking.rehearsal.keeper import main; main(pathlib.Path(sys.argv[2]), json.loads(sys.argv[3]))"
)
_PROJECT = Path(__file__).resolve().parents[3]
_PACKAGES = ("jobs/checking/rehearsal", "jobs/confinement")
WAYS: Sequence[Way] = CONFINED
RESTART_AFTER = 2_000  # rehearsals; what they leave in the JVM is small, but there for good
CONNECT_SECONDS = 10.0
START_WAIT = 25.0  # a worker's task has 45 s


def rehearse(transform: str, sources: list[Source], *, wait: float = START_WAIT) -> Rehearsal:
    """What Spark's analyzer says of a transform over empty frames.

    `wait` is how long to wait for a Spark that is not warm yet: 0 answers `starting` at once.
    A rehearsal whose process was ended by somebody else's is tried once more.
    """
    if not settings.PGSPARK_REHEARSAL:
        return not_available("off")
    if not settings.PGSPARK_JAVA_HOME:
        return not_available("no-java")
    seconds = settings.PGSPARK_REHEARSAL_SECONDS
    body = {"transform": transform, "sources": [source.as_dict() for source in sources], "seconds": seconds}
    request = json.dumps({"seconds": seconds, "wait": wait}).encode() + b"\n" + json.dumps(body).encode()
    word, answer = _ask(request, seconds + wait)
    if word == "gone":
        word, answer = _ask(request, seconds + wait)
    return sound(answer) if word == "answer" else not_available(word)


def warm_up() -> None:
    """Sees to it that a Spark gets warm, without waiting for it."""
    if settings.PGSPARK_REHEARSAL and settings.PGSPARK_JAVA_HOME:
        with contextlib.suppress(OSError, subprocess.SubprocessError):  # whoever asks for a rehearsal hears of it
            _connect().close()


def _ask(request: bytes, seconds: float) -> tuple[str, bytes]:
    """The keeper's word and the answer that follows it."""
    try:
        connection = _connect()
    except (OSError, subprocess.SubprocessError):
        return "broken", b""
    try:
        with connection:
            connection.settimeout(seconds + 10)
            connection.sendall(request)
            connection.shutdown(socket.SHUT_WR)
            parts = iter(lambda: connection.recv(65536), b"")
            word, _, answer = b"".join(parts).partition(b"\n")
    except ConnectionError:  # a keeper that is ending takes connections until its last thread has gone
        return "gone", b""
    except OSError:
        return "broken", b""
    return word.decode(errors="replace") or "gone", answer


def _connect() -> socket.socket:
    """A connection to the keeper; starts one where none answers. Raises OSError."""
    told = _told()
    folder = keeper_folder(told)
    deadline = time.monotonic() + CONNECT_SECONDS
    started = False
    while True:
        try:
            return _connected(folder)
        except OSError:
            if time.monotonic() > deadline:
                raise
        if not started:
            _start(folder, told)
            started = True
        time.sleep(0.05)


def keeper_folder(told: dict[str, Any]) -> Path:
    """Where the keeper of these settings and this code is: after a change of either, an older one is not right."""
    digest = hashlib.sha256(json.dumps([told, sys.executable, _code_stamp()], sort_keys=True).encode())
    return Path(settings.PGSPARK_REHEARSAL_DIR) / digest.hexdigest()[:12]


@cache
def _code_stamp() -> list[tuple[str, int]]:
    files = [path for package in _PACKAGES for path in (_PROJECT / package).rglob("*.py")]
    return sorted((str(path.relative_to(_PROJECT)), path.stat().st_mtime_ns) for path in files)


def _connected(folder: Path) -> socket.socket:
    connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        # By the folder's descriptor: the kernel takes 107 bytes, and a path may be longer.
        descriptor = os.open(folder, os.O_PATH | os.O_DIRECTORY)
        try:
            connection.connect(f"/proc/self/fd/{descriptor}/keeper.sock")
        finally:
            os.close(descriptor)
    except OSError:
        connection.close()
        raise
    return connection


def _told() -> dict[str, Any]:
    """What a keeper has to know."""
    return {
        "java_home": settings.PGSPARK_JAVA_HOME,
        "unconfined": settings.PGSPARK_REHEARSAL_UNCONFINED,
        "memory_mb": settings.PGSPARK_REHEARSAL_MEMORY_MB,
        "most_memory_mb": settings.PGSPARK_REHEARSAL_MEMORY_MB + 768,
        "most_rehearsals": RESTART_AFTER,
        "idle_seconds": settings.PGSPARK_REHEARSAL_IDLE_SECONDS,
        "ways": list(WAYS),
    }


def _start(folder: Path, told: dict[str, Any]) -> None:
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    null = subprocess.DEVNULL
    env = {"PATH": os.environ.get("PATH", os.defpath)}
    command = [sys.executable, "-I", "-c", _BOOT, str(_PROJECT), str(folder), json.dumps(told)]
    subprocess.run(command, env=env, stdin=null, stdout=null, stderr=null, check=True, timeout=30)  # noqa: S603
