"""A network between the portal and a PostgreSQL that delivers logins at once and every later answer late."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress

# ReadyForQuery, outside a transaction: the first ends the login, the second the session's settings.
_READY = b"Z\x00\x00\x00\x05I"
_PROMPT_ANSWERS = 2


class SlowNetwork:
    """A TCP relay on `port`; `seconds` may change while it works."""

    def __init__(self, host: str, port: int, seconds: float) -> None:
        self.seconds = seconds
        self._to = host, port
        self._server = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._server.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._server.accept()
                server = socket.create_connection(self._to)
            except OSError:
                return
            threading.Thread(target=self._relay, args=(client, server), daemon=True).start()
            threading.Thread(target=self._delay, args=(server, client), daemon=True).start()

    def _relay(self, source: socket.socket, sink: socket.socket) -> None:
        with suppress(OSError):
            while data := source.recv(65536):
                sink.sendall(data)
        _hang_up(source, sink)

    def _delay(self, server: socket.socket, client: socket.socket) -> None:
        answers = 0
        with suppress(OSError):
            while data := server.recv(65536):
                if answers >= _PROMPT_ANSWERS:
                    time.sleep(self.seconds)
                answers += data.count(_READY)
                client.sendall(data)
        _hang_up(server, client)

    def close(self) -> None:
        # Shutdown wakes the thread that accepts; closing alone would not.
        with suppress(OSError):
            self._server.shutdown(socket.SHUT_RDWR)
        self._server.close()


@contextmanager
def slow_network(host: str, port: int, seconds: float) -> Iterator[SlowNetwork]:
    network = SlowNetwork(host, port, seconds)
    yield network
    network.close()


def _hang_up(*sockets: socket.socket) -> None:
    for one in sockets:
        with suppress(OSError):
            one.shutdown(socket.SHUT_RDWR)
        one.close()
