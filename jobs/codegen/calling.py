"""What a way to reach models gets and gives, so that Bedrock and other endpoints share everything around a call."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Protocol

from connections.errors import PortalError
from connections.lines import Line
from jobs.codegen.base import GenerationRequest
from jobs.codegen.prompt import Prompt


class Stop(StrEnum):
    """Why a model stopped, in one vocabulary for all services."""

    DONE = "done"
    CUT_SHORT = "cut_short"
    MALFORMED = "malformed"
    GUARDRAIL = "guardrail"
    FILTERED = "filtered"
    TOO_MUCH_CONTEXT = "too_much_context"


@dataclass(frozen=True, slots=True)
class Ask:
    """One question to one model. `concessions` are what this model was found not to take."""

    model: str
    prompt: Prompt
    request: GenerationRequest
    max_tokens: int
    concessions: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Counts:
    """Tokens as the service counted them. `cached` and `cache_written` are parts of `input`, all of the prompt."""

    input: int = 0
    output: int = 0
    cached: int = 0
    cache_written: int = 0


@dataclass(frozen=True, slots=True)
class Reply:
    """What a model sent: the arguments of its call of the tool (text as it came, or parsed), and prose around it."""

    stop: Stop
    stop_reason: str
    counts: Counts
    call: str | Mapping[str, Any] | None = None
    text: str = ""


class Trouble(StrEnum):
    """What can be done about a failed call."""

    NONE = "none"
    WAIT = "wait"  # nothing was generated: the same call may be made again later
    OTHER_MODEL = "other_model"  # this model cannot be had here
    CONCEDE = "concede"  # the model does not take a part of the request


@dataclass(eq=False)
class CallFailed(Exception):
    """A call that gave no reply; `error` is what a person reads if nothing helps."""

    error: PortalError
    trouble: Trouble = Trouble.NONE
    concession: str = ""


Wrote = Callable[[str], None]


class Transport(Protocol):
    """One way to reach models. Used from a thread of its own, without a database."""

    def payload(self, ask: Ask) -> dict[str, Any]:
        """The request as it goes over the wire; also what is kept of it."""

    def send(self, ask: Ask, line: Line, wrote: Wrote) -> Reply:
        """Makes the call; `wrote` is told the code so far. Raises CallFailed."""
