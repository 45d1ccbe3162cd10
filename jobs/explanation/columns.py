"""Where each column of the result comes from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from jobs.checking.rehearsal.answers import Rehearsal


@dataclass(frozen=True, slots=True)
class Origin:
    """A column of a source; `number` counts the sources from 1, 0 where the source is not known."""

    alias: str
    column: str
    number: int


@dataclass(frozen=True, slots=True)
class ResultColumn:
    """A column of the result. `expression` says how it is made, in short; empty where an older row does not tell."""

    name: str
    type: str
    nullable: bool
    expression: str
    origins: tuple[Origin, ...]

    @property
    def is_copy(self) -> bool:
        """Whether it is one column of one source as it is."""
        return len(self.origins) == 1 and self.expression == f"{self.origins[0].alias}.{self.origins[0].column}"


def columns_of(rehearsal: Rehearsal, sources: Sequence[Mapping[str, Any]]) -> list[ResultColumn]:
    numbers = {str(source["alias"]): number for number, source in enumerate(sources, 1)}
    lineage = rehearsal["lineage"]
    told = lineage if len(lineage) == len(rehearsal["schema"]) else [None] * len(rehearsal["schema"])
    return [
        ResultColumn(
            column["name"],
            column["type"],
            column["nullable"],
            one.get("expression", "") if one else "",
            tuple(Origin(o["alias"], o["column"], numbers.get(o["alias"], 0)) for o in one["from"]) if one else (),
        )
        for column, one in zip(rehearsal["schema"], told, strict=True)
    ]
