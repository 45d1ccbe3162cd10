"""What a file looks like when it is read in a certain way: columns, first rows, and what a person should know."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from catalog.files.dialect import Dialect

ROWS = 20
# Longer values are cut on the page; the job reads them whole.
VALUE_CHARACTERS = 200
MAX_COLUMNS = 2000


@dataclass(frozen=True, slots=True)
class FileColumn:
    """`type` is Spark's; `is_partition_key`: its value stands in the folder's name and not in the file."""

    name: str
    type: str
    is_partition_key: bool = False

    def as_json(self) -> dict[str, Any]:
        return {
            "name": self.name,
            "type": self.type,
            "nullable": True,
            "comment": "",
            "is_partition_key": self.is_partition_key,
        }


@dataclass(frozen=True, slots=True)
class Value:
    """A value on the page: None is NULL; `is_misfit` when Spark cannot read it as its column's type."""

    text: str | None
    is_misfit: bool = False


@dataclass(frozen=True, slots=True)
class FilePreview:
    """`rows` are the first ones, `notes` sentences. `estimated_rows` is exact where the whole file was looked at."""

    dialect: Dialect
    columns: tuple[FileColumn, ...]
    rows: Sequence[Sequence[Value]]
    estimated_rows: int | None = None
    is_exact: bool = False
    notes: Sequence[str] = field(default=())


def shown(text: str | None) -> str | None:
    if text is None or len(text) <= VALUE_CHARACTERS:
        return text
    return text[: VALUE_CHARACTERS - 1] + "…"
