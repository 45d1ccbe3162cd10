"""JSON API of sessions and the sources picked in them."""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from datetime import datetime

from django.http import HttpResponse
from django.urls import reverse
from ninja import Query, Router, Status
from pydantic import BaseModel

from catalog import drift, file_operations, glue_operations, operations, queries
from catalog.api.shapes import (
    Change,
    FileSelection,
    GlueSelection,
    PickedGlueTable,
    PickedTable,
    PostgresSelection,
    Source,
    Unreachable,
    change,
    picked_glue_table,
    picked_table,
    source,
)
from catalog.models import AnalysisSession, SelectedSource
from catalog.types import TableRef
from connections.envelope import Answer, ApiRequest, Input, Number, Page, ShortText, Text, answers
from connections.queries import connection_for

router = Router(tags=["Sessions"], by_alias=True)


class Session(BaseModel):
    """`can_edit` is false for a session that is only shared with you."""

    id: uuid.UUID
    title: str
    owner: str
    shared_with: str | None
    can_edit: bool
    created_at: datetime
    last_used_at: datetime
    sources: list[Source]


class SessionAnswer(Answer):
    session: Session


class SessionsAnswer(Answer):
    """`next_cursor` asks for the older ones; null after the last."""

    sessions: list[Session]
    next_cursor: str | None


class SourcesAnswer(Answer):
    sources: list[Source]


class SelectionAnswer(Answer):
    selected_tables: list[PickedTable]


class GlueSelectionAnswer(Answer):
    selected_tables: list[PickedGlueTable]


class FileSelectionAnswer(Answer):
    selected_files: list[Source]


class ChangesAnswer(Answer):
    """The sources that have changed; `errors` say why others could not be looked at."""

    changes: list[Change]
    errors: list[Unreachable]


class NewSession(Input):
    title: ShortText = ""


class SessionChange(Input):
    """What is left out stays as it is."""

    title: ShortText | None = None
    draft_prompt: Text | None = None


class AliasChange(Input):
    alias: ShortText


@router.get("/sessions", response=answers(SessionsAnswer))
def list_sessions(request: ApiRequest, page: Query[Page]) -> SessionsAnswer:
    """Your own sessions and those shared with you, the newest first."""
    found = list(queries.newest_sessions(request.auth, before=page.before, limit=page.limit + 1))
    shown = found[: page.limit]
    next_cursor = str(shown[-1].pk) if len(found) > page.limit else None
    return SessionsAnswer(
        sessions=[_session(request, one, one.sources.all()) for one in shown], next_cursor=next_cursor
    )


@router.post("/sessions", response=answers(SessionAnswer, status=201))
def create_session(request: ApiRequest, body: NewSession, response: HttpResponse) -> Status[SessionAnswer]:
    made = operations.create_session(owner=request.auth, title=body.title)
    response["Location"] = reverse("api:get_session", args=[made.uuid])
    return Status(201, SessionAnswer(session=_session(request, made)))


@router.get("/sessions/{uuid:session_id}", response=answers(SessionAnswer))
def get_session(request: ApiRequest, session_id: uuid.UUID) -> SessionAnswer:
    return SessionAnswer(session=_session(request, queries.session_for(request.auth, session_id)))


@router.patch("/sessions/{uuid:session_id}", response=answers(SessionAnswer))
def change_session(request: ApiRequest, session_id: uuid.UUID, body: SessionChange) -> SessionAnswer:
    """Renames the session, or keeps a question that is not asked yet."""
    session = queries.own_session(request.auth, session_id)
    if body.title is not None:
        operations.rename_session(session=session, title=body.title)
    if body.draft_prompt is not None:
        operations.save_draft(session=session, prompt=body.draft_prompt)
    return SessionAnswer(session=_session(request, session))


@router.post("/sessions/{uuid:session_id}/select-postgres-tables", response=answers(SelectionAnswer, remote=True))
def select_postgres_tables(request: ApiRequest, session_id: uuid.UUID, body: PostgresSelection) -> SelectionAnswer:
    """Makes the session's PostgreSQL tables exactly these; an empty list removes all of them."""
    session = queries.own_session(request.auth, session_id)
    connection = connection_for(request.auth, body.connection_name)
    tables = [(connection, TableRef(one.database, one.schema_name, one.table)) for one in body.tables]
    picked = operations.set_postgres_tables(session=session, user=request.auth, tables=tables)
    return SelectionAnswer(selected_tables=[picked_table(one) for one in picked])


@router.post("/sessions/{uuid:session_id}/select-glue-tables", response=answers(GlueSelectionAnswer, remote=True))
def select_glue_tables(request: ApiRequest, session_id: uuid.UUID, body: GlueSelection) -> GlueSelectionAnswer:
    """Makes the session's Glue tables exactly these; an empty list removes all of them."""
    session = queries.own_session(request.auth, session_id)
    tables = [(one.database, one.table) for one in body.tables]
    picked = glue_operations.set_tables(session=session, user=request.auth, tables=tables)
    return GlueSelectionAnswer(selected_tables=[picked_glue_table(one) for one in picked])


@router.post("/sessions/{uuid:session_id}/select-files", response=answers(FileSelectionAnswer, remote=True))
def select_files(request: ApiRequest, session_id: uuid.UUID, body: FileSelection) -> FileSelectionAnswer:
    """Makes the session's files exactly these; an empty list removes all of them."""
    session = queries.own_session(request.auth, session_id)
    wishes = [one.as_wish() for one in body.files]
    picked = file_operations.set_files(session=session, user=request.auth, wishes=wishes)
    return FileSelectionAnswer(selected_files=[source(one) for one in picked])


@router.get("/sessions/{uuid:session_id}/changes", response=answers(ChangesAnswer, remote=True))
def list_changes(request: ApiRequest, session_id: uuid.UUID) -> ChangesAnswer:
    """How the picked sources have changed since they were picked; asks their databases and catalogues now."""
    session = queries.own_session(request.auth, session_id)
    report = drift.report(request.auth, queries.sources_of(session))
    return ChangesAnswer(
        changes=[change(one) for one in report.drifts],
        errors=[Unreachable(**error.as_dict()) for error in report.errors],
    )


@router.post(
    "/sessions/{uuid:session_id}/sources/{int:source_id}/refresh", response=answers(SourcesAnswer, remote=True)
)
def refresh_source(request: ApiRequest, session_id: uuid.UUID, source_id: Number) -> SourcesAnswer:
    """Takes a source's columns and figures as they are now; its name in the code stays."""
    session = queries.own_session(request.auth, session_id)
    operations.refresh_source(session=session, user=request.auth, source_id=source_id)
    return _sources(session)


@router.patch("/sessions/{uuid:session_id}/sources/{int:source_id}", response=answers(SourcesAnswer))
def rename_source(request: ApiRequest, session_id: uuid.UUID, source_id: Number, body: AliasChange) -> SourcesAnswer:
    """Gives a source another name in the code."""
    session = queries.own_session(request.auth, session_id)
    operations.rename_alias(session=session, source_id=source_id, alias=body.alias)
    return _sources(session)


@router.delete("/sessions/{uuid:session_id}/sources/{int:source_id}", response=answers(SourcesAnswer))
def remove_source(request: ApiRequest, session_id: uuid.UUID, source_id: Number) -> SourcesAnswer:
    """Removes a source from the selection; one that is already gone is no error. Answers with those that stay."""
    session = queries.own_session(request.auth, session_id)
    operations.remove_source(session=session, source_id=source_id)
    return _sources(session)


def _session(request: ApiRequest, session: AnalysisSession, sources: Iterable[SelectedSource] | None = None) -> Session:
    return Session(
        id=session.uuid,
        title=session.title,
        owner=session.owner.get_username(),
        shared_with=session.shared_with.name if session.shared_with else None,
        can_edit=session.owner_id == request.auth.pk,
        created_at=session.created_at,
        last_used_at=session.last_used_at,
        sources=[source(one) for one in (queries.sources_of(session) if sources is None else sources)],
    )


def _sources(session: AnalysisSession) -> SourcesAnswer:
    return SourcesAnswer(sources=[source(one) for one in queries.sources_of(session)])
