"""Follows one call from the thread that made it: the call waits for the network in a thread of its own, this one shows
progress, sees a cancellation and cuts the line."""

from __future__ import annotations

import queue
import threading
import time
from dataclasses import dataclass, field

from connections.lines import Line
from jobs.codegen.base import Watch
from jobs.codegen.calling import Ask, Reply, Transport

LOOK_SECONDS = 0.2


@dataclass
class _Told:
    """What the network's thread says: code so far, and one end."""

    written: str = ""
    end: queue.Queue[Reply | Exception] = field(default_factory=lambda: queue.Queue(1))

    def wrote(self, text: str) -> None:
        self.written = text


def follow(transport: Transport, ask: Ask, watch: Watch) -> Reply:
    """The reply to `ask`. Raises CallFailed, and what `watch.tick` raises, with the line cut."""
    line, told = Line(), _Told()
    thread = threading.Thread(target=_call, args=(transport, ask, line, told), name="model-call", daemon=True)
    thread.start()
    shown = ""
    try:
        while True:
            try:
                end = told.end.get(timeout=LOOK_SECONDS)
            except queue.Empty:
                written = told.written
                watch.tick(written if written != shown else None)
                shown = written
                continue
            if isinstance(end, Exception):
                raise end
            return end
    finally:
        line.cut()


def wait(seconds: float, watch: Watch) -> None:
    """Sleeps, looking up as often as during a call."""
    until = time.monotonic() + seconds
    while (left := until - time.monotonic()) > 0:
        time.sleep(min(left, LOOK_SECONDS))
        watch.tick()


def _call(transport: Transport, ask: Ask, line: Line, told: _Told) -> None:
    try:
        with line.used():
            told.end.put(transport.send(ask, line, told.wrote))
    # Every failure is handed to the thread that follows, which knows what to do about it.
    except Exception as error:
        told.end.put(error)
