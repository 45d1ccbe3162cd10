"""The stand-in itself: a loopback HTTP server that botocore reaches through AWS_ENDPOINT_URL_BEDROCK_RUNTIME."""

from __future__ import annotations

import json
import re
import threading
import time
from collections.abc import Callable, Sequence
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import unquote

import botocore.session
from botocore.model import OperationModel, ServiceModel
from botocore.validate import ParamValidator

from tests.converse import frames
from tests.converse.turns import Turn

_PATH = re.compile(r"^/model/(?P<model>[^/]+)/(?P<way>converse|converse-stream)$")
_OPERATIONS = {"converse": "Converse", "converse-stream": "ConverseStream"}
Chooser = Callable[[dict[str, Any]], Turn]


class ConverseServer:
    """`turns` are used up one by one, the last one again and again; or a function chooses from the request.

    `requests` are the bodies that came, with their `modelId`; `billed` counts calls for which the model wrote anything;
    `hung_up` those whose caller left before the end. `complaints` are breaches of the service's own model, on either
    side: a test that uses the server asserts that there are none.
    """

    def __init__(self) -> None:
        self.turns: list[Turn] = []
        self.choose: Chooser | None = None
        self.requests: list[dict[str, Any]] = []
        self.ways: list[str] = []
        self.billed = 0
        self.hung_up = 0
        # Seconds that each answer took in here: what a caller waits beyond that is its own.
        self.served: list[float] = []
        self.complaints: list[str] = []
        self._lock = threading.Lock()
        self._model = botocore.session.Session().get_service_model("bedrock-runtime")
        self._http = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self))
        self._http.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._http.server_address[1]}"
        threading.Thread(target=self._http.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()

    def script(self, *turns: Turn) -> None:
        """Forgets what was, and answers with these."""
        with self._lock:
            self.turns, self.choose = list(turns), None
            self.requests, self.ways, self.complaints, self.served = [], [], [], []
            self.billed = self.hung_up = 0

    def close(self) -> None:
        self._http.shutdown()
        self._http.server_close()

    @property
    def service(self) -> ServiceModel:
        return self._model

    def take(self, request: dict[str, Any], way: str) -> Turn:
        """The turn for a request, which is held against the service's model first."""
        operation = self.operation(way)
        self._judge("request", operation.input_shape, request)
        with self._lock:
            self.requests.append(request)
            self.ways.append(way)
            if self.choose is not None:
                return self.choose(request)
            return self.turns.pop(0) if len(self.turns) > 1 else self.turns[0]

    def operation(self, way: str) -> OperationModel:
        return self._model.operation_model(_OPERATIONS[way])

    def judge_answer(self, way: str, answer: dict[str, Any]) -> None:
        self._judge("answer", self.operation(way).output_shape, answer)

    def judge_event(self, name: str, payload: dict[str, Any]) -> None:
        stream = self.operation("converse-stream").output_shape.members["stream"]  # type: ignore[union-attr]
        self._judge(name, stream.members[name], payload)  # type: ignore[attr-defined]

    def _judge(self, what: str, shape: Any, value: dict[str, Any]) -> None:
        report = ParamValidator().validate(value, shape)
        if report.has_errors():
            self.complaints.append(f"{what}: {report.generate_report()}")


def _handler(server: ConverseServer) -> type[BaseHTTPRequestHandler]:
    class Handler(_Handler):
        stand_in = server

    return Handler


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    stand_in: ConverseServer

    def log_message(self, format: str, *args: Any) -> None:
        pass

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])) or "{}")
        found = _PATH.match(self.path)
        assert found, self.path
        began = time.monotonic()
        turn = self.stand_in.take(body | {"modelId": unquote(found["model"])}, found["way"])
        try:
            time.sleep(turn.first_seconds)
            if turn.error:
                self._refuse(turn)
            elif found["way"] == "converse":
                self._whole(turn)
            else:
                self._stream(turn)
            self.stand_in.served.append(time.monotonic() - began)
        except (BrokenPipeError, ConnectionResetError):
            self._left()

    def _left(self) -> None:
        self.stand_in.hung_up += 1
        self.close_connection = True

    def _refuse(self, turn: Turn) -> None:
        self._send(turn.status, {"message": turn.message}, {"x-amzn-ErrorType": turn.error})

    def _whole(self, turn: Turn) -> None:
        answer = turn.answer()
        self.stand_in.judge_answer("converse", answer)
        self.stand_in.billed += 1
        self._send(200, answer, {})

    def _send(self, status: int, body: dict[str, Any], headers: dict[str, str]) -> None:
        data = json.dumps(body).encode()
        self.send_response(status)
        for name, value in ({"Content-Type": "application/json", "Content-Length": str(len(data))} | headers).items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(data)

    def _stream(self, turn: Turn) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "application/vnd.amazon.eventstream")
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        for number, (name, payload) in enumerate(turn.events()):
            if turn.cut_after is not None and number >= turn.cut_after:
                if turn.stream_error:
                    self._chunk(frames.exception(turn.stream_error, turn.message))
                    break
                # A line that breaks: no end of the chunks, the connection is just gone.
                self.close_connection = True
                return
            if number == 1:
                self.stand_in.billed += 1
            self.stand_in.judge_event(name, payload)
            self._chunk(frames.event(name, payload))
            time.sleep(turn.piece_seconds)
        self._chunk(b"")

    def _chunk(self, data: bytes) -> None:
        self.wfile.write(f"{len(data):x}\r\n".encode() + data + b"\r\n")
        self.wfile.flush()


def texts_of(requests: Sequence[dict[str, Any]]) -> str:
    """Everything that models were told, as one text."""
    return json.dumps(list(requests), ensure_ascii=False)
