"""The rail's tabs: one for each kind of source, with how many of it are picked."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from catalog.models import SelectedSource, SourceKind

# A file is what it is called; the tab names the format that most people look for.
_LABELS = {SourceKind.POSTGRES: "PostgreSQL", SourceKind.GLUE: "Glue", SourceKind.CSV: "CSV"}


@dataclass(frozen=True, slots=True)
class Tab:
    kind: str
    label: str
    count: int


def tabs(sources: Iterable[SelectedSource]) -> list[Tab]:
    picked = Counter(source.kind for source in sources)
    return [Tab(kind.value, label, picked[kind.value]) for kind, label in _LABELS.items()]
