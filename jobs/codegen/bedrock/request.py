"""The request of Converse: the fixed part cached, the answer forced into one tool, always a limit of tokens."""

from __future__ import annotations

from typing import Any

from jobs.codegen.base import Turn
from jobs.codegen.calling import Ask
from jobs.codegen.submission import DESCRIPTION, SCHEMA, TOOL, call_of

# What models were found not to take: see `failures.py`, which names the one that a refusal is about.
CACHE, TEMPERATURE, STREAM, FORCED_TOOL, ANY_TOOL, TOOLS = "cache", "temperature", "stream", "tool", "any", "tools"
_CACHE_POINT = {"cachePoint": {"type": "default"}}
_IN_A_FENCE = "\nYou have no tool here: answer with a short explanation and one block fenced by ```python and ```."


def payload(ask: Ask) -> dict[str, Any]:
    """What `converse` and `converse_stream` of botocore take."""
    inference: dict[str, Any] = {"maxTokens": ask.max_tokens}
    if TEMPERATURE not in ask.concessions:
        inference["temperature"] = 0
    built = {
        "modelId": ask.model,
        "system": [{"text": ask.prompt.system}, *_cache_point(ask)],
        "messages": _messages(ask),
        "inferenceConfig": inference,
    }
    return built if TOOLS in ask.concessions else built | {"toolConfig": _tool_config(ask)}


def _messages(ask: Ask) -> list[dict[str, Any]]:
    has_tool = TOOLS not in ask.concessions
    question = ask.prompt.question if has_tool else ask.prompt.question + _IN_A_FENCE
    messages = [{"role": "user", "content": [{"text": ask.prompt.context}, *_cache_point(ask), {"text": question}]}]
    for number, turn in enumerate(ask.request.turns, 1):
        messages += _tool_turn(turn, f"attempt_{number}") if has_tool else _text_turn(turn)
    return messages


def _tool_turn(turn: Turn, call_id: str) -> list[dict[str, Any]]:
    """An earlier answer and what was wrong with it, as the failure of its call."""
    call = {"toolUseId": call_id, "name": TOOL, "input": call_of(turn.answer)}
    result = {"toolUseId": call_id, "content": [{"text": turn.findings}], "status": "error"}
    return [
        {"role": "assistant", "content": [{"toolUse": call}]},
        {"role": "user", "content": [{"toolResult": result}]},
    ]


def _text_turn(turn: Turn) -> list[dict[str, Any]]:
    return [
        {"role": "assistant", "content": [{"text": f"```python\n{turn.answer.transform}```"}]},
        {"role": "user", "content": [{"text": turn.findings}]},
    ]


def _tool_config(ask: Ask) -> dict[str, Any]:
    spec = {"name": TOOL, "description": DESCRIPTION, "inputSchema": {"json": SCHEMA}}
    choice: dict[str, Any] = {"tool": {"name": TOOL}}
    if ANY_TOOL in ask.concessions:
        choice = {"auto": {}}
    elif FORCED_TOOL in ask.concessions:
        choice = {"any": {}}
    return {"tools": [{"toolSpec": spec}], "toolChoice": choice}


def _cache_point(ask: Ask) -> list[dict[str, Any]]:
    return [] if CACHE in ask.concessions else [_CACHE_POINT]
