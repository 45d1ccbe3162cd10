"""Servers that answer like a PostgreSQL in trouble: silent, or asking for a password and refusing it."""

from __future__ import annotations

import socket
import ssl
import struct
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress


def free_port() -> int:
    """A port on which nobody listens."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def silent_server() -> Iterator[int]:
    """Accepts connections (the kernel does) and never says a word."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server.getsockname()[1]


class RefusingServer:
    """Takes cleartext passwords, remembers them, and answers every login with one SQLSTATE; over TLS with `context`."""

    def __init__(self, sqlstate: str, message: str, context: ssl.SSLContext | None = None) -> None:
        self.sqlstate, self.message, self.context = sqlstate, message, context
        self.passwords: list[str] = []
        self.socket = socket.create_server(("127.0.0.1", 0))
        self.port: int = self.socket.getsockname()[1]
        self.thread = threading.Thread(target=self._serve, daemon=True)
        self.thread.start()

    def _serve(self) -> None:
        while True:
            try:
                client, _ = self.socket.accept()
            except OSError:
                return
            # A caller that only knocks, or leaves when there is no TLS, says less than a whole start packet.
            with client, suppress(struct.error, OSError):
                self._refuse(client)

    def _refuse(self, client: socket.socket) -> None:
        if _startup(client) == 80877103:  # SSLRequest, then the real start
            client.sendall(b"S" if self.context else b"N")
            if self.context:
                with self.context.wrap_socket(client, server_side=True) as secure:
                    _startup(secure)
                    self._ask_and_refuse(secure)
                return
            _startup(client)
        self._ask_and_refuse(client)

    def _ask_and_refuse(self, client: socket.socket) -> None:
        client.sendall(b"R" + struct.pack("!ii", 8, 3))
        client.recv(1)
        length = struct.unpack("!i", client.recv(4))[0]
        self.passwords.append(client.recv(length - 4).rstrip(b"\0").decode())
        fields = f"SFATAL\0VFATAL\0C{self.sqlstate}\0M{self.message}\0\0".encode()
        client.sendall(b"E" + struct.pack("!i", len(fields) + 4) + fields)

    def close(self) -> None:
        self.socket.shutdown(socket.SHUT_RDWR)
        self.socket.close()
        self.thread.join(5)


def _startup(client: socket.socket) -> int:
    """Reads one start packet and gives its code."""
    length, code = struct.unpack("!ii", client.recv(8))
    if length > 8:
        client.recv(length - 8)
    return int(code)


@contextmanager
def refusing_server(sqlstate: str, message: str, context: ssl.SSLContext | None = None) -> Iterator[RefusingServer]:
    server = RefusingServer(sqlstate, message, context)
    try:
        yield server
    finally:
        server.close()
