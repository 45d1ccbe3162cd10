"""What changed between two texts, line by line, as the page shows it; long stretches of equal lines are folded."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Literal

CONTEXT_LINES = 3
Kind = Literal["same", "removed", "added", "fold"]
_SIGNS = {"removed": "−", "added": "+"}


@dataclass(frozen=True, slots=True)
class DiffLine:
    """A line with its number before and after; a `fold` stands for as many equal lines as `text` says."""

    kind: Kind
    before: int | None
    after: int | None
    text: str

    @property
    def sign(self) -> str:
        return _SIGNS.get(self.kind, "")


@dataclass(frozen=True, slots=True)
class Diff:
    lines: tuple[DiffLine, ...]
    added: int
    removed: int


def diff(before: str, after: str) -> Diff:
    old, new = before.splitlines(), after.splitlines()
    lines: list[DiffLine] = []
    blocks = SequenceMatcher(None, old, new, autojunk=False).get_opcodes()
    for number, (tag, i1, i2, j1, j2) in enumerate(blocks):
        if tag == "equal":
            lines += _equal(old[i1:i2], i1, j1, is_first=number == 0, is_last=number == len(blocks) - 1)
        else:
            lines += [DiffLine("removed", i1 + at + 1, None, text) for at, text in enumerate(old[i1:i2])]
            lines += [DiffLine("added", None, j1 + at + 1, text) for at, text in enumerate(new[j1:j2])]
    count = {kind: sum(line.kind == kind for line in lines) for kind in ("added", "removed")}
    return Diff(tuple(lines), count["added"], count["removed"])


def _equal(texts: Sequence[str], i: int, j: int, *, is_first: bool, is_last: bool) -> Iterator[DiffLine]:
    """Equal lines, of which the page shows those beside a change."""
    head = 0 if is_first else CONTEXT_LINES
    tail = 0 if is_last else CONTEXT_LINES
    hidden = len(texts) - head - tail
    for at, text in enumerate(texts):
        if hidden <= 1 or at < head or at >= len(texts) - tail:
            yield DiffLine("same", i + at + 1, j + at + 1, text)
        elif at == head:
            yield DiffLine("fold", None, None, f"{hidden} equal lines")
