"""What Converse answers, in the vocabulary of all models."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from jobs.codegen.calling import Counts, Reply, Stop
from jobs.codegen.submission import TOOL

# Reasons that are not here (end_turn, tool_use, stop_sequence, new ones) leave it to the content.
_STOPS = {
    "max_tokens": Stop.CUT_SHORT,
    "malformed_model_output": Stop.MALFORMED,
    "malformed_tool_use": Stop.MALFORMED,
    "guardrail_intervened": Stop.GUARDRAIL,
    "content_filtered": Stop.FILTERED,
    "refusal": Stop.FILTERED,
    "model_context_window_exceeded": Stop.TOO_MUCH_CONTEXT,
}


def stop_of(reason: str) -> Stop:
    return _STOPS.get(reason, Stop.DONE)


def whole_reply(answer: Mapping[str, Any]) -> Reply:
    """The reply in the answer of `converse`; text and the call may stand in any order."""
    blocks = answer["output"].get("message", {}).get("content", [])
    calls = [block["toolUse"]["input"] for block in blocks if block.get("toolUse", {}).get("name") == TOOL]
    return Reply(
        stop=stop_of(answer["stopReason"]),
        stop_reason=answer["stopReason"],
        counts=counts_of(answer["usage"]),
        call=_as_object(calls[0]) if calls else None,
        text="\n".join(block["text"] for block in blocks if "text" in block),
    )


def counts_of(usage: Mapping[str, Any]) -> Counts:
    """Converse counts what came from its cache and what went into it apart from the other input."""
    read, written = usage.get("cacheReadInputTokens") or 0, usage.get("cacheWriteInputTokens") or 0
    return Counts(usage["inputTokens"] + read + written, usage["outputTokens"], read, written)


def _as_object(value: Any) -> Mapping[str, Any] | str:
    """The input of a call can be any JSON document; only an object is one that `submission` reads as such."""
    return value if isinstance(value, Mapping) else str(value)
