"""A loopback HTTP server that streams chat completions as server-sent events."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from tests.converse.turns import TOOL, Turn

_FINISH = {"tool_use": "tool_calls", "end_turn": "stop", "max_tokens": "length", "content_filtered": "content_filter"}


class ChatServer:
    """`turns` are used up one by one, the last one again and again; `streams` False answers in one piece."""

    def __init__(self) -> None:
        self.turns: list[Turn] = []
        self.requests: list[dict[str, Any]] = []
        self.headers: list[dict[str, str]] = []
        self.billed = 0
        self.hung_up = 0
        self.streams = True
        stand_in = self

        class Handler(_Handler):
            server_state = stand_in

        self._http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._http.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._http.server_address[1]}/v1"
        threading.Thread(target=self._http.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()

    def script(self, *turns: Turn) -> None:
        """Forgets what was, and answers with these."""
        self.turns, self.requests, self.headers = list(turns), [], []
        self.billed = self.hung_up = 0

    def close(self) -> None:
        self._http.shutdown()
        self._http.server_close()

    def take(self) -> Turn:
        return self.turns.pop(0) if len(self.turns) > 1 else self.turns[0]


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server_state: ChatServer

    def log_message(self, format: str, *args: Any) -> None:
        pass

    def do_POST(self) -> None:
        state = self.server_state
        assert self.path == "/v1/chat/completions", self.path
        state.requests.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
        state.headers.append(dict(self.headers))
        turn = state.take()
        try:
            time.sleep(turn.first_seconds)
            if turn.error:
                self._send(turn.status, {"error": {"message": turn.message, "type": turn.error}})
            elif state.streams:
                self._stream(turn)
            else:
                state.billed += 1
                self._send(200, _whole(turn))
        except (BrokenPipeError, ConnectionResetError):
            state.hung_up += 1
            self.close_connection = True

    def _send(self, status: int, body: dict[str, Any]) -> None:
        data = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def _stream(self, turn: Turn) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream")
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        for number, piece in enumerate(_pieces(turn)):
            if turn.cut_after is not None and number >= turn.cut_after:
                self.close_connection = True
                return
            if number == 1:
                self.server_state.billed += 1
            self._chunk(f"data: {json.dumps(piece)}\n\n".encode())
            time.sleep(turn.piece_seconds)
        self._chunk(b"data: [DONE]\n\n")
        self._chunk(b"")

    def _chunk(self, data: bytes) -> None:
        self.wfile.write(f"{len(data):x}\r\n".encode() + data + b"\r\n")
        self.wfile.flush()


def _pieces(turn: Turn) -> Iterator[dict[str, Any]]:
    yield _piece({"role": "assistant"})
    for name, event in turn.events():
        if name == "contentBlockStart":
            yield _piece({"tool_calls": [{"index": 0, "id": "call_1", "function": {"name": TOOL, "arguments": ""}}]})
        elif name == "contentBlockDelta" and "text" in event["delta"]:
            yield _piece({"content": event["delta"]["text"]})
        elif name == "contentBlockDelta":
            arguments = {"arguments": event["delta"]["toolUse"]["input"]}
            yield _piece({"tool_calls": [{"index": 0, "function": arguments}]})
    yield _piece({}, finish=_FINISH[turn.stop_reason])
    yield {"choices": [], "usage": {"prompt_tokens": turn.input_tokens, "completion_tokens": turn.output_tokens}}


def _piece(delta: dict[str, Any], finish: str | None = None) -> dict[str, Any]:
    return {"choices": [{"index": 0, "delta": delta, "finish_reason": finish}]}


def _whole(turn: Turn) -> dict[str, Any]:
    calls = [
        {"id": "call_1", "function": {"name": TOOL, "arguments": json.dumps(block["toolUse"]["input"])}}
        for block in turn.blocks
        if "toolUse" in block
    ]
    text = "".join(block.get("text", "") for block in turn.blocks)
    message = {"role": "assistant", "content": text or None} | ({"tool_calls": calls} if calls else {})
    usage = {"prompt_tokens": turn.input_tokens, "completion_tokens": turn.output_tokens}
    return {"choices": [{"message": message, "finish_reason": _FINISH[turn.stop_reason]}], "usage": usage}
