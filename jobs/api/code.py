"""JSON API of questions and the code written for them."""

from __future__ import annotations

import uuid
from typing import Literal

from django.http import HttpResponse
from ninja import Router, Status
from pydantic import Field

import catalog.file_operations
import catalog.glue_operations
import catalog.operations
from catalog.api.shapes import FileReference, GlueTableRef, PlacedTable
from catalog.file_operations import FileWish
from catalog.models import AnalysisSession
from catalog.queries import own_session, session_for
from catalog.types import TableRef
from connections.envelope import Answer, ApiRequest, BodyNumber, Input, Number, ShortText, Text, answers
from connections.queries import connection_for
from jobs import operations, queries
from jobs.api.shapes import CodeVersion, Finding, VersionSummary, code_version, version_summary
from jobs.execution.choosing import route_of

router = Router(tags=["Code"], by_alias=True)


class Question(Input):
    """The specification's payload (section 6.2). A selection that is given replaces the session's of that kind."""

    prompt: Text = Field(description="What you want to know, in words.")
    session_id: uuid.UUID
    framework: Literal["spark"] = "spark"
    selected_postgres_tables: list[PlacedTable] | None = Field(None, max_length=200)
    selected_tables: list[GlueTableRef] | None = Field(None, max_length=200, description="Of the Glue Catalog.")
    s3_input_path: FileReference | None = Field(None, description="The one file to ask about.")
    execution_platform: ShortText = Field("auto", description="Refused at once when it cannot run the selection.")
    generator: ShortText = Field("", description="Which generator writes the code; empty for the preferred one.")


class Transform(Input):
    transform: Text = Field(description="The function transform(spark, ...), one DataFrame per source.")


class Edit(Transform):
    parent: BodyNumber | None = Field(None, description="Number of the version it was made from.")


class VersionAnswer(Answer):
    """A version that is still being written has `is_active`: ask again at its `url`."""

    version: CodeVersion


class VersionsAnswer(Answer):
    versions: list[VersionSummary]


class FindingsAnswer(Answer):
    findings: list[Finding]


@router.post("/spark/generate", response=answers(VersionAnswer, status=202, remote=True))
def generate_code(request: ApiRequest, body: Question, response: HttpResponse) -> Status[VersionAnswer]:
    """Starts a new version of the session's code for a question; a worker writes it."""
    session = own_session(request.auth, body.session_id)
    _select(request, session, body)
    wish = platform_wish(body.execution_platform)
    if wish:
        route_of(session.sources.values("kind", "statistics"), wish=wish)
    version = operations.ask(session=session, prompt=body.prompt, by=request.auth, generator=body.generator)
    answer = VersionAnswer(version=code_version(version))
    response["Location"] = answer.version.url
    return Status(202, answer)


@router.get("/sessions/{uuid:session_id}/code", response=answers(VersionsAnswer))
def list_code_versions(request: ApiRequest, session_id: uuid.UUID) -> VersionsAnswer:
    """All versions of the session's code, the newest first."""
    versions = queries.versions_of(session_for(request.auth, session_id))
    return VersionsAnswer(versions=[version_summary(version) for version in versions])


@router.post("/sessions/{uuid:session_id}/code", response=answers(VersionAnswer, status=201))
def save_code(request: ApiRequest, session_id: uuid.UUID, body: Edit, response: HttpResponse) -> Status[VersionAnswer]:
    """Keeps hand-written code as a new version, checked at once."""
    session = own_session(request.auth, session_id)
    parent = queries.version_of(session, body.parent) if body.parent is not None else None
    version = operations.save_edit(session=session, transform=body.transform, by=request.auth, parent=parent)
    answer = VersionAnswer(version=code_version(version))
    response["Location"] = answer.version.url
    return Status(201, answer)


@router.post("/sessions/{uuid:session_id}/check", response=answers(FindingsAnswer))
def check_code(request: ApiRequest, session_id: uuid.UUID, body: Transform) -> FindingsAnswer:
    """What speaks against running this code over the session's sources; nothing is kept."""
    session = own_session(request.auth, session_id)
    found = operations.check(session=session, transform=body.transform)
    return FindingsAnswer(findings=[Finding(**finding) for finding in found])


@router.get("/sessions/{uuid:session_id}/code/{int:number}", response=answers(VersionAnswer))
def get_code_version(request: ApiRequest, session_id: uuid.UUID, number: Number) -> VersionAnswer:
    version = queries.version_of(session_for(request.auth, session_id), number)
    return VersionAnswer(version=code_version(version))


@router.post("/sessions/{uuid:session_id}/code/{int:number}/cancel", response=answers(VersionAnswer))
def cancel_code_version(request: ApiRequest, session_id: uuid.UUID, number: Number) -> VersionAnswer:
    """Stops a version that is still being written; a finished one stays as it is."""
    version = queries.version_of(own_session(request.auth, session_id), number)
    operations.cancel_generation(version=version, by=request.auth)
    version.refresh_from_db()
    return VersionAnswer(version=code_version(version))


def platform_wish(platform: str) -> str:
    """The engine that a request names; the specification's word for none is `auto`."""
    return "" if platform == "auto" else platform


def _select(request: ApiRequest, session: AnalysisSession, body: Question) -> None:
    if body.selected_postgres_tables is not None:
        tables = [
            (connection_for(request.auth, one.connection_name), TableRef(one.database, one.schema_name, one.table))
            for one in body.selected_postgres_tables
        ]
        catalog.operations.set_postgres_tables(session=session, user=request.auth, tables=tables)
    if body.selected_tables is not None:
        glue_tables = [(one.database, one.table) for one in body.selected_tables]
        catalog.glue_operations.set_tables(session=session, user=request.auth, tables=glue_tables)
    if body.s3_input_path is not None:
        wishes = [FileWish(body.s3_input_path)]
        catalog.file_operations.set_files(session=session, user=request.auth, wishes=wishes)
