"""Reads the text of one field out of JSON that is still arriving, so that code can be shown while it is written."""

from __future__ import annotations

import json
import re

_ESCAPE_BEGUN = re.compile(r"\\(?:u[0-9a-fA-F]{0,3})?$")
_SURROGATE_BEGUN = re.compile(r"\\u[dD][89abAB][0-9a-fA-F]{2}$")


class PartialField:
    """Collects pieces of a JSON object; `value` is what there is of the string field so far."""

    def __init__(self, field: str) -> None:
        # A quote inside a string is always escaped, so this can only be the field's own name.
        self._begin = re.compile(rf'(?<!\\)"{re.escape(field)}"\s*:\s*"')
        self._text = ""
        self._start: int | None = None

    @property
    def text(self) -> str:
        """All that came."""
        return self._text

    def feed(self, piece: str) -> None:
        self._text += piece
        if self._start is None and (found := self._begin.search(self._text)):
            self._start = found.end()

    @property
    def value(self) -> str:
        if self._start is None:
            return ""
        raw = self._text[self._start : self._end(self._start)]
        whole = _ESCAPE_BEGUN.sub("", raw) if _is_open_escape(raw) else raw
        try:
            value: str = json.loads(f'"{_SURROGATE_BEGUN.sub("", whole)}"', strict=False)
        except ValueError:
            return ""
        return value

    def _end(self, start: int) -> int:
        """Where the closing quote is, or the end of what came."""
        at = start
        while at < len(self._text) and self._text[at] != '"':
            at += 2 if self._text[at] == "\\" else 1
        return min(at, len(self._text))


def _is_open_escape(raw: str) -> bool:
    """Whether the text ends within an escape: with an odd number of backslashes, or within \\uXXXX."""
    begun = _ESCAPE_BEGUN.search(raw)
    if begun is None:
        return False
    before = raw[: begun.start() + 1]
    return (len(before) - len(before.rstrip("\\"))) % 2 == 1
