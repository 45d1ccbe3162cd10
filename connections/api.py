"""JSON API of connections: which there are, and whether they work."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from ninja import Router
from pydantic import BaseModel, Field

from connections import operations, queries
from connections.envelope import Answer, ApiRequest, Name, answers
from connections.models import DatabaseConnection

router = Router(tags=["PostgreSQL"], by_alias=True)


class Connection(BaseModel):
    """A connection without its secret's ARN: neither that nor a host leaves the portal."""

    name: str
    description: str
    enabled: bool
    is_default: bool
    test_state: str = Field(description="untested, ok or failed, from the last test.")
    last_tested_at: datetime | None


class ConnectionsAnswer(Answer):
    connections: list[Connection]


class StepProblem(BaseModel):
    """The error that ended the test here, or a warning that did not."""

    code: str
    message: str
    hint: str
    retryable: bool


class TestStep(BaseModel):
    """`milliseconds` is null for a step that was not reached; `key` stays the same whatever its `name` says."""

    __test__ = False

    key: str
    name: str
    state: Literal["ok", "warning", "failed", "skipped"]
    milliseconds: int | None
    note: str
    problem: StepProblem | None


class TestAnswer(Answer):
    """`passed` says whether the connection works; a test that ran is a success either way."""

    __test__ = False

    passed: bool
    steps: list[TestStep]
    error: StepProblem | None


@router.get("/postgres/connections", response=answers(ConnectionsAnswer))
def list_connections(request: ApiRequest) -> ConnectionsAnswer:
    """The enabled connections you may use, the default one first."""
    found = queries.usable_connections(request.auth)
    return ConnectionsAnswer(connections=[_connection(connection) for connection in found])


@router.post("/postgres/{connection_name}/test", response=answers(TestAnswer, remote=True))
def test_connection(request: ApiRequest, connection_name: Name) -> TestAnswer:
    """Tests the connection step by step; the first step that fails has the error."""
    report = operations.test_connection(connection=queries.connection_for(request.auth, connection_name))
    return TestAnswer(**report.as_dict())


def _connection(connection: DatabaseConnection) -> Connection:
    return Connection(
        name=connection.name,
        description=connection.description,
        enabled=connection.enabled,
        is_default=connection.is_default,
        test_state=connection.test_state,
        last_tested_at=connection.last_tested_at,
    )
