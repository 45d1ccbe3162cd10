"""The engines that this installation offers. A new engine is one module and a line or two here."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

from django.conf import settings

from connections.errors import PortalError
from connections.object_store import uri_of
from jobs.execution import emr_settings, lambda_settings
from jobs.execution.base import Access, Engine, Handle, Size, Submission
from jobs.execution.emr_serverless import EmrServerless
from jobs.execution.lambda_spark import LambdaSpark
from jobs.execution.local_spark import LocalSpark
from jobs.models import JobRun
from jobs.run_files import log_prefix, manifest_key, script_key
from jobs.states import Target

_ENGINES: dict[str, Callable[[], Engine]] = {
    Target.LOCAL: LocalSpark,
    Target.EMR: EmrServerless,
    Target.LAMBDA: LambdaSpark,
}
# Why an engine cannot be offered with the settings as they are, naming the setting; empty when it can.
_LACKING: dict[str, Callable[[], str]] = {
    Target.EMR: emr_settings.lacking,
    Target.LAMBDA: lambda_settings.lacking,
}


def offered() -> list[Target]:
    """The targets of PGSPARK_TARGETS that have all that they need."""
    return [Target(name) for name in settings.PGSPARK_TARGETS if name in _ENGINES and not _lacking(name)]


def unavailable() -> dict[Target, str]:
    """The other targets, each with the reason why it is not offered here."""
    return {target: _why_not(target) for target in Target if target not in offered()}


def _why_not(target: Target) -> str:
    if target not in settings.PGSPARK_TARGETS:
        return "it is not listed in PGSPARK_TARGETS"
    return _lacking(target) or "this version of the portal has no such engine"


def _lacking(name: str) -> str:
    return _LACKING[name]() if name in _LACKING else ""


def engine_for(target: str) -> Engine:
    """Raises TARGET_UNAVAILABLE for an engine that is not offered here."""
    if target not in offered():
        reason = _why_not(Target(target)) if target in Target.values else "there is no such engine"
        raise PortalError("TARGET_UNAVAILABLE", target=target, reason=reason)
    return _ENGINES[target]()


def handle_of(run: JobRun) -> Handle:
    """How the run's engine knows it."""
    log_uri = uri_of(log_prefix(str(run.uuid)))
    return Handle(run.client_token, run.external_id, run.application_id, run.started_at or run.created_at, log_uri)


def submission_of(run: JobRun) -> Submission:
    """What the run's engine is asked to start; the same for the same run, however often it is asked."""
    run_id = str(run.uuid)
    return Submission(
        token=run.client_token,
        name=run.title,
        script=run.script,
        timeout=timedelta(minutes=run.timeout_minutes),
        script_uri=uri_of(script_key(run_id)),
        output_uri=run.output_uri,
        manifest_uri=uri_of(manifest_key(run_id)),
        log_uri=uri_of(log_prefix(run_id)),
        access=Access.from_dict(run.access),
        size=Size.from_dict(run.size),
        application_id=run.application_id,
    )
