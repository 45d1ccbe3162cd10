"""What a check says about a transform."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Literal, TypedDict, cast

Severity = Literal["blocking", "advisory"]


class FindingDict(TypedDict):
    """A finding as stored in `CodeVersion.findings` and sent to pages."""

    rule: str
    severity: Severity
    line: int
    column: int
    message: str
    hint: str


@dataclass(frozen=True, slots=True)
class Finding:
    """`line` counts from 1 and `column` from 0, as `ast` does. `hint` says what to write instead."""

    rule: str
    severity: Severity
    line: int
    column: int
    message: str
    hint: str

    def as_dict(self) -> FindingDict:
        return cast(FindingDict, asdict(self))
