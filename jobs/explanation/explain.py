"""Everything that is explained of one version."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, cast

from jobs.checking.rehearsal.answers import Rehearsal
from jobs.explanation.boxes import Box, boxes_of
from jobs.explanation.columns import ResultColumn, columns_of
from jobs.explanation.drawing import Drawing, drawing_of
from jobs.explanation.sentences import Sentence, sentences_of
from jobs.explanation.steps import steps_of


@dataclass(frozen=True, slots=True)
class Explanation:
    """`boxes` are all steps, the result last; the drawing may fold some."""

    boxes: tuple[Box, ...]
    sentences: tuple[Sentence, ...]
    columns: tuple[ResultColumn, ...]

    @property
    def warnings(self) -> list[str]:
        return [text for sentence in self.sentences for text in sentence.warnings]

    @property
    def summary(self) -> str:
        """`2 sources, 1 join, 4 columns`."""
        sources = len({box.title for box in self.boxes if box.source})
        joins = sum(box.is_join for box in self.boxes)
        parts = [_counted(sources, "source"), *([_counted(joins, "join")] if joins else [])]
        return ", ".join([*parts, _counted(len(self.columns), "column")])

    @property
    def drawing(self) -> Drawing:
        return drawing_of(self.boxes)


def explain(rehearsal: Mapping[str, Any], sources: Sequence[Mapping[str, Any]]) -> Explanation | None:
    """Of a stored rehearsal and the sources stored with it; None where it told no plan."""
    if rehearsal.get("state") != "done" or not rehearsal.get("steps"):
        return None
    told = cast(Rehearsal, rehearsal)
    steps = steps_of(told, sources)
    return Explanation(tuple(boxes_of(steps, told)), tuple(sentences_of(steps, told)), tuple(columns_of(told, sources)))


def _counted(count: int, noun: str) -> str:
    return f"{count} {noun}{'' if count == 1 else 's'}"
