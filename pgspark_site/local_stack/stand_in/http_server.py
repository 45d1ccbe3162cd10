"""A stand-in's addresses: those of the service, and `/control/` by which a test or a person drives it."""

from __future__ import annotations

import json
import socket
import struct
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

from pgspark_site.local_stack.stand_in.faults import CallFault
from pgspark_site.local_stack.stand_in.refusals import Refusal


@dataclass(frozen=True, slots=True)
class Asked:
    """One request; the names of `headers` are in small letters."""

    method: str
    path: str
    query: dict[str, list[str]]
    headers: Mapping[str, str]
    data: bytes

    @property
    def body(self) -> Any:
        """Raises ValueError for what is no JSON."""
        return json.loads(self.data or b"{}")


@dataclass(frozen=True, slots=True)
class Reply:
    data: bytes
    status: int = 200
    kind: str = "application/json"
    headers: Mapping[str, str] = field(default_factory=dict)


def json_reply(content: Any) -> Reply:
    return Reply(json.dumps(content).encode())


class Lost(Exception):
    """The answer shall not arrive."""

    def __init__(self, fault: CallFault) -> None:
        self.fault = fault


class StandInServer(ThreadingHTTPServer):
    """Listens on loopback only; port 0 takes any that is free."""

    daemon_threads = True
    # A test's fifty connections at once shall all be taken.
    request_queue_size = 128

    def __init__(self, port: int = 0) -> None:
        super().__init__(("127.0.0.1", port), _Handler)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"

    def begin(self) -> None:
        """Serves in a thread that ends with the process."""
        threading.Thread(target=self.serve_forever, daemon=True).start()

    def wait(self) -> None:
        """Until the process is ended from outside."""
        threading.Event().wait()

    def perform(self, asked: Asked) -> Reply:
        """One operation of the service. Raises Refusal and Lost; ValueError and TypeError for what is malformed."""
        raise NotImplementedError

    def control(self, method: str, path: str, body: Any) -> Any:
        """One of `/control/`, answered in JSON. Raises as `perform`."""
        raise NotImplementedError

    def malformed(self, message: str) -> Refusal:
        """How the service refuses what it does not understand."""
        raise NotImplementedError


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: StandInServer
    # Without these each small answer waits for the client's acknowledgement.
    disable_nagle_algorithm = True
    wbufsize = -1

    def do_GET(self) -> None:
        self._serve("GET")

    def do_POST(self) -> None:
        self._serve("POST")

    def do_DELETE(self) -> None:
        self._serve("DELETE")

    def _serve(self, method: str) -> None:
        address = urlsplit(self.path)
        headers = {name.lower(): value for name, value in self.headers.items()}
        data = self.rfile.read(int(headers.get("content-length", 0)))
        asked = Asked(method, unquote(address.path), parse_qs(address.query), headers, data)
        try:
            if address.path.startswith("/control/"):
                reply = json_reply(self.server.control(method, address.path, asked.body))
            else:
                reply = self.server.perform(asked)
        except Refusal as refusal:
            self._refuse(refusal)
        except Lost as lost:
            self._lose(lost.fault)
        except (ValueError, TypeError) as error:
            self._refuse(self.server.malformed(f"not understood: {type(error).__name__}"))
        else:
            self._send(reply)

    def _lose(self, fault: CallFault) -> None:
        time.sleep(fault.seconds)
        if fault.how == "503":
            self._refuse(Refusal("ServiceUnavailableException", 503, "Service is unavailable"))
            return
        # Closed with unsent data thrown away, the client sees a reset connection.
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.connection.close()
        self.close_connection = True

    def _refuse(self, refusal: Refusal) -> None:
        headers = {"x-amzn-ErrorType": refusal.code}
        self._send(Reply(json.dumps(refusal.content).encode(), refusal.status, headers=headers))

    def _send(self, reply: Reply) -> None:
        self.send_response(reply.status)
        for name, value in {"Content-Type": reply.kind, **reply.headers}.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(reply.data)))
        self.end_headers()
        self.wfile.write(reply.data)

    def finish(self) -> None:
        """A connection that was reset on purpose has nothing to flush."""
        try:
            super().finish()
        except OSError:
            self.close_connection = True

    def log_message(self, format: str, *args: Any) -> None:
        """`/control/calls` has it all."""
