"""The values that a column's comment lists: "new, paid or shipped". No value is ever read from a table."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from jobs.codegen.base import GenerationRequest
from jobs.codegen.builtin.plan import Column, Family

_LONGEST_COMMENT = 300
_LONGEST_VALUE = 4
_PARTS = re.compile(r",\s*(?:or\s+)?|\s+or\s+")
_VALUE = re.compile(r"[^\W_][\w-]*(?: [\w-]+){0,3}")
_LEAD = re.compile(r"^(?:one of|values|either|can be|is one of)\b:?\s*", re.IGNORECASE)


class KnownValues:
    """`words`: the most words that a value has."""

    def __init__(self, request: GenerationRequest, columns: Sequence[Column]) -> None:
        comments = {(s.alias, c.name): c.comment for s in request.sources for c in s.columns if c.comment}
        self._columns: dict[str, list[tuple[Column, str]]] = {}
        for column in columns:
            if column.family is Family.TEXT:
                for value in listed(comments.get((column.alias, column.name), "")):
                    self._columns.setdefault(value.lower(), []).append((column, value))
        self.words = max((len(value.split()) for value in self._columns), default=0)

    def holds(self, text: str) -> bool:
        return text.lower() in self._columns

    def columns(self, text: str) -> list[tuple[Column, str]]:
        """The columns that list it, each with its own spelling of the value."""
        return self._columns.get(text.lower(), [])


def listed(comment: str) -> list[str]:
    """The values that a comment consists of; none where it says anything else."""
    return list(_values(comment))


def _values(comment: str) -> Iterator[str]:
    if len(comment) > _LONGEST_COMMENT or " or " not in comment:
        return
    parts = _PARTS.split(_LEAD.sub("", comment.strip().rstrip(".")))
    if len(parts) > 1 and all(_VALUE.fullmatch(part) and len(part.split()) < _LONGEST_VALUE for part in parts):
        yield from parts
