"""Moves one code version from state to state: written, checked, repaired where the checks refuse it, and ready.

Everything that was paid for is a row before the next thing happens, so a version whose worker was killed goes on from
there: an answer that was not checked yet is not asked for again, and calls and repairs are counted over all workers.
"""

from __future__ import annotations

import time
from dataclasses import replace
from datetime import timedelta
from typing import Any

import structlog
from django.conf import settings

from connections.errors import PortalError
from jobs.checking.check import check, warm_up
from jobs.codegen import registry as generators
from jobs.codegen.base import Answer, Clarification, GeneratedCode, Generator, Stopped
from jobs.codegen.model_names import short_name
from jobs.generation.journal import Journal
from jobs.generation.memory import blocking, is_code, request_of, turns, unchecked_answer
from jobs.generation.resting import resting_models
from jobs.models import CodeVersion, worker_name
from jobs.source_frames import frames_of
from jobs.states import CodeState

log = structlog.get_logger(__name__)

ACTOR = "portal"
# A version that was left where it is: by a worker that lost its lease.
LOOK_AGAIN = timedelta(seconds=5)


def advance_code(version_id: int) -> None:
    """Writes and checks one code version, from wherever it stands to its end."""
    version = CodeVersion.objects.claim(version_id, worker_name())
    if version is None:
        return
    structlog.contextvars.clear_contextvars()
    structlog.contextvars.bind_contextvars(code_version=str(version.uuid))
    try:
        _advance(version)
    except Stopped:
        log.info("generation_stopped")
    except PortalError as error:
        _fail(version, error)
    except Exception:
        log.exception("generation_broke")
        _fail(version, PortalError("INTERNAL"))
    finally:
        CodeVersion.objects.release(version, next_in=LOOK_AGAIN)


def _advance(version: CodeVersion) -> None:
    if version.state == CodeState.PENDING:
        warm_up()  # while the code is being written
        version.move(CodeState.GENERATING, actor=ACTOR)
    generator = generators.get(version.generator)
    while version.is_active:
        before = version.state
        if before == CodeState.GENERATING:
            _generate(version, generator)
        elif before == CodeState.CHECKING:
            _check(version, generator)
        if version.state == before:
            return  # another worker, or the person, was faster


def _generate(version: CodeVersion, generator: Generator) -> None:
    journal = Journal(version)
    paid = unchecked_answer(version)
    if paid is not None:
        version.move(CodeState.CHECKING, actor=ACTOR, steps=journal.done(), **_written(paid))
        return
    try:
        answer = _ask(version, generator, journal)
    except PortalError as error:
        _give_up(version, journal, error)
        return
    if isinstance(answer, Clarification):
        _ask_back(version, journal, answer)
        return
    journal.keep_code(answer)
    version.move(CodeState.CHECKING, actor=ACTOR, steps=journal.done(), **_written(answer))


def _ask(version: CodeVersion, generator: Generator, journal: Journal) -> Answer:
    repairs = len(turns(version))
    if not repairs:
        count = len(version.sources)
        journal.step(f"Read {count} {'schema' if count == 1 else 'schemas'}")
    request = replace(request_of(version), resting=frozenset(resting_models(generator.models)))
    if repairs:
        journal.step(f"Repair {repairs} of {settings.PGSPARK_MAX_RETRIES}")
    elif generator.is_model:
        journal.step(f"Ask {short_name(version.model or generator.models[0])}")
    else:
        journal.step("Write code")
    return generator.generate(request, journal)


def _ask_back(version: CodeVersion, journal: Journal, answer: Clarification) -> None:
    version.move(
        CodeState.FAILED,
        actor=ACTOR,
        steps=journal.done(),
        transform="",
        understood=list(answer.understood),
        failure_code="CLARIFICATION_NEEDED",
        failure={"message": answer.question, "hint": "", "options": list(answer.options)},
    )


def _give_up(version: CodeVersion, journal: Journal, error: PortalError) -> None:
    """A repair that cannot be had leaves the code that it was to repair, with what is wrong with it."""
    steps = journal.done()
    earlier = next((attempt for attempt in version.attempts.order_by("-number") if is_code(attempt)), None)
    if steps:
        steps[-1] = steps[-1] | {"failure": error.message if earlier else "failed"}
    if earlier is None:
        version.steps = steps
        _fail(version, error)
        return
    code = {"transform": earlier.answer["transform"], "findings": earlier.findings}
    # Through CHECKING, for there is no other way to READY; what stands there has been checked.
    if version.move(CodeState.CHECKING, actor=ACTOR, steps=steps, **code):
        version.move(CodeState.READY, actor=ACTOR)


def _check(version: CodeVersion, generator: Generator) -> None:
    began = time.monotonic()
    checked = check(version.transform, frames_of(version.sources))
    findings: list[dict[str, Any]] = [dict(finding) for finding in checked.finding_dicts()]
    attempt = version.attempts.order_by("number").last()
    if attempt is not None:
        attempt.findings = findings
        attempt.save(update_fields=["findings"])
    steps = [*version.steps, {"name": "Check code", "seconds": max(round(time.monotonic() - began, 3), 0.001)}]
    refused = len(blocking(findings))
    if refused and generator.is_model and len(turns(version)) <= settings.PGSPARK_MAX_RETRIES:
        steps[-1]["failure"] = f"{refused} blocking finding{'' if refused == 1 else 's'}"
        version.move(CodeState.GENERATING, actor=ACTOR, findings=findings, steps=steps)
        return
    version.move(CodeState.READY, actor=ACTOR, findings=findings, rehearsal=checked.rehearsal, steps=steps)


def _written(code: GeneratedCode) -> dict[str, Any]:
    return {
        "transform": code.transform,
        "explanation": code.explanation,
        "assumptions": list(code.assumptions),
        "understood": list(code.understood) or [f"reads {alias}" for alias in code.tables_used],
        "ignored": list(code.ignored),
    }


def _fail(version: CodeVersion, error: PortalError) -> None:
    if version.is_active:
        failure = {"message": error.message, "hint": error.hint}
        version.move(
            CodeState.FAILED,
            actor=ACTOR,
            failure_code=error.code,
            failure=failure,
            transform="",
            steps=version.steps,
        )
