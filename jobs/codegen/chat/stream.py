"""An answer of chat completions, put together from the pieces of its stream."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from jobs.codegen.calling import Counts, Reply, Stop, Wrote
from jobs.codegen.partial_json import PartialField
from jobs.codegen.submission import TOOL

_STOPS = {"length": Stop.CUT_SHORT, "content_filter": Stop.FILTERED}


class Pieces:
    """Takes the stream's objects as they come. Endpoints that count no tokens leave them at 0."""

    def __init__(self, wrote: Wrote) -> None:
        self._wrote = wrote
        self._text = ""
        self._call: PartialField | None = None
        self._finish = ""
        self._counts = Counts()

    @property
    def reply(self) -> Reply | None:
        """None while the answer is not whole."""
        if not self._finish:
            return None
        call = self._call.text if self._call else None
        return Reply(_STOPS.get(self._finish, Stop.DONE), self._finish, self._counts, call, self._text)

    def take(self, piece: Mapping[str, Any]) -> None:
        usage = piece.get("usage")
        if usage:
            cached = (usage.get("prompt_tokens_details") or {}).get("cached_tokens") or 0
            self._counts = Counts(usage.get("prompt_tokens") or 0, usage.get("completion_tokens") or 0, cached)
        for choice in piece.get("choices") or ():
            self._add(choice.get("delta") or choice.get("message") or {})
            self._finish = choice.get("finish_reason") or self._finish

    def _add(self, delta: Mapping[str, Any]) -> None:
        self._text += delta.get("content") or delta.get("refusal") or ""
        for call in delta.get("tool_calls") or ():
            function = call.get("function") or {}
            if function.get("name") == TOOL and self._call is None:
                self._call = PartialField("transform")
            if self._call is not None and not call.get("index"):
                self._call.feed(function.get("arguments") or "")
                self._wrote(self._call.value)
