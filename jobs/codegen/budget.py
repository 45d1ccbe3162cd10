"""Keeps the description of the sources within a number of tokens, and says what it left out.

Tokens are estimated, `BYTES_PER_TOKEN` of UTF-8 each: every model counts its own way, and names cost more than prose.
"""

from __future__ import annotations

import re
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


# What is cut first: sources that the question does not name lose twice before one that it names loses once.
_ORDER = (
    (False, Detail.NO_STATISTICS),
    (False, Detail.NO_COMMENTS),
    (True, Detail.NO_STATISTICS),
    (False, Detail.KEY_COLUMNS),
    (True, Detail.NO_COMMENTS),
    (False, Detail.NAME_ONLY),
    (True, Detail.KEY_COLUMNS),
    (True, Detail.NAME_ONLY),
)


def described(request: GenerationRequest, budget: int) -> Described:
    """All that fits into `budget` tokens, or as little as there can be: every source keeps at least its name."""
    plan = _Plan(request)
    for is_named, level in _ORDER:
        for source in plan.sources(is_named=is_named):
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
        self._named = {source.alias: _is_named(source, words) for source in request.sources}
        self._full = dict(self._texts)
        self._wanted = {
            source.alias: sum(bool(_words(c.name) & words) for c in source.columns) for source in request.sources
        }

    def sources(self, *, is_named: bool) -> list[SourceInfo]:
        """Those that the question names, or the others; first those whose columns it speaks of least."""
        found = [source for source in self._request.sources if self._named[source.alias] is is_named]
        return sorted(found, key=lambda source: self._wanted[source.alias])

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
        if self._texts[source.alias] == self._full[source.alias]:
            return ""
        if detail in _LEFT_OUT:
            return f"{source.alias}: {_LEFT_OUT[detail]} are left out."
        hidden = len(source.columns) - len(columns_at(source, detail, self._request.joins, self._asked_for))
        more = f", and {hidden} of {len(source.columns)} columns" if hidden else ""
        return f"{source.alias}: {_LEFT_OUT[Detail.NO_COMMENTS]}{more} are left out."


def _is_named(source: SourceInfo, words: set[str]) -> bool:
    names = (source.alias.lower(), source.table.lower())
    return any(all(_singular(part) in words for part in name.split("_")) for name in names)


def _words(text: str) -> set[str]:
    """Lower-case words and names of a text and the parts of names, each also without a plural's s."""
    found = {word.lower() for word in re.findall(r"\w+", text)}
    parts = {part for word in found for part in word.split("_") if part}
    return found | parts | {_singular(word) for word in found | parts}


def _singular(word: str) -> str:
    return word[:-1] if len(word) > 3 and word.endswith("s") else word
