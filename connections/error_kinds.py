"""What an error code of the portal stands for. Kept apart, so that each part of the catalogue can import it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class ErrorKind:
    """One kind of failure; `message` and `hint` are `str.format` templates over the error's facts."""

    message: str
    hint: str
    retryable: bool = False
    status: int = 400
