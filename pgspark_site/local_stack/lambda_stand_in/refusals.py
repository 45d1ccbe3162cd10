"""How Lambda refuses an invocation."""

from __future__ import annotations

from typing import Any

from pgspark_site.local_stack.stand_in.refusals import Refusal


class LambdaRefusal(Refusal):
    """Lambda tells beside its words whose fault it is."""

    @property
    def content(self) -> dict[str, Any]:
        return {"Type": "User", "message": self.message}


def missing(function: str) -> Refusal:
    return LambdaRefusal("ResourceNotFoundException", 404, f"Function not found: {function}")


def invalid(message: str) -> Refusal:
    return LambdaRefusal("InvalidRequestContentException", 400, message)


def unsupported(message: str) -> Refusal:
    return LambdaRefusal("InvalidParameterValueException", 400, message)


def too_large(size: int) -> Refusal:
    return LambdaRefusal("RequestTooLargeException", 413, f"{size} bytes are too many for an asynchronous event")


def throttled() -> Refusal:
    return LambdaRefusal("TooManyRequestsException", 429, "Rate Exceeded.")
