"""The tool by which a model answers, and the reading of its answers, tool call or not."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

from jobs.codegen.base import Answer, Clarification, GeneratedCode
from jobs.codegen.untrusted import clean

TOOL = "submit_code"
DESCRIPTION = "Submits the finished transform, or asks the person one question when the request cannot be understood."
_TEXT = {"type": "string"}
_TEXTS = {"type": "array", "items": {"type": "string"}}
SCHEMA: dict[str, Any] = {
    "type": "object",
    "properties": {
        "transform": _TEXT | {"description": "The whole Python text with def transform; empty when you ask."},
        "explanation": _TEXT | {"description": "What the code does, for somebody who does not read code."},
        "assumptions": _TEXTS | {"description": "What you had to decide; empty when nothing."},
        "tables_used": _TEXTS | {"description": "The aliases that the code reads."},
        "question": _TEXT | {"description": "One question to the person, instead of code."},
        "options": _TEXTS | {"description": "Ready answers to the question, each a complete request."},
    },
    "required": ["transform", "explanation", "assumptions", "tables_used"],
}
_MOST_WORDS, _MOST_ITEMS = 2_000, 12
_FENCE = re.compile(r"^```[ \t]*(?:python|py|pyspark)?[ \t]*\n(?P<code>.*?)^```[ \t]*$", re.MULTILINE | re.DOTALL)


class Unusable(Exception):
    """The model's call holds neither code nor a question, or is no call of the tool at all."""


def answer_from(call: Mapping[str, Any]) -> Answer:
    """The answer in a call's arguments. Raises Unusable."""
    transform = call.get("transform")
    question = call.get("question")
    if isinstance(transform, str) and transform.strip():
        return GeneratedCode(
            transform=_code(transform),
            explanation=_words(call.get("explanation")),
            assumptions=_items(call.get("assumptions")),
            tables_used=_items(call.get("tables_used")),
        )
    if isinstance(question, str) and question.strip():
        return Clarification(_words(question), _items(call.get("options"))[:4])
    raise Unusable


def arguments_from(text: str) -> Mapping[str, Any]:
    """The arguments of a finished call. Raises Unusable for JSON that is broken or no object."""
    try:
        found = json.loads(text)
    except ValueError as error:
        raise Unusable from error
    if not isinstance(found, dict):
        raise Unusable
    return found


def answer_from_text(text: str) -> GeneratedCode | None:
    """The code of an answer that came as prose with a fenced block; None without one that defines transform."""
    blocks = [match for match in _FENCE.finditer(text) if "def transform" in match["code"]]
    if not blocks:
        return None
    chosen = max(blocks, key=lambda match: len(match["code"]))
    around = (text[: chosen.start()] + text[chosen.end() :]).strip()
    return GeneratedCode(transform=_code(chosen["code"]), explanation=_words(around))


def call_of(code: GeneratedCode) -> dict[str, Any]:
    """The arguments that would submit this code: how an earlier answer is shown to the model again."""
    return {
        "transform": code.transform,
        "explanation": code.explanation,
        "assumptions": list(code.assumptions),
        "tables_used": list(code.tables_used),
    }


def _code(text: str) -> str:
    """As the editor keeps it: no fence around it, plain line ends, no NUL, one line end at its end."""
    plain = text.replace("\r\n", "\n").replace("\x00", "")
    fenced = _FENCE.fullmatch(plain.strip())
    return (fenced["code"] if fenced else plain).strip("\n").rstrip() + "\n"


def _words(value: object) -> str:
    return clean(value, _MOST_WORDS) if isinstance(value, str) else ""


def _items(value: object) -> tuple[str, ...]:
    """Models send one sentence where a list was asked for."""
    items = value if isinstance(value, list) else [value]
    return tuple(words for item in items[:_MOST_ITEMS] if (words := _words(item)))
