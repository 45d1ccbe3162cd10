"""The request of chat completions: the answer forced into one function, streamed, with a limit of tokens."""

from __future__ import annotations

import json
from typing import Any

from jobs.codegen.base import Turn
from jobs.codegen.calling import Ask
from jobs.codegen.submission import DESCRIPTION, SCHEMA, TOOL, call_of

# What endpoints were found not to take.
USAGE, FORCED_TOOL, TOOLS = "usage", "tool", "tools"
_IN_A_FENCE = "\nYou have no tool here: answer with a short explanation and one block fenced by ```python and ```."


def payload(ask: Ask) -> dict[str, Any]:
    built: dict[str, Any] = {
        "model": ask.model,
        "messages": _messages(ask),
        "max_tokens": ask.max_tokens,
        "temperature": 0,
        "stream": True,
    }
    if USAGE not in ask.concessions:
        built["stream_options"] = {"include_usage": True}
    if TOOLS not in ask.concessions:
        function = {"name": TOOL, "description": DESCRIPTION, "parameters": SCHEMA}
        built["tools"] = [{"type": "function", "function": function}]
        forced = {"type": "function", "function": {"name": TOOL}}
        built["tool_choice"] = "auto" if FORCED_TOOL in ask.concessions else forced
    return built


def _messages(ask: Ask) -> list[dict[str, Any]]:
    has_tool = TOOLS not in ask.concessions
    question = ask.prompt.question if has_tool else ask.prompt.question + _IN_A_FENCE
    messages: list[dict[str, Any]] = [
        {"role": "system", "content": ask.prompt.system},
        {"role": "user", "content": f"{ask.prompt.context}\n\n{question}"},
    ]
    for number, turn in enumerate(ask.request.turns, 1):
        messages += _tool_turn(turn, f"attempt_{number}") if has_tool else _text_turn(turn)
    return messages


def _tool_turn(turn: Turn, call_id: str) -> list[dict[str, Any]]:
    """An earlier answer and what was wrong with it. A failed call has no mark here but its words."""
    function = {"name": TOOL, "arguments": json.dumps(call_of(turn.answer), ensure_ascii=False)}
    call = {"id": call_id, "type": "function", "function": function}
    return [
        {"role": "assistant", "content": None, "tool_calls": [call]},
        {"role": "tool", "tool_call_id": call_id, "content": f"Error. {turn.findings}"},
    ]


def _text_turn(turn: Turn) -> list[dict[str, Any]]:
    return [
        {"role": "assistant", "content": f"```python\n{turn.answer.transform}```"},
        {"role": "user", "content": turn.findings},
    ]
