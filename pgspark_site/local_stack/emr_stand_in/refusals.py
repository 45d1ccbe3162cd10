"""What the service answers when it does not do what was asked."""

from __future__ import annotations


class Refusal(Exception):
    """An error of the service's model, or one that every service has, such as throttling."""

    def __init__(self, code: str, status: int, message: str) -> None:
        self.code, self.status, self.message = code, status, message
        super().__init__(f"{code}: {message}")


def invalid(message: str) -> Refusal:
    return Refusal("ValidationException", 400, message)


def missing(what: str) -> Refusal:
    return Refusal("ResourceNotFoundException", 404, f"{what} does not exist")


def conflict(message: str) -> Refusal:
    return Refusal("ConflictException", 409, message)


def throttled() -> Refusal:
    return Refusal("ThrottlingException", 429, "Rate exceeded")
