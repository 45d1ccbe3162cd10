"""JSON API of changes to code: asked for, shown as a version of their own, accepted or rejected."""

from __future__ import annotations

import uuid

from django.http import HttpResponse
from ninja import Router, Status
from pydantic import Field

from catalog.queries import own_session
from connections.envelope import ApiRequest, Input, Number, ShortText, Text, answers
from jobs import asking, models, queries
from jobs.api.code import VersionAnswer
from jobs.api.shapes import code_version

router = Router(tags=["Code"], by_alias=True)


class CodeChange(Input):
    prompt: Text = Field(description="What to change, in words: now only 2024.")
    generator: ShortText = Field("", description="Which generator writes it; empty for the one that wrote the code.")


@router.post("/sessions/{uuid:session_id}/code/{int:number}/change", response=answers(VersionAnswer, status=202))
def change_code(
    request: ApiRequest, session_id: uuid.UUID, number: Number, body: CodeChange, response: HttpResponse
) -> Status[VersionAnswer]:
    """Asks for a change of this version. The new one has `proposal` OPEN; it runs once it is accepted."""
    version = _own_version(request, session_id, number)
    changed = asking.ask_change(version=version, prompt=body.prompt, by=request.auth, generator=body.generator)
    return _accepted(changed, response)


@router.post("/sessions/{uuid:session_id}/code/{int:number}/accept", response=answers(VersionAnswer))
def accept_change(request: ApiRequest, session_id: uuid.UUID, number: Number) -> VersionAnswer:
    """Makes a change part of the session's code."""
    version = _own_version(request, session_id, number)
    asking.accept(version=version)
    return VersionAnswer(version=code_version(version))


@router.post("/sessions/{uuid:session_id}/code/{int:number}/reject", response=answers(VersionAnswer))
def reject_change(request: ApiRequest, session_id: uuid.UUID, number: Number) -> VersionAnswer:
    """Keeps a change without taking it."""
    version = _own_version(request, session_id, number)
    asking.reject(version=version)
    return VersionAnswer(version=code_version(version))


@router.post("/sessions/{uuid:session_id}/code/{int:number}/restore", response=answers(VersionAnswer, status=201))
def restore_version(
    request: ApiRequest, session_id: uuid.UUID, number: Number, response: HttpResponse
) -> Status[VersionAnswer]:
    """Copies an earlier version to the top, checked against the tables as they are picked now."""
    version = _own_version(request, session_id, number)
    answer = VersionAnswer(version=code_version(asking.restore(version=version, by=request.auth)))
    response["Location"] = answer.version.url
    return Status(201, answer)


@router.post("/runs/{uuid:run_id}/fix", response=answers(VersionAnswer, status=202, remote=True))
def fix_run(request: ApiRequest, run_id: uuid.UUID, response: HttpResponse) -> Status[VersionAnswer]:
    """Asks a model to repair the code of a failed run. The repair has `proposal` OPEN; nothing runs by itself."""
    run = queries.own_run(user=request.auth, run_uuid=run_id)
    return _accepted(asking.repair(run=run, by=request.auth), response)


def _own_version(request: ApiRequest, session_id: uuid.UUID, number: int) -> models.CodeVersion:
    return queries.version_of(own_session(request.auth, session_id), number)


def _accepted(version: models.CodeVersion, response: HttpResponse) -> Status[VersionAnswer]:
    answer = VersionAnswer(version=code_version(version))
    response["Location"] = answer.version.url
    return Status(202, answer)
