"""Everything a person can do with code and runs; pages, commands and the API call these and nothing else."""

from __future__ import annotations

import hashlib
import uuid
from dataclasses import asdict
from typing import Any

from django.conf import settings
from django.contrib.auth.models import User
from django.db import transaction
from django.db.models.functions import Now

from catalog.models import AnalysisSession
from connections.errors import PortalError
from connections.object_store import uri_of
from jobs.asking import ask, cancel_generation
from jobs.budgets import reserve
from jobs.checking import policy
from jobs.checking.check import Checked
from jobs.checking.check import check as check_code
from jobs.checking.findings import FindingDict
from jobs.codegen.registry import has_model
from jobs.execution.base import Size
from jobs.execution.choosing import limit_note, minutes_on, route_of
from jobs.execution.routing import Route
from jobs.likeness import input_bytes, sources_key
from jobs.models import CodeVersion, JobRun, ResourceProfile
from jobs.run_access import access_of
from jobs.run_files import output_prefix
from jobs.script_building import build_script, snapshot_of, with_present_options
from jobs.source_frames import frames_of
from jobs.states import CodeOrigin, CodeState, RunState, Target
from jobs.tasks import wake_run
from jobs.versions import new_version, sources_for_asking, title_of

# What is asked of generators has a module of its own; its first two are part of what scripts and commands call here.
__all__ = [
    "ask",
    "cancel_generation",
    "cancel_run",
    "check",
    "check_typed",
    "preview_script",
    "run_again",
    "run_repaired",
    "save_edit",
    "start_run",
    "version_of",
]

# What stays true of a text when only the way in which its sources are read is another.
_KEPT_OF_SAME_TEXT = ("prompt", "transform", "explanation", "assumptions", "understood", "ignored", "findings")


def save_edit(
    *, session: AnalysisSession, transform: str, by: User, parent: CodeVersion | None = None, prompt: str = ""
) -> CodeVersion:
    """Keeps hand-written code as a new, checked version. Raises CODE_TOO_LONG, NO_SOURCES, CONNECTION_NOT_ALLOWED."""
    transform = _sized(transform)
    sources = sources_for_asking(session, by)
    checked = check_code(transform, frames_of(sources))
    with transaction.atomic():
        return new_version(
            session,
            by,
            origin=CodeOrigin.EDITED,
            parent=parent,
            prompt=prompt or (parent.prompt if parent else ""),
            sources=sources,
            transform=transform,
            findings=checked.finding_dicts(),
            rehearsal=checked.rehearsal,
            state=CodeState.READY,
            finished_at=Now(),
        )


def version_of(*, session: AnalysisSession, transform: str, by: User, parent: CodeVersion | None = None) -> CodeVersion:
    """The version of exactly this text: `parent` when it and the ways of reading are the same, else a new one."""
    transform = transform.replace("\r\n", "\n")
    if parent is None or parent.transform.rstrip() != transform.rstrip():
        return save_edit(session=session, transform=transform, by=by, parent=parent)
    sources = with_present_options(session, parent.sources)
    if sources == parent.sources or parent.state != CodeState.READY:
        return parent
    with transaction.atomic():
        kept = {name: getattr(parent, name) for name in _KEPT_OF_SAME_TEXT}
        if frames_of(sources) == frames_of(parent.sources):  # a column that is read as text has another type
            kept["rehearsal"] = parent.rehearsal
        return new_version(
            session,
            by,
            origin=CodeOrigin.EDITED,
            parent=parent,
            sources=sources,
            state=CodeState.READY,
            finished_at=Now(),
            **kept,
        )


def check(*, session: AnalysisSession, transform: str) -> list[FindingDict]:
    """The findings of a text against the selection as it is now; nothing is kept. Raises CODE_TOO_LONG."""
    return check_typed(session=session, transform=transform).finding_dicts()


def check_typed(*, session: AnalysisSession, transform: str) -> Checked:
    """`check` for a text that is being typed: no waiting for a rehearsal whose Spark is not warm yet."""
    sources = [snapshot_of(source) for source in session.sources.select_related("connection")]
    return check_code(_sized(transform), frames_of(sources), wait=0)


def preview_script(*, version: CodeVersion, by: User) -> str:
    """The complete script of a version as a run would submit it, with RUN in place of the run's id."""
    return build_script(version, by, run_id="RUN", row_limit=settings.PGSPARK_ROW_LIMIT).text


def start_run(
    *,
    version: CodeVersion,
    by: User,
    target: str = "",
    timeout_minutes: int | None = None,
    row_limit: int | None = None,
    profile: str = "",
    repair: bool = False,
) -> JobRun:
    """Approves a version for one run; a worker submits it. No engine and no AWS service is called here.

    `profile` names a size, for an engine that has a choice. With `repair` the approval is also for PGSPARK_MAX_RETRIES
    more runs, should the code fail: a model repairs it, and it runs again. Raises CODE_NOT_READY, CHANGE_NOT_ACCEPTED,
    CODE_BLOCKED, TARGET_UNAVAILABLE, PROFILE_UNKNOWN, CONNECTION_NOT_ALLOWED, CONNECTION_DISABLED, BUDGET_REACHED,
    NO_MODEL_OFFERED.
    """
    if repair and not has_model():
        raise PortalError("NO_MODEL_OFFERED")
    return _approve(
        version,
        by,
        target=target,
        timeout_minutes=timeout_minutes,
        row_limit=row_limit,
        profile=profile,
        repairs_left=settings.PGSPARK_MAX_RETRIES if repair else 0,
    )


def run_repaired(*, run: JobRun, version: CodeVersion) -> JobRun:
    """The run that follows an automatic repair: `version` as the failed `run` was to be run. Raises as `start_run`.

    Its owner allowed it when they started the first one. Call inside the transaction that notes it.
    """
    return _approve(
        version,
        run.owner,
        target=run.target,
        timeout_minutes=run.timeout_minutes,
        row_limit=run.row_limit,
        profile=run.profile,
        title=run.title,
        repairs_left=run.repairs_left - 1,
        repair_number=run.repair_number + 1,
    )


def _approve(
    version: CodeVersion,
    by: User,
    *,
    target: str,
    timeout_minutes: int | None,
    row_limit: int | None,
    profile: str,
    **given: Any,
) -> JobRun:
    if version.state != CodeState.READY:
        raise PortalError("CODE_NOT_READY")
    if version.is_unaccepted:
        raise PortalError("CHANGE_NOT_ACCEPTED", number=version.number)
    # Checked again on the very text that runs: the policy may be stricter than when the version was made.
    policy.refuse_blocked(version.transform, version.aliases)
    chosen = route_of(version.sources, wish=target)
    limits = {"timeout_minutes": minutes_on(chosen.target, timeout_minutes), "row_limit": row_limit}
    size = _size(profile) if chosen.target == Target.EMR else {}
    with transaction.atomic():
        run = _new_run(version, by, chosen, **limits, **size, **given)
        reserve(run)
        note = f"{chosen.sentence}. {limit_note(chosen.target, timeout_minutes)}".strip()
        run.events.create(to_state=RunState.PENDING, actor=by.get_username(), note=note)
        wake_run(run)
    return run


def run_again(
    *, run: JobRun, by: User, target: str = "", timeout_minutes: int | None = None, profile: str = ""
) -> JobRun:
    """A new run of the same version, with the same settings where no other is given. Raises as `start_run`."""
    # A limit that was the old engine's own is none of another's.
    kept = run.timeout_minutes if target in ("", run.target) else None
    return start_run(
        version=run.code_version,
        by=by,
        target=target or run.target,
        timeout_minutes=timeout_minutes or kept,
        row_limit=run.row_limit,
        profile=profile or run.profile,
    )


def cancel_run(*, run: JobRun, by: User) -> None:
    """Asks for the run to be stopped; it is over when its engine says so. Raises RUN_FINISHED."""
    with transaction.atomic():
        if not run.request_cancel():
            run.refresh_from_db()
            if not run.is_active:
                raise PortalError("RUN_FINISHED")
            return
        run.events.create(from_state=run.state, to_state=run.state, actor=by.get_username(), note="Asked to cancel.")
        wake_run(run)


def _sized(transform: str) -> str:
    """The text with plain line ends. Raises CODE_TOO_LONG."""
    transform = transform.replace("\r\n", "\n")
    size = len(transform.encode())
    if size > settings.PGSPARK_CODE_MAX_BYTES:
        raise PortalError("CODE_TOO_LONG", length=size, limit=settings.PGSPARK_CODE_MAX_BYTES)
    return transform


def _size(name: str) -> dict[str, Any]:
    """The fields of a run that say how large it is. Raises PROFILE_UNKNOWN."""
    enabled = ResourceProfile.objects.filter(enabled=True)
    profile = enabled.filter(name=name).first() if name else enabled.order_by("-is_default").first()
    if profile is None:
        raise PortalError("PROFILE_UNKNOWN", profile=name)
    return {"profile": profile.name, "size": asdict(Size.of(profile))}


def _new_run(version: CodeVersion, by: User, chosen: Route, *, row_limit: int | None, **given: Any) -> JobRun:
    run_uuid = uuid.uuid4()
    script = build_script(version, by, run_id=str(run_uuid), row_limit=row_limit)
    return JobRun.objects.create(
        uuid=run_uuid,
        session=version.session,
        code_version=version,
        owner=by,
        target=chosen.target,
        application_id=chosen.application_id,
        access=asdict(access_of(version.sources)),
        sources_key=sources_key(version.sources),
        input_bytes=input_bytes(version.sources),
        client_token=f"run-{run_uuid}-1",
        row_limit=row_limit,
        script=script.text,
        script_sha256=hashlib.sha256(script.text.encode()).hexdigest(),
        transform_line=script.transform_line,
        output_uri=uri_of(output_prefix(str(run_uuid))),
        **({"title": title_of(version.prompt) or version.session.title} | given),
    )
