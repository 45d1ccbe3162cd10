"""Makes the call over HTTP and reads its events; one attempt, which can be cut at any moment."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

import httpx

from connections.errors import PortalError
from connections.lines import Line
from jobs.codegen.calling import Ask, CallFailed, Reply, Trouble, Wrote
from jobs.codegen.chat.request import FORCED_TOOL, TOOLS, USAGE, payload
from jobs.codegen.chat.stream import Pieces
from jobs.codegen.model_names import short_name
from jobs.codegen.untrusted import clean

TIMEOUT = httpx.Timeout(connect=3, read=120, write=15, pool=3)
ERROR_BYTES = 10_000
_BUSY = frozenset({429, 503, 529})
_CONCESSIONS = ((r"stream_options", USAGE), (r"tool_choice", FORCED_TOOL), (r"tool", TOOLS))
_TOO_LONG = re.compile(r"context|too long|maximum .*tokens", re.IGNORECASE)


class ChatCompletions:
    """`url` is the part before /chat/completions; an empty `key` sends no authorization."""

    def __init__(self, url: str, key: str) -> None:
        self._url = f"{url.rstrip('/')}/chat/completions"
        self._headers = {"Authorization": f"Bearer {key}"} if key else {}

    def payload(self, ask: Ask) -> dict[str, Any]:
        return payload(ask)

    def send(self, ask: Ask, line: Line, wrote: Wrote) -> Reply:
        pieces = Pieces(wrote)
        try:
            # The address is the operator's own; no redirect may lead anywhere else.
            with (
                httpx.Client(timeout=TIMEOUT, follow_redirects=False, headers=self._headers) as client,
                client.stream("POST", self._url, json=payload(ask), extensions={"trace": _holding(line)}) as answer,
            ):
                if answer.status_code != 200:
                    raise _refused(answer, ask)
                for piece in _events(answer):
                    if piece.get("error"):
                        raise _failed("MODEL_FAILED", ask)
                    pieces.take(piece)
        except (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout) as error:
            raise _failed("MODEL_UNREACHABLE", ask, Trouble.WAIT) from error
        except httpx.TimeoutException as error:
            raise _failed("MODEL_TIMEOUT", ask) from error
        except (httpx.HTTPError, ValueError, OSError) as error:
            raise _failed("MODEL_STREAM_CUT", ask) from error
        if pieces.reply is None:
            raise _failed("MODEL_STREAM_CUT", ask)
        return pieces.reply


def _holding(line: Line) -> Any:
    """A trace of httpx that takes note of the socket once it is connected."""

    def trace(event: str, info: Mapping[str, Any]) -> None:
        if event in ("connection.connect_tcp.complete", "connection.start_tls.complete"):
            line.hold(info["return_value"].get_extra_info("socket"))

    return trace


def _events(answer: httpx.Response) -> Iterator[dict[str, Any]]:
    """The objects of a stream of events, or the one of an endpoint that streams nothing."""
    if "event-stream" not in answer.headers.get("content-type", ""):
        answer.read()
        yield answer.json()
        return
    for text in answer.iter_lines():
        data = text.removeprefix("data:").strip() if text.startswith("data:") else ""
        if data and data != "[DONE]":
            yield json.loads(data)


def _refused(answer: httpx.Response, ask: Ask) -> CallFailed:
    status = answer.status_code
    if status in _BUSY:
        return _failed("MODEL_BUSY", ask, Trouble.WAIT)
    if status in (401, 403):
        return _failed("MODEL_ACCESS_DENIED", ask, Trouble.OTHER_MODEL)
    if status == 404:
        return _failed("MODEL_NOT_FOUND", ask, Trouble.OTHER_MODEL)
    if status >= 500:
        return _failed("MODEL_FAILED", ask, Trouble.WAIT if status == 500 else Trouble.NONE)
    words = b"".join(answer.iter_bytes())[:ERROR_BYTES].decode(errors="replace")
    fitting = (name for pattern, name in _CONCESSIONS if re.search(pattern, words, re.IGNORECASE))
    concession = next((name for name in fitting if name not in ask.concessions), "")
    if concession:
        return _failed("MODEL_REQUEST_REFUSED", ask, Trouble.CONCEDE, concession=concession)
    if _TOO_LONG.search(words):
        return _failed("MODEL_CONTEXT_TOO_LARGE", ask)
    return _failed("MODEL_REQUEST_REFUSED", ask, reason=clean(f"HTTP {status}", 60))


def _failed(
    code: str, ask: Ask, trouble: Trouble = Trouble.NONE, *, concession: str = "", reason: str = ""
) -> CallFailed:
    return CallFailed(PortalError(code, model=short_name(ask.model), reason=reason), trouble, concession)
