"""Messages of the binary event stream: lengths, headers and payload, each part with its CRC-32."""

from __future__ import annotations

import json
import struct
import zlib
from typing import Any

_STRING = 7


def event(name: str, payload: dict[str, Any]) -> bytes:
    return _message({":message-type": "event", ":event-type": name, ":content-type": "application/json"}, payload)


def exception(name: str, message: str) -> bytes:
    headers = {":message-type": "exception", ":exception-type": name, ":content-type": "application/json"}
    return _message(headers, {"message": message})


def _message(headers: dict[str, str], payload: dict[str, Any]) -> bytes:
    head = b"".join(_header(name, value) for name, value in headers.items())
    body = json.dumps(payload).encode()
    # Two lengths and their CRC before the headers, one CRC over everything at the end.
    prelude = struct.pack("!II", 12 + len(head) + len(body) + 4, len(head))
    message = prelude + struct.pack("!I", zlib.crc32(prelude)) + head + body
    return message + struct.pack("!I", zlib.crc32(message))


def _header(name: str, value: str) -> bytes:
    return struct.pack("!B", len(name)) + name.encode() + struct.pack("!BH", _STRING, len(value)) + value.encode()
