"""A stand-in for an endpoint of chat completions (Ollama, vLLM); it answers with the turns of the Converse stand-in."""

from __future__ import annotations

from tests.chat.server import ChatServer

__all__ = ["ChatServer"]
