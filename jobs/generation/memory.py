"""What a version was asked and has answered before, read from its rows: a generator itself remembers nothing."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from jobs.codegen.base import Base, GeneratedCode, GenerationRequest, Turn
from jobs.codegen.context import request_for
from jobs.models import CodeVersion, GenerationAttempt
from jobs.states import CodeOrigin

LONGEST_LINE = 50
MOST_FINDINGS = 20


def request_of(version: CodeVersion) -> GenerationRequest:
    """The request that a version stands for, with the earlier answers that the checks refused."""
    is_repair = version.origin == CodeOrigin.REPAIRED
    parent = version.parent if version.origin in (CodeOrigin.REFINED, CodeOrigin.REPAIRED) else None
    return request_for(
        version.prompt,
        version.sources,
        base=None if parent is None else Base(parent.transform, tuple(asked(parent))),
        failure=version.prompt if is_repair else "",
        turns=turns(version),
        model=version.model,
    )


def asked(version: CodeVersion) -> list[str]:
    """The questions that led to a version's code, the first one first."""
    found: list[str] = []
    line: CodeVersion | None = version
    for _ in range(LONGEST_LINE):
        if line is None:
            break
        has_own = line.origin in (CodeOrigin.GENERATED, CodeOrigin.REFINED) or line.parent is None
        if has_own and line.prompt:
            found.append(line.prompt)
        line = None if line.origin == CodeOrigin.GENERATED else line.parent
    return found[::-1]


def turns(version: CodeVersion) -> tuple[Turn, ...]:
    """The answers of this version that the checks refused, with their findings in words; one for each repair."""
    return tuple(
        Turn(code_of(attempt.answer), findings_text(attempt.findings))
        for attempt in version.attempts.all()
        if is_code(attempt) and blocking(attempt.findings)
    )


def unchecked_answer(version: CodeVersion) -> GeneratedCode | None:
    """An answer that was paid for and never checked, because its worker was stopped in between."""
    last = version.attempts.order_by("number").last()
    return code_of(last.answer) if last is not None and is_code(last) and not last.findings else None


def is_code(attempt: GenerationAttempt) -> bool:
    return attempt.finished_at is not None and not attempt.error_code and bool(attempt.answer.get("transform"))


def code_of(answer: dict[str, Any]) -> GeneratedCode:
    return GeneratedCode(
        transform=answer["transform"],
        explanation=answer.get("explanation", ""),
        assumptions=tuple(answer.get("assumptions", ())),
        tables_used=tuple(answer.get("tables_used", ())),
    )


def blocking(findings: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    return [finding for finding in findings if finding["severity"] == "blocking"]


def findings_text(findings: Sequence[dict[str, Any]]) -> str:
    """What a model is told of its code: one finding a line, those that block first."""
    ranked = sorted(findings, key=lambda finding: finding["severity"] != "blocking")[:MOST_FINDINGS]
    told = [f"line {finding['line']}: {finding['message']} {finding['hint']}".rstrip() for finding in ranked]
    return "The checks refused this code.\n" + "\n".join(told) + "\nCorrect it and submit all of it again."
