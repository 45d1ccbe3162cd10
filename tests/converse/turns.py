"""What the stand-in answers, one turn for each call."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

TOOL = "submit_code"
CODE = "def transform(spark, orders):\n    return orders.limit(5)\n"


@dataclass(frozen=True)
class Turn:
    """One answer. `blocks` are content blocks as Converse spells them; `error` an AWS code instead of an answer.

    `cut_after` ends the stream after so many events, `stream_error` puts an exception there instead. `first_seconds`
    is the time before the first byte, `piece_seconds` that between pieces; `endless` repeats the text for ever.
    `raw_call` replaces the tool's arguments in a stream by text that need not be JSON.
    """

    blocks: tuple[dict[str, Any], ...] = ()
    stop_reason: str = "tool_use"
    input_tokens: int = 1_000
    output_tokens: int = 200
    cache_read: int = 0
    cache_write: int = 0
    status: int = 200
    error: str = ""
    message: str = "refused by the stand-in"
    cut_after: int | None = None
    stream_error: str = ""
    first_seconds: float = 0.0
    piece_seconds: float = 0.0
    endless: bool = False
    raw_call: str | None = None
    usage: dict[str, int] = field(default_factory=dict)

    @property
    def counts(self) -> dict[str, int]:
        counts = {
            "inputTokens": self.input_tokens,
            "outputTokens": self.output_tokens,
            "totalTokens": self.input_tokens + self.output_tokens,
        }
        cache = {"cacheReadInputTokens": self.cache_read, "cacheWriteInputTokens": self.cache_write}
        return counts | (cache if self.cache_read or self.cache_write else {})

    def answer(self) -> dict[str, Any]:
        """The body of `converse`."""
        return {
            "output": {"message": {"role": "assistant", "content": list(self.blocks)}},
            "stopReason": self.stop_reason,
            "usage": self.counts,
            "metrics": {"latencyMs": 1},
        }

    def events(self) -> Iterator[tuple[str, dict[str, Any]]]:
        """The events of `converse_stream`."""
        yield "messageStart", {"role": "assistant"}
        for index, block in enumerate(self.blocks):
            yield from self._block(index, block)
        yield "messageStop", {"stopReason": self.stop_reason}
        yield "metadata", {"usage": self.counts, "metrics": {"latencyMs": 1}}

    def _block(self, index: int, block: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
        if "text" in block:
            yield from self._deltas(index, "text", block["text"])
        else:
            call = block["toolUse"]
            start = {"toolUse": {"toolUseId": call["toolUseId"], "name": call["name"]}}
            yield "contentBlockStart", {"contentBlockIndex": index, "start": start}
            text = json.dumps(call["input"]) if self.raw_call is None else self.raw_call
            yield from self._deltas(index, "toolUse", text)
        yield "contentBlockStop", {"contentBlockIndex": index}

    def _deltas(self, index: int, kind: str, text: str) -> Iterator[tuple[str, dict[str, Any]]]:
        """Pieces that fall in the middle of words and of escapes."""
        pieces = [text[at : at + 7] for at in range(0, len(text), 7)]
        while True:
            for piece in pieces:
                delta = {"text": piece} if kind == "text" else {"toolUse": {"input": piece}}
                yield "contentBlockDelta", {"contentBlockIndex": index, "delta": delta}
            if not self.endless:
                return


def called(transform: str = CODE, *, stop_reason: str = "tool_use", **changes: Any) -> Turn:
    """The model submits this code."""
    arguments = {"transform": transform, "explanation": "Shows orders.", "assumptions": [], "tables_used": ["orders"]}
    arguments |= changes.pop("arguments", {})
    use = {"toolUse": {"toolUseId": "call_1", "name": TOOL, "input": arguments}}
    return Turn(blocks=(*changes.pop("before", ()), use), stop_reason=stop_reason, **changes)


def said(text: str, *, stop_reason: str = "end_turn", **changes: Any) -> Turn:
    """The model writes prose and calls nothing."""
    return Turn(blocks=({"text": text},), stop_reason=stop_reason, **changes)


def failed(code: str, status: int, message: str = "refused by the stand-in") -> Turn:
    """The service refuses the call."""
    return Turn(error=code, status=status, message=message)
