"""A stand-in for Bedrock's Converse API that speaks the wire protocol: `turns` are what it answers, `frames` the binary
event stream, `server` the HTTP around it. Requests and answers are held against botocore's own model of the service."""

from __future__ import annotations

from tests.converse.server import ConverseServer
from tests.converse.turns import Turn, called, failed, said

__all__ = ["ConverseServer", "Turn", "called", "failed", "said"]
