"""The frame of every answer of the JSON API: `{"success": true, ...}` or `{"success": false, "error": {...}}`.

Requests are read strictly: what a schema does not name is refused, and no text holds a NUL, which no database takes.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any, Literal

import structlog
from django.contrib.auth.models import User
from django.http import HttpRequest
from pydantic import BaseModel, ConfigDict, Field, StrictBool, StrictInt, StringConstraints

from connections.errors import PortalError

_NO_NUL = r"^[^\x00]*$"

Text = Annotated[str, StringConstraints(pattern=_NO_NUL)]
LongText = Annotated[str, StringConstraints(pattern=_NO_NUL, max_length=4096)]
ShortText = Annotated[str, StringConstraints(pattern=_NO_NUL, max_length=200)]
# PostgreSQL cuts longer names, so that they would mean another object.
Name = Annotated[str, StringConstraints(pattern=_NO_NUL, min_length=1, max_length=63)]
# The number of a row of the portal's own database.
Number = Annotated[int, Field(ge=1, le=2**31 - 1)]
# In a body a number is a number: neither "5" nor true.
BodyNumber = Annotated[StrictInt, Field(ge=1, le=2**31 - 1)]
Count = StrictInt
Flag = StrictBool
# Where the last page ended, given back as it was got.
Cursor = Annotated[str, StringConstraints(pattern=r"^[0-9]{1,18}$")]

# What any operation may answer besides its own; those that ask a database or AWS, or store, have more.
_ALWAYS = frozenset({400, 401, 403, 404, 409, 413, 429, 500})
_REMOTE = frozenset({502, 503, 504})


class ApiRequest(HttpRequest):
    """A request that has passed authentication: `auth` is the user of its token or its login."""

    auth: User


class Input(BaseModel):
    """A request's body."""

    model_config = ConfigDict(extra="forbid")


class Page(BaseModel):
    """Which part of a list that is read from its newest row on."""

    cursor: Cursor | None = Field(None, description="`next_cursor` of the page before.")
    limit: int = Field(50, ge=1, le=200)

    @property
    def before(self) -> int | None:
        return int(self.cursor) if self.cursor else None


class Answer(BaseModel):
    success: Literal[True] = True


class FieldProblem(BaseModel):
    """What is wrong with one part of a request; `field` is its path, such as `tables.0.schema`."""

    field: str
    message: str


class Problem(BaseModel):
    """Code, message and hint of the error catalogue; `fields` only says more of INVALID_REQUEST."""

    code: str
    message: str
    hint: str
    retryable: bool
    request_id: str
    fields: list[FieldProblem]


class Refusal(BaseModel):
    success: Literal[False] = False
    error: Problem


def refusal(error: PortalError, fields: Sequence[FieldProblem] = ()) -> Refusal:
    request_id = str(structlog.contextvars.get_contextvars().get("request_id", ""))
    return Refusal(error=Problem(**error.as_dict(), request_id=request_id, fields=list(fields)))


def answers(model: type[Answer] | None, *, status: int = 200, remote: bool = False) -> dict[Any, Any]:
    """The `response` of an operation: its own answer, and the refusals with the statuses it may have."""
    return {status: model, (_ALWAYS | _REMOTE if remote else _ALWAYS): Refusal}
