"""What a generator gets and gives. It sees names, types, keys and comments; never a host, an ARN or a value."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class ColumnInfo:
    """A column as the generator sees it; `type` is PostgreSQL's own spelling, such as numeric(12,2)."""

    name: str
    type: str
    nullable: bool
    is_primary_key: bool = False
    comment: str = ""


@dataclass(frozen=True, slots=True)
class Join:
    """A foreign key between two picked sources: `alias`.`columns` point at `target_alias`.`target_columns`."""

    alias: str
    columns: tuple[str, ...]
    target_alias: str
    target_columns: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class SourceInfo:
    """A picked source; `alias` is its parameter name in `transform`, `table` its own name."""

    alias: str
    table: str
    columns: tuple[ColumnInfo, ...]
    comment: str = ""
    estimated_rows: int | None = None


@dataclass(frozen=True, slots=True)
class GenerationRequest:
    prompt: str
    sources: tuple[SourceInfo, ...]
    joins: tuple[Join, ...] = ()


@dataclass(frozen=True, slots=True)
class GeneratedCode:
    """`transform` is the whole editor text. `understood` and `ignored` say which words were used, and how."""

    transform: str
    explanation: str
    assumptions: tuple[str, ...] = ()
    understood: tuple[str, ...] = ()
    ignored: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Clarification:
    """The generator cannot tell: a question back to the person, with ready-made answers where it has some."""

    question: str
    options: tuple[str, ...] = ()
    understood: tuple[str, ...] = ()


class Generator(Protocol):
    """Turns a request into code or a question. Raises PortalError when it cannot be reached."""

    name: str
    label: str

    def generate(self, request: GenerationRequest) -> GeneratedCode | Clarification: ...
