"""Code versions and runs as the JSON API shows them. The assembled script is not among it: it names secrets."""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import Any, Literal

from django.urls import reverse
from pydantic import BaseModel, Field

from jobs import models, results
from jobs.api.explained import Explained, explained
from jobs.execution.choosing import is_engines_limit
from jobs.execution.triage import Action
from jobs.remedies import Remedy, culprit_of, remedy_of
from jobs.results import ResultSummary
from jobs.states import CodeOrigin, CodeState, Proposal, RepairState, RunState


class Finding(BaseModel):
    """What the check says; `line` counts from 1 and `column` from 0. Code with a blocking finding does not run."""

    rule: str
    severity: Literal["blocking", "advisory"]
    line: int
    column: int
    message: str
    hint: str


class Failure(BaseModel):
    """Why it failed. `options` are answers to choose from, `line` is one of the transform, `evidence` of the log."""

    code: str
    message: str
    hint: str
    options: list[str] = Field(default_factory=list)
    line: int | None = None
    evidence: list[str] = Field(default_factory=list)


class AgainWish(BaseModel):
    """What to ask of a run's `again`, as its query; nothing for what stays as it was."""

    execution_platform: str
    size: str
    timeout_minutes: int | None


class RunAction(BaseModel):
    """The one thing to do about it; not told in lists.

    `again` is what to ask of the run's `again`, where that is it; `text` a note for an administrator, where they are.
    """

    kind: Action
    label: str
    again: AgainWish | None
    text: str


class RunFailure(Failure):
    """`culprit` names what is at fault, `quote` the log's own lines that say so."""

    culprit: str
    quote: list[str] = Field(default_factory=list)
    action: RunAction | None


class VersionSource(BaseModel):
    alias: str
    kind: str


class VersionSummary(BaseModel):
    number: int
    state: CodeState
    origin: CodeOrigin
    prompt: str
    created_at: datetime
    url: str


class CodeVersion(VersionSummary):
    """`is_active` while it is being written; `is_runnable` once it is ready without a blocking finding.

    A change has a `proposal`: OPEN, then ACCEPTED or REJECTED. `cost_usd` is null where a price is not known,
    `explained` where the code was not rehearsed.
    """

    session_id: uuid.UUID
    parent: int | None
    generator: str
    model: str
    input_tokens: int
    output_tokens: int
    cost_usd: float | None
    proposal: Proposal
    is_active: bool
    is_runnable: bool
    sources: list[VersionSource]
    transform: str
    explanation: str
    assumptions: list[str]
    understood: list[str]
    ignored: list[str]
    findings: list[Finding]
    explained: Explained | None
    failure: Failure | None
    finished_at: datetime | None


class ResultColumn(BaseModel):
    """`type` is Spark's spelling, such as decimal(22,2)."""

    name: str
    type: str


class Result(BaseModel):
    """What came of a run; the rows are at `url`, all of them as CSV at `csv_url`."""

    rows: int
    limit_reached: bool
    columns: list[ResultColumn]
    url: str
    csv_url: str


class Repair(BaseModel):
    """The automatic repair of a failed run: `version` once asked for, `run_id` once STARTED, `reason` if it FAILED."""

    state: RepairState
    number: int
    version: int | None
    run_id: uuid.UUID | None
    reason_code: str
    reason: str


class Run(BaseModel):
    """`is_active` until it has SUCCEEDED, FAILED or been CANCELLED; `result` is there once it has succeeded.

    `is_engines_limit` says that its engine gives no more time. `resources` is what that billed, by unit, and `cost_usd`
    what it costs: null where it is not known (yet).
    `repairs_left` is how often it may be repaired and run again by itself, `repair_of` the failed run whose repair
    started it, `repair` what became of its own.
    """

    id: uuid.UUID
    number: int
    title: str
    state: RunState
    is_active: bool
    target: str
    size: str
    session_id: uuid.UUID
    version: int
    owner: str
    row_limit: int | None
    timeout_minutes: int
    is_engines_limit: bool
    created_at: datetime
    finished_at: datetime | None
    seconds: float
    resources: dict[str, float]
    cost_usd: float | None
    result: Result | None
    failure: RunFailure | None
    repairs_left: int
    repair: Repair | None
    repair_of: uuid.UUID | None
    url: str
    page_url: str


def version_summary(version: models.CodeVersion) -> VersionSummary:
    return VersionSummary(**_summary(version))


def code_version(version: models.CodeVersion) -> CodeVersion:
    return CodeVersion(
        **_summary(version),
        session_id=version.session.uuid,
        parent=version.parent.number if version.parent else None,
        generator=version.generator,
        model=version.model,
        input_tokens=version.input_tokens,
        output_tokens=version.output_tokens,
        cost_usd=None if version.cost_usd is None else float(version.cost_usd),
        proposal=Proposal(version.proposal),
        is_active=version.is_active,
        is_runnable=version.is_runnable,
        sources=[VersionSource(alias=source["alias"], kind=source["kind"]) for source in version.sources],
        transform=version.transform,
        explanation=version.explanation,
        assumptions=version.assumptions,
        understood=version.understood,
        ignored=version.ignored,
        findings=[Finding(**finding) for finding in version.findings],
        explained=explained(version),
        failure=_failure(version.failure_code, version.failure),
        finished_at=version.finished_at,
    )


def listed_run(one: models.JobRun, *, seconds: float) -> Run:
    """Of a failed run without what to do about it: that takes questions of its own."""
    return _run(one, seconds, _run_failure(one, None))


def run(one: models.JobRun, *, seconds: float) -> Run:
    return _run(one, seconds, _run_failure(one, remedy_of(one)))


def _run(one: models.JobRun, seconds: float, failure: RunFailure | None) -> Run:
    result = results.summary(one)
    return Run(
        id=one.uuid,
        number=one.pk,
        title=one.title,
        state=RunState(one.state),
        is_active=one.is_active,
        target=one.target,
        size=one.profile,
        session_id=one.session.uuid,
        version=one.code_version.number,
        owner=one.owner.get_username(),
        row_limit=one.row_limit,
        timeout_minutes=one.timeout_minutes,
        is_engines_limit=is_engines_limit(one.target, one.timeout_minutes),
        created_at=one.created_at,
        finished_at=one.finished_at,
        seconds=round(seconds, 3),
        resources=one.resources,
        cost_usd=None if one.cost_usd is None else float(one.cost_usd),
        result=_result(one, result) if result else None,
        failure=failure,
        repairs_left=one.repairs_left,
        repair=_repair(one),
        repair_of=one.repair_before.run.uuid if one.repair_number else None,
        url=reverse("api:get_run", args=[one.uuid]),
        page_url=reverse("jobs:run_page", args=[one.uuid]),
    )


def _summary(version: models.CodeVersion) -> dict[str, Any]:
    return {
        "number": version.number,
        "state": CodeState(version.state),
        "origin": CodeOrigin(version.origin),
        "prompt": version.prompt,
        "created_at": version.created_at,
        "url": reverse("api:get_code_version", args=[version.session.uuid, version.number]),
    }


def _result(one: models.JobRun, summary: ResultSummary) -> Result:
    return Result(
        rows=summary.rows,
        limit_reached=summary.limit_reached,
        columns=[ResultColumn(name=column.name, type=column.type) for column in summary.columns],
        url=reverse("api:get_result", args=[one.uuid]),
        csv_url=reverse("api:download_result", args=[one.uuid]),
    )


def _repair(one: models.JobRun) -> Repair | None:
    repair = one.own_repair
    if repair is None:
        return None
    return Repair(
        state=RepairState(repair.state),
        number=repair.number,
        version=repair.version.number if repair.version else None,
        run_id=repair.next_run.uuid if repair.next_run else None,
        reason_code=repair.failure_code,
        reason=repair.failure.get("message", ""),
    )


def _failure(code: str, words: dict[str, Any]) -> Failure | None:
    return Failure(code=code, **words) if code else None


def _run_failure(one: models.JobRun, remedy: Remedy | None) -> RunFailure | None:
    if not one.failure_code:
        return None
    action = _action(remedy) if remedy else None
    return RunFailure(code=one.failure_code, culprit=culprit_of(one), action=action, **one.failure)


def _action(remedy: Remedy) -> RunAction:
    wish = AgainWish(
        execution_platform=remedy.fields.get("target", ""),
        size=remedy.fields.get("size", ""),
        timeout_minutes=int(remedy.fields["timeout_minutes"]) if "timeout_minutes" in remedy.fields else None,
    )
    return RunAction(kind=remedy.action, label=remedy.label, again=wish if remedy.is_again else None, text=remedy.text)
