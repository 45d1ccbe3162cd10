"""JSON API of runs: start, watch, cancel, and read the result."""

from __future__ import annotations

import uuid
from typing import Annotated, Any, Literal

from django.conf import settings
from django.http import HttpResponse, StreamingHttpResponse
from ninja import Query, Router, Status
from pydantic import BaseModel, Field, StringConstraints

from catalog.queries import own_session
from connections.envelope import Answer, ApiRequest, BodyNumber, Count, Cursor, Input, ShortText, answers
from jobs import models, operations, queries, repairs, results, run_log
from jobs.api import shapes
from jobs.api.code import platform_wish
from jobs.api.shapes import ResultColumn, Run
from jobs.forms import NO_LIMIT, ROW_LIMITS, TIMEOUT_MINUTES
from jobs.result_display import json_value

router = Router(tags=["Runs"], by_alias=True)

_MAX_OFFSET = 10**12
_CSV = {"responses": {200: {"content": {"text/csv": {"schema": {"type": "string"}}}}}}


class RunAnswer(Answer):
    run: Run


class RunsAnswer(Answer):
    """`count` is how many runs match in all; `next_cursor` asks for the older ones, null after the last."""

    runs: list[Run]
    count: int
    next_cursor: str | None


class LogLine(BaseModel):
    """`time` and `level` are empty for lines that are not Spark's own."""

    number: int
    time: str
    level: str
    text: str


class LogAnswer(Answer):
    """`next_cursor` asks for what is written later; `ended` says that nothing will be.

    `note` says where it is looked for while nothing is there, or why it is not read where it should be; else null.
    """

    lines: list[LogLine]
    next_cursor: str
    ended: bool
    note: str | None


class ResultAnswer(Answer):
    """One page of the rows. Whole numbers, floats and booleans are JSON's own; everything else is text as in the CSV.

    `matched` of all `total` rows hold the searched text; `next_offset` is null on the last page.
    """

    columns: list[ResultColumn]
    rows: list[list[Any]]
    total: int
    matched: int
    next_offset: int | None


class RunStart(Input):
    session_id: uuid.UUID
    version: BodyNumber = Field(description="Number of the code version to run.")
    execution_platform: ShortText = Field("auto", description="Engine that shall run it; auto chooses.")
    size: ShortText = Field("", description="Size of the run on EMR Serverless, by name; nothing for the usual one.")
    timeout_minutes: Annotated[Count, Field(ge=1, le=max(TIMEOUT_MINUTES))] | None = None
    row_limit: Annotated[Count, Field(ge=NO_LIMIT, le=max(ROW_LIMITS))] | None = Field(
        None, description="Most rows to keep; 0 for no limit, nothing for the portal's own."
    )
    repair: bool = Field(
        False,
        description="Should the code fail, have a model repair it and run it again, at most PGSPARK_MAX_RETRIES times.",
    )


class RunAgain(BaseModel):
    """What the new run shall have otherwise; nothing for what stays as it was."""

    execution_platform: ShortText = Field("", description="Engine that shall run it.")
    size: ShortText = Field("", description="Size of the run on EMR Serverless, by name.")
    timeout_minutes: int | None = Field(None, ge=1, le=max(TIMEOUT_MINUTES))


class RunFilters(BaseModel):
    scope: Literal["mine", "team"] = Field("mine", description="team: also runs of sessions shared with you.")
    state: list[
        Literal[
            "ACTIVE", "PENDING", "SUBMITTING", "RUNNING", "COLLECTING", "SUCCEEDED", "FAILED", "CANCELLING", "CANCELLED"
        ]
    ] = Field(default_factory=list, description="ACTIVE stands for all that have not ended.")
    search: ShortText = Field("", description="In title, question or code; a number finds that run.")
    cursor: Cursor | None = None


class LogWish(BaseModel):
    stream: Literal["stderr", "stdout"] = "stderr"
    cursor: Annotated[str, StringConstraints(pattern=r"^[0-9]{1,15}:[0-9]{1,9}(:[a-z0-9]{1,20})?$")] | None = Field(
        None, description="`next_cursor` of the answer before, 0:1 for the beginning; nothing for the end of the log."
    )


class ResultWish(BaseModel):
    offset: int = Field(0, ge=0, le=_MAX_OFFSET)
    limit: int = Field(100, ge=1, le=1000)
    sort: ShortText | None = Field(None, description="Name of a column; nothing for the job's own order.")
    descending: bool = False
    search: ShortText = Field("", description="Keeps rows in which any column's text holds it, in any case.")


@router.get("/runs", response=answers(RunsAnswer))
def list_runs(request: ApiRequest, filters: Query[RunFilters]) -> RunsAnswer:
    """Runs, the newest first."""
    history = queries.run_history(
        user=request.auth,
        scope=filters.scope,
        states=queries.states_of(filters.state),
        text=filters.search,
        before=int(filters.cursor) if filters.cursor else None,
    )
    return RunsAnswer(
        runs=[shapes.listed_run(row.run, seconds=row.seconds) for row in history.rows],
        count=history.count,
        next_cursor=str(history.older) if history.older else None,
    )


@router.post("/runs", response=answers(RunAnswer, status=202))
def start_run(request: ApiRequest, body: RunStart, response: HttpResponse) -> Status[RunAnswer]:
    """Runs a version of a session's code; a worker submits it to the engine."""
    version = queries.version_of(own_session(request.auth, body.session_id), body.version)
    started = operations.start_run(
        version=version,
        by=request.auth,
        target=platform_wish(body.execution_platform),
        timeout_minutes=body.timeout_minutes,
        row_limit=(settings.PGSPARK_ROW_LIMIT if body.row_limit is None else body.row_limit) or None,
        profile=body.size,
        repair=body.repair,
    )
    return _accepted(started, response)


@router.get("/runs/{uuid:run_id}", response=answers(RunAnswer))
def get_run(request: ApiRequest, run_id: uuid.UUID) -> RunAnswer:
    return _answer(queries.visible_run(user=request.auth, run_uuid=run_id))


@router.post("/runs/{uuid:run_id}/cancel", response=answers(RunAnswer, status=202))
def cancel_run(request: ApiRequest, run_id: uuid.UUID, response: HttpResponse) -> Status[RunAnswer]:
    """Asks for the run to be stopped; it is over when its engine says so."""
    run = queries.own_run(user=request.auth, run_uuid=run_id)
    operations.cancel_run(run=run, by=request.auth)
    return _accepted(run, response)


@router.post("/runs/{uuid:run_id}/again", response=answers(RunAnswer, status=202))
def run_again(
    request: ApiRequest, run_id: uuid.UUID, response: HttpResponse, wish: Query[RunAgain]
) -> Status[RunAnswer]:
    """A new run of the same version with the same settings, but for those that are sent."""
    run = queries.own_run(user=request.auth, run_uuid=run_id)
    started = operations.run_again(
        run=run,
        by=request.auth,
        target=platform_wish(wish.execution_platform),
        timeout_minutes=wish.timeout_minutes,
        profile=wish.size,
    )
    return _accepted(started, response)


@router.post("/runs/{uuid:run_id}/repair/stop", response=answers(RunAnswer))
def stop_repair(request: ApiRequest, run_id: uuid.UUID) -> RunAnswer:
    """Stops the automatic repair of a failed run, before it has started another run."""
    repairs.stop_repair(run=queries.own_run(user=request.auth, run_uuid=run_id), by=request.auth)
    return _answer(queries.visible_run(user=request.auth, run_uuid=run_id))


@router.get("/runs/{uuid:run_id}/logs", response=answers(LogAnswer, remote=True))
def get_log(request: ApiRequest, run_id: uuid.UUID, wish: Query[LogWish]) -> LogAnswer:
    """Lines of the run's log: the last ones, or those after a cursor."""
    run = queries.visible_run(user=request.auth, run_uuid=run_id)
    if wish.cursor is None:
        part = run_log.tail(run, wish.stream)
    else:
        start, line, source = [*wish.cursor.split(":"), ""][:3]
        part = run_log.following(run, wish.stream, start=int(start), line=int(line), source=source)
    lines = [LogLine(number=line.number, time=line.time, level=line.level, text=line.text) for line in part.lines]
    cursor = ":".join(filter(None, (f"{part.end}:{part.next_line}", part.source)))
    return LogAnswer(lines=lines, next_cursor=cursor, ended=part.ended, note=part.note or None)


@router.get("/runs/{uuid:run_id}/result", response=answers(ResultAnswer, remote=True))
def get_result(request: ApiRequest, run_id: uuid.UUID, wish: Query[ResultWish]) -> ResultAnswer:
    """A page of the run's rows."""
    run = queries.visible_run(user=request.auth, run_uuid=run_id)
    page = results.page(
        run,
        offset=wish.offset,
        limit=wish.limit,
        sort=wish.sort,
        descending=wish.descending,
        search=wish.search or None,
    )
    end = page.offset + len(page.rows)
    return ResultAnswer(
        columns=[ResultColumn(name=column.name, type=column.type) for column in page.columns],
        rows=[[json_value(value) for value in row] for row in page.rows],
        total=page.total,
        matched=page.matched,
        next_offset=end if page.rows and end < page.matched else None,
    )


@router.get("/runs/{uuid:run_id}/result.csv", response=answers(None, remote=True), openapi_extra=_CSV)
def download_result(request: ApiRequest, run_id: uuid.UUID) -> StreamingHttpResponse:
    """All rows as CSV in UTF-8."""
    run = queries.visible_run(user=request.auth, run_uuid=run_id)
    headers = {"Content-Disposition": f'attachment; filename="run-{run.pk}.csv"'}
    return StreamingHttpResponse(results.csv_rows(run), content_type="text/csv; charset=utf-8", headers=headers)


def _answer(run: models.JobRun) -> RunAnswer:
    seconds = queries.timeline(run).seconds
    return RunAnswer(run=shapes.run(run, seconds=seconds))


def _accepted(run: models.JobRun, response: HttpResponse) -> Status[RunAnswer]:
    answer = _answer(run)
    response["Location"] = answer.run.url
    return Status(202, answer)
