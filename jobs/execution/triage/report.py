"""What is known of a failed job, and what is said about it."""

from __future__ import annotations

from dataclasses import dataclass

from connections.errors import PortalError
from jobs.execution.base import Observation


@dataclass(frozen=True, slots=True)
class FailedJob:
    """`log` is the end of its output, redacted; `transform` the person's code, from line `transform_first` of it on."""

    observation: Observation
    log: str
    transform: str
    transform_first: int
    minutes: int
    target: str = ""


@dataclass(frozen=True, slots=True)
class Failure:
    """`line` is a line of the transform or None; `quote` the few lines that decided, `evidence` those around them.

    Both are the log's own, or the engine's sentence where that decided; oldest first.
    """

    error: PortalError
    line: int | None
    quote: tuple[str, ...]
    evidence: tuple[str, ...]
