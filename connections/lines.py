"""Lines to a service that can be cut: one thread waits for an answer, another may end the wait at once.

Closing a connection does not wake a thread that reads from it; shutting its socket down does.
"""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress

_here = threading.local()


class Line:
    """The connection of one call. Cut before it is open, it is cut as soon as it opens."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._socket: socket.socket | None = None
        self.is_cut = False

    def hold(self, opened: socket.socket) -> None:
        """Takes note of the socket that carries the call."""
        with self._lock:
            self._socket = opened
            if self.is_cut:
                _shut(opened)

    def cut(self) -> None:
        """Ends the call: whoever reads from it gets an error, and the service sees the connection close."""
        with self._lock:
            self.is_cut = True
            if self._socket is not None:
                _shut(self._socket)

    @contextmanager
    def used(self) -> Iterator[None]:
        """Calls that this thread makes in the block go over this line."""
        _here.line = self
        try:
            yield
        finally:
            _here.line = None


def line_in_use() -> Line | None:
    """The line of this thread's present call."""
    return getattr(_here, "line", None)


def _shut(opened: socket.socket) -> None:
    with suppress(OSError):  # it may be closed already
        opened.shutdown(socket.SHUT_RDWR)
