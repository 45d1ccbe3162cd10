"""An answer of ConverseStream, put together piece by piece."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from jobs.codegen.bedrock.reply import counts_of, stop_of
from jobs.codegen.calling import Counts, Reply, Wrote
from jobs.codegen.partial_json import PartialField
from jobs.codegen.submission import TOOL


class Pieces:
    """Takes events as they come. `reply` is there once the last of them, with the tokens, has come."""

    def __init__(self, wrote: Wrote) -> None:
        self._wrote = wrote
        self._texts: dict[int, str] = {}
        self._calls: dict[int, PartialField] = {}
        self._stop_reason = ""
        self._counts: Counts | None = None

    @property
    def has_begun(self) -> bool:
        """Whether anything was generated, and so charged."""
        return bool(self._texts or self._calls)

    @property
    def reply(self) -> Reply | None:
        """None while the answer is not whole."""
        if not self._stop_reason or self._counts is None:
            return None
        calls = list(self._calls.values())
        return Reply(
            stop=stop_of(self._stop_reason),
            stop_reason=self._stop_reason,
            counts=self._counts,
            call=calls[0].text if calls else None,
            text="\n".join(self._texts.values()),
        )

    def take(self, event: Mapping[str, Any]) -> None:
        if "contentBlockStart" in event:
            self._start(event["contentBlockStart"])
        elif "contentBlockDelta" in event:
            self._add(event["contentBlockDelta"])
        elif "messageStop" in event:
            self._stop_reason = event["messageStop"]["stopReason"]
        elif "metadata" in event:
            self._counts = counts_of(event["metadata"]["usage"])

    def _start(self, event: Mapping[str, Any]) -> None:
        if event["start"].get("toolUse", {}).get("name") == TOOL:
            self._calls[event["contentBlockIndex"]] = PartialField("transform")

    def _add(self, event: Mapping[str, Any]) -> None:
        index, delta = event["contentBlockIndex"], event["delta"]
        if "text" in delta:
            self._texts[index] = self._texts.get(index, "") + delta["text"]
        elif "toolUse" in delta and index in self._calls:
            call = self._calls[index]
            call.feed(delta["toolUse"]["input"])
            self._wrote(call.value)
