"""How EMR Serverless refuses."""

from __future__ import annotations

from pgspark_site.local_stack.stand_in.refusals import Refusal


def invalid(message: str) -> Refusal:
    return Refusal("ValidationException", 400, message)


def missing(what: str) -> Refusal:
    return Refusal("ResourceNotFoundException", 404, f"{what} does not exist")


def conflict(message: str) -> Refusal:
    return Refusal("ConflictException", 409, message)


def throttled() -> Refusal:
    return Refusal("ThrottlingException", 429, "Rate exceeded")
