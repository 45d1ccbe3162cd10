"""What a person can ask of a generator, and what they answer to its changes: a worker does the writing.

A change (`ask_change`, `repair`) is a version of its own that waits until it is accepted or rejected; nothing runs it
before. The newest version that is not rejected is the session's current one, so `restore` is a copy on top.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.contrib.auth.models import User
from django.db import transaction
from django.db.models.functions import Now

import catalog.operations
from catalog import drift
from catalog.models import AnalysisSession
from connections.errors import PortalError
from jobs.checking.check import check
from jobs.codegen import registry as generators
from jobs.codegen.base import Generator
from jobs.codegen.distil import distilled
from jobs.execution.triage import Action, codes_for
from jobs.generation.quota import check_quota
from jobs.models import CodeVersion, JobRun
from jobs.source_frames import frames_of
from jobs.states import CodeOrigin, CodeState, Proposal, RunState
from jobs.tasks import wake_code
from jobs.versions import new_version, sources_for_asking, title_of

# Failures that other code could prevent.
REPAIRABLE = codes_for(Action.FIX) | {
    *("SPARK_FAILED", "RESULT_MISSING", "RUN_TIMEOUT", "RUN_COLUMN_MISSING", "RUN_TYPE_CHANGED"),
    *("OUT_OF_MEMORY", "OUT_OF_MEMORY_DRIVER", "OUT_OF_MEMORY_EXECUTOR", "LAMBDA_OUT_OF_MEMORY"),
}


def ask(*, session: AnalysisSession, prompt: str, by: User, generator: str = "", model: str = "") -> CodeVersion:
    """Starts a new version for the question; a worker writes it.

    Raises PROMPT_EMPTY, PROMPT_TOO_LONG, NO_SOURCES, GENERATOR_UNAVAILABLE, TOKEN_QUOTA_USED, CONNECTION_NOT_ALLOWED.
    """
    prompt = _checked_prompt(prompt)
    chosen = generators.get(generator or settings.PGSPARK_GENERATORS[0])
    sources = sources_for_asking(session, by)
    with transaction.atomic():
        version = _start(session, by, chosen, model, origin=CodeOrigin.GENERATED, prompt=prompt, sources=sources)
        session.draft_prompt = prompt
        _name_after(session, prompt)
        session.save(update_fields=["draft_prompt", "title"])
    return version


def ask_change(*, version: CodeVersion, prompt: str, by: User, generator: str = "", model: str = "") -> CodeVersion:
    """Starts a changed version of `version`'s code, for the person to accept or reject.

    Raises NOTHING_TO_CHANGE, and as `ask`.
    """
    prompt = _checked_prompt(prompt)
    if version.state != CodeState.READY or not version.transform:
        raise PortalError("NOTHING_TO_CHANGE")
    chosen = generators.get(generator or version.generator or settings.PGSPARK_GENERATORS[0])
    sources = sources_for_asking(version.session, by)
    change = {"origin": CodeOrigin.REFINED, "parent": version, "proposal": Proposal.OPEN}
    with transaction.atomic():
        return _start(version.session, by, chosen, model or version.model, prompt=prompt, sources=sources, **change)


def repair(*, run: JobRun, by: User) -> CodeVersion:
    """Starts a repaired version of the code of a failed run, from its error; it is never run by itself.

    Tables that have changed since they were picked are taken anew. Raises RUN_NOT_REPAIRABLE, NO_MODEL_OFFERED, and
    as `ask`.
    """
    wish = repair_wish(run=run, by=by)
    with transaction.atomic():
        return start_repair(wish)


@dataclass(frozen=True, slots=True)
class RepairWish:
    """All that is asked of a model to repair the code of a failed run, gathered."""

    run: JobRun
    by: User
    generator: Generator
    failure: str
    sources: list[dict[str, Any]]


def repair_wish(*, run: JobRun, by: User) -> RepairWish:
    """The first half of `repair`, in which the databases of the picked tables are looked at. Raises as `repair`."""
    if not is_repairable(run):
        raise PortalError("RUN_NOT_REPAIRABLE")
    chosen = generators.model_generator(run.code_version.generator)
    check_quota(by)
    changes = _taken_anew(run.session, by)
    sources = sources_for_asking(run.session, by)
    return RepairWish(run, by, chosen, "\n".join([_failure_text(run), *changes]), sources)


def start_repair(wish: RepairWish) -> CodeVersion:
    """The other half: the version itself. Call inside a transaction. Raises TOKEN_QUOTA_USED."""
    broken = wish.run.code_version
    change = {"origin": CodeOrigin.REPAIRED, "parent": broken, "proposal": Proposal.OPEN}
    told = {"prompt": wish.failure, "sources": wish.sources, **change}
    return _start(wish.run.session, wish.by, wish.generator, broken.model, **told)


def is_repairable(run: JobRun) -> bool:
    """Whether other code could have prevented the failure."""
    return run.state == RunState.FAILED and run.failure_code in REPAIRABLE


def accept(*, version: CodeVersion) -> None:
    """The change becomes the session's code. Raises CHANGE_NOT_OPEN."""
    _answer(version, Proposal.ACCEPTED)


def reject(*, version: CodeVersion) -> None:
    """The change is kept, but nothing stands on it. Raises CHANGE_NOT_OPEN."""
    _answer(version, Proposal.REJECTED)


def restore(*, version: CodeVersion, by: User) -> CodeVersion:
    """A copy of an earlier version as the newest one, checked against the tables as they are picked now.

    Raises NOTHING_TO_CHANGE, NO_SOURCES, CONNECTION_NOT_ALLOWED.
    """
    if version.state != CodeState.READY or not version.transform:
        raise PortalError("NOTHING_TO_CHANGE")
    sources = sources_for_asking(version.session, by)
    checked = check(version.transform, frames_of(sources))
    copied = ("prompt", "generator", "transform", "explanation", "assumptions", "understood", "ignored")
    with transaction.atomic():
        return new_version(
            version.session,
            by,
            origin=CodeOrigin.RESTORED,
            parent=version,
            sources=sources,
            findings=checked.finding_dicts(),
            rehearsal=checked.rehearsal,
            state=CodeState.READY,
            finished_at=Now(),
            **{name: getattr(version, name) for name in copied},
        )


def cancel_generation(*, version: CodeVersion, by: User) -> None:
    """Stops a version that is still being written; a finished one stays as it is. Its worker notices in a second."""
    while version.is_active and not version.move(CodeState.CANCELLED, actor=by.get_username(), transform=""):
        # The worker has moved it on meanwhile: cancelled is what the person wants, wherever it stands.
        version.refresh_from_db()


def _checked_prompt(prompt: str) -> str:
    prompt = prompt.replace("\x00", "").strip()
    if not prompt:
        raise PortalError("PROMPT_EMPTY")
    if len(prompt) > settings.PGSPARK_PROMPT_MAX_CHARS:
        raise PortalError("PROMPT_TOO_LONG", length=len(prompt), limit=settings.PGSPARK_PROMPT_MAX_CHARS)
    return prompt


def _start(session: AnalysisSession, by: User, generator: Generator, model: str, **fields: Any) -> CodeVersion:
    if generator.is_model:
        check_quota(by)
    wanted = model if model in generator.models else next(iter(generator.models), "")
    version = new_version(session, by, generator=generator.name, model=wanted, **fields)
    wake_code(version)
    return version


def _answer(version: CodeVersion, answer: Proposal) -> None:
    waiting = CodeVersion.objects.filter(pk=version.pk, state=CodeState.READY, proposal=Proposal.OPEN)
    if not waiting.update(proposal=answer):
        raise PortalError("CHANGE_NOT_OPEN", number=version.number)
    version.refresh_from_db()


def _failure_text(run: JobRun) -> str:
    names = [name for source in run.code_version.sources for name in _names(source)]
    return distilled(run.failure_code, run.failure, transform=run.code_version.transform, names=names)


def _names(source: dict[str, Any]) -> list[str]:
    columns = source.get("columns") or []
    return [source["alias"], source.get("table", ""), *(column["name"] for column in columns)]


def _taken_anew(session: AnalysisSession, by: User) -> list[str]:
    """Takes changed tables as they are now; what has changed, one sentence each. One that cannot be reached stays."""
    report = drift.report(by, session.sources.select_related("connection"))
    for change in report.drifts:
        if not change.is_gone:
            catalog.operations.refresh_source(session=session, user=by, source_id=change.source.pk)
    return [sentence for change in report.drifts for sentence in _drift_sentences(change)]


def _drift_sentences(change: drift.Drift) -> list[str]:
    alias = change.source.alias
    if change.is_gone:
        return [f"The table of {alias} is gone."]
    sentences = [f"{alias} has a new column {name} of type {type_}." for name, type_ in change.added]
    sentences += [f"{alias} has no column {name} any more." for name, _ in change.removed]
    return sentences + [f"{alias}.{name} was {old} and is {new} now." for name, old, new in change.retyped]


def _name_after(session: AnalysisSession, prompt: str) -> None:
    """A session that has no name of its own takes that of its first question."""
    if session.title == AnalysisSession._meta.get_field("title").default:
        session.title = title_of(prompt)
