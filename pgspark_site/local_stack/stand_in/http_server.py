"""A stand-in's addresses: those of the service, and `/control/` by which a test or a person drives it."""

from __future__ import annotations

import json
import socket
import struct
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, ClassVar, Protocol, TypeVar
from urllib.parse import parse_qs, unquote, urlsplit

from pgspark_site.local_stack.stand_in.faults import CallFault, CallFaults
from pgspark_site.local_stack.stand_in.refusals import Refusal

Answer = TypeVar("Answer")


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


@dataclass(slots=True, kw_only=True)
class Call:
    """One request of the service as it came, and the status it was answered with; 0 for one whose answer was lost."""

    operation: str
    status: int
    at: float = field(default_factory=time.time)


class Service(Protocol):
    """The service itself, without HTTP; whoever holds the lock has it for itself."""

    @property
    def lock(self) -> threading.RLock: ...

    @property
    def faults(self) -> CallFaults: ...

    def reset(self) -> None: ...


class StandInServer(ThreadingHTTPServer):
    """Listens on loopback only; port 0 takes any that is free.

    `controls` are what a service has at `/control/` beside readiness, its calls, faults and the reset.
    """

    service: Service
    controls: ClassVar[Mapping[tuple[str, str], Callable[[Any, Any], Any]]] = {}

    daemon_threads = True
    # A test's fifty connections at once shall all be taken.
    request_queue_size = 128

    def __init__(self, service: Service, port: int = 0) -> None:
        self.service = service
        self.calls: list[Call] = []
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

    def performed(self, call: Call, act: Callable[[], Answer]) -> Answer:
        """Keeps the call, and does what it asks for between the faults that hit it. Raises Refusal and Lost."""
        with self.service.lock:
            self.calls.append(call)
            try:
                self.service.faults.before(call.operation)
                answer = act()
            except Refusal as refusal:
                call.status = refusal.status
                raise
            fault = self.service.faults.after(call.operation)
        if fault is not None:
            call.status = 0
            raise Lost(fault)
        return answer

    def control(self, method: str, path: str, body: Any) -> Any:
        """One of `/control/`, answered in JSON. Raises as `perform`."""
        act = {**_CONTROLS, **self.controls}.get((method, path))
        if act is None:
            raise self.missing(path)
        with self.service.lock:
            return act(self, body)

    def end(self) -> None:
        """Leaves nothing behind that runs."""
        self.service.reset()

    def missing(self, path: str) -> Refusal:
        """How the service refuses an address that it does not have."""
        raise NotImplementedError

    def malformed(self, message: str) -> Refusal:
        """How the service refuses what it does not understand."""
        raise NotImplementedError


def _reset(server: StandInServer, body: Any) -> Any:
    server.end()
    server.calls.clear()
    return {}


def _fault(server: StandInServer, body: Any) -> Any:
    for told in body if isinstance(body, list) else [body]:
        server.service.faults.add(told)
    return {}


_CONTROLS: Mapping[tuple[str, str], Callable[[Any, Any], Any]] = {
    ("GET", "/control/ready"): lambda server, body: {},
    ("GET", "/control/calls"): lambda server, body: {"calls": [asdict(call) for call in server.calls]},
    ("POST", "/control/faults"): _fault,
    ("POST", "/control/reset"): _reset,
}


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
