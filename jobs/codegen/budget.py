"""Keeps the description of the sources within a number of tokens, and says what it left out.

Tokens are estimated, `BYTES_PER_TOKEN` of UTF-8 each: every model counts its own way, and names cost more than prose.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from jobs.codegen.base import GenerationRequest, SourceInfo
from jobs.codegen.describe import Detail, columns_at, joins_text, source_text

BYTES_PER_TOKEN = 3.5
_LEFT_OUT = {
    Detail.NO_STATISTICS: "distinct counts and ranges",
    Detail.NO_COMMENTS: "statistics and comments",
}


@dataclass(frozen=True, slots=True)
class Described:
    """The text of all sources and joins; `cuts` are sentences that say what is not in it."""

    text: str
    cuts: tuple[str, ...]


def estimated_tokens(text: str) -> int:
    return int(len(text.encode()) / BYTES_PER_TOKEN) + 1


def described(request: GenerationRequest, budget: int) -> Described:
    """All that fits into `budget` tokens: the sources that the question does not name lose detail first."""
    plan = _Plan(request)
    for level in list(Detail)[1:]:
        for source in plan.least_wanted_first:
            if plan.tokens <= budget:
                return plan.described()
            plan.cut(source, level)
    return plan.described()


class _Plan:
    """The detail of each source, with the tokens of the whole kept up to date."""

    def __init__(self, request: GenerationRequest) -> None:
        self._request = request
        asked = [request.prompt, *(request.base.asked if request.base else ())]
        code = [request.base.transform] if request.base else []
        words = _words(" ".join([*asked, *code]))
        # What a likely join needs stays, as if it had been asked for.
        likely = [column for one in request.likely_joins for column in (*one.join.columns, *one.join.target_columns)]
        self._asked_for = words | {column.lower() for column in likely}
        self._detail = {source.alias: Detail.FULL for source in request.sources}
        self._texts = {source.alias: self._text(source) for source in request.sources}
        self._joins_text = joins_text(request.joins, request.likely_joins)
        self.tokens = sum(map(estimated_tokens, (*self._texts.values(), self._joins_text)))
        self.least_wanted_first = sorted(request.sources, key=_wanted_by(words))

    def cut(self, source: SourceInfo, level: Detail) -> None:
        before = self._texts[source.alias]
        self._detail[source.alias] = level
        self._texts[source.alias] = after = self._text(source)
        self.tokens += estimated_tokens(after) - estimated_tokens(before)

    def described(self) -> Described:
        sources = "\n".join(self._texts[source.alias] for source in self._request.sources)
        parts = [f"<sources>\n{sources}\n</sources>", self._joins_text]
        cuts = [cut for source in self._request.sources if (cut := self._cut_sentence(source))]
        return Described("\n".join(filter(None, parts)), tuple(cuts))

    def _text(self, source: SourceInfo) -> str:
        return source_text(source, self._detail[source.alias], self._request.joins, self._asked_for)

    def _cut_sentence(self, source: SourceInfo) -> str:
        detail = self._detail[source.alias]
        if detail == Detail.FULL:
            return ""
        if detail in _LEFT_OUT:
            return f"{source.alias}: {_LEFT_OUT[detail]} are left out."
        hidden = len(source.columns) - len(columns_at(source, detail, self._request.joins, self._asked_for))
        more = f", and {hidden} of {len(source.columns)} columns" if hidden else ""
        return f"{source.alias}: {_LEFT_OUT[Detail.NO_COMMENTS]}{more} are left out."


def _wanted_by(words: set[str]) -> Callable[[SourceInfo], tuple[int, int]]:
    """How much a question asks for a source: its own name counts more than those of its columns."""

    def wanted(source: SourceInfo) -> tuple[int, int]:
        own = _words(f"{source.alias} {source.table}") & words
        return len(own), sum(
            column.name.lower() in words or bool(_parts(column.name) & words) for column in source.columns
        )

    return wanted


def _words(text: str) -> set[str]:
    """Lower-case words and names of a text, each also without a plural's s."""
    found = {word.lower() for word in re.findall(r"\w+", text)}
    return found | {part for word in found for part in _parts(word)}


def _parts(name: str) -> set[str]:
    parts = {part for part in name.lower().split("_") if len(part) > 2 and part != "the"}
    return parts | {part.removesuffix("s") for part in parts}
