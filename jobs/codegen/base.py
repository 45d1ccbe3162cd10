"""The protocol of generators: what they get and give. They see names, types, keys, comments and statistics; never a
host, an ARN or a cell.

A generator keeps nothing between calls: a repair is a request that carries the earlier answers as `turns`.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, Protocol


@dataclass(frozen=True, slots=True)
class ColumnInfo:
    """A column as the generator sees it; `type` is its catalogue's own spelling, such as numeric(12,2).

    `distinct` is an estimate; `low` and `high` are set for numbers and dates only.
    """

    name: str
    type: str
    nullable: bool
    is_primary_key: bool = False
    comment: str = ""
    is_unique: bool = False
    distinct: int | None = None
    low: str = ""
    high: str = ""


@dataclass(frozen=True, slots=True)
class Join:
    """A foreign key between two picked sources: `alias`.`columns` point at `target_alias`.`target_columns`."""

    alias: str
    columns: tuple[str, ...]
    target_alias: str
    target_columns: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class LikelyJoin:
    """Columns of two sources that seem to mean the same, without a foreign key; `why` says so in words."""

    join: Join
    why: str


@dataclass(frozen=True, slots=True)
class SourceInfo:
    """A picked source; `alias` is its parameter name in `transform`, `table` its own name, `note` what people know."""

    alias: str
    table: str
    columns: tuple[ColumnInfo, ...]
    comment: str = ""
    estimated_rows: int | None = None
    kind: str = "POSTGRES"
    note: str = ""


@dataclass(frozen=True, slots=True)
class Base:
    """The code that a request starts from. `asked` are the questions that led to it, the first one first."""

    transform: str
    asked: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Turn:
    """An earlier answer of this generator and what the checks found wrong with it, one sentence a line."""

    answer: GeneratedCode
    findings: str


@dataclass(frozen=True, slots=True)
class GenerationRequest:
    """`prompt` is the question; with a `base`, what is to change in it. `failure` tells of a failed run of `base`.

    `resting` are models that are asked only where no other can be.
    """

    prompt: str
    sources: tuple[SourceInfo, ...]
    joins: tuple[Join, ...] = ()
    likely_joins: tuple[LikelyJoin, ...] = ()
    base: Base | None = None
    failure: str = ""
    turns: tuple[Turn, ...] = ()
    model: str = ""
    resting: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class GeneratedCode:
    """`transform` is the whole editor text. `understood` and `ignored` say which words were used, and how."""

    transform: str
    explanation: str
    assumptions: tuple[str, ...] = ()
    understood: tuple[str, ...] = ()
    ignored: tuple[str, ...] = ()
    tables_used: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Clarification:
    """The generator cannot tell: a question back to the person, with ready-made answers where it has some."""

    question: str
    options: tuple[str, ...] = ()
    understood: tuple[str, ...] = ()


Answer = GeneratedCode | Clarification


@dataclass(frozen=True, slots=True)
class Call:
    """One call of a model that is about to be made, and paid. `request` is all that the model will read."""

    model: str
    label: str
    digest: str
    request: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Usage:
    """Tokens as the service counted them; `cached` of `input` came from its cache. `cost_usd` None: price unknown."""

    input: int = 0
    output: int = 0
    cached: int = 0
    cost_usd: Decimal | None = None


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of a call: a stop reason, or the error code of its failure; `answer` is kept as it came."""

    usage: Usage = field(default_factory=Usage)
    stop_reason: str = ""
    error_code: str = ""
    answer: dict[str, Any] = field(default_factory=dict)
    latency_ms: int = 0


class Stopped(Exception):
    """Nobody wants the answer any more: the person cancelled, or another worker has taken over."""


class Watch(Protocol):
    """Who follows a generator: keeps each call, shows what is going on, and ends it when nobody wants it any more."""

    def begin(self, call: Call) -> None:
        """Before each call. Raises Stopped, TOKEN_QUOTA_USED, CALLS_USED_UP."""

    def end(self, outcome: Outcome) -> None:
        """After the call that `begin` announced, whatever came of it."""

    def tick(self, written: str | None = None) -> None:
        """Several times a second during a call, with the code so far if it grew. Raises Stopped, GENERATION_TIMEOUT."""

    def step(self, name: str) -> None:
        """What begins now, in a few words."""


class Unwatched:
    """A watch that keeps nothing."""

    def begin(self, call: Call) -> None: ...

    def end(self, outcome: Outcome) -> None: ...

    def tick(self, written: str | None = None) -> None: ...

    def step(self, name: str) -> None: ...


UNWATCHED: Watch = Unwatched()


class Generator(Protocol):
    """Turns a request into code or a question. Raises PortalError when it cannot.

    `models` are those that a person may choose from, the preferred one first; none where there is no choice.
    `is_model` says that it can change code and repair what the checks found.
    """

    name: str
    label: str
    is_model: bool
    models: tuple[str, ...]

    def generate(self, request: GenerationRequest, watch: Watch = UNWATCHED) -> Answer: ...
