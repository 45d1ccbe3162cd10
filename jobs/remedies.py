"""The one thing that a failed run's page offers: what the cause asks for, as far as it can be done here."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from django.urls import reverse

from connections.errors import PortalError
from jobs.asking import is_repairable
from jobs.codegen.registry import has_model
from jobs.execution.base import Size
from jobs.execution.choosing import route_of
from jobs.execution.triage import Action, cause_of
from jobs.forms import TIMEOUT_MINUTES
from jobs.models import JobRun, ResourceProfile
from jobs.queries import profiles
from jobs.states import RunState, Target


@dataclass(frozen=True, slots=True)
class Remedy:
    """`label` is its button. A link leads to `url`; with `is_post`, `fields` are sent there; else `text` is copied."""

    action: Action
    label: str
    icon: str
    note: str = ""
    url: str = ""
    is_post: bool = False
    fields: Mapping[str, str] = field(default_factory=dict)
    text: str = ""

    @property
    def is_again(self) -> bool:
        """Whether it is a new run of the same code, with `fields` for what is otherwise."""
        return self.action in _RUNS_AGAIN


_RUNS_AGAIN = (Action.AGAIN, Action.LARGER, Action.SMALLER, Action.LONGER, Action.OTHER_ENGINE)


def culprit_of(run: JobRun) -> str:
    return cause_of(run.failure_code).culprit


def remedy_of(run: JobRun) -> Remedy | None:
    """None for a run that has not failed. What cannot be done here falls back to what always can."""
    if run.state != RunState.FAILED:
        return None
    return _OFFERS[cause_of(run.failure_code).action](run)


def _again(run: JobRun) -> Remedy:
    return Remedy(Action.AGAIN, "Run again", "refresh", url=_again_url(run), is_post=True)


def _larger(run: JobRun) -> Remedy:
    """The next size; on an engine without sizes EMR Serverless, where it is offered, has them."""
    if _can_run_on_emr(run):
        return _other_engine(run)
    now = _present(run)
    larger = next((one for one in profiles() if now and _rank(one) > _rank(now)), None)
    return _resized(run, larger, Action.LARGER) if larger else _admin(run)


def _smaller(run: JobRun) -> Remedy:
    now = _present(run)
    smaller = [one for one in profiles() if now and _rank(one) < _rank(now)]
    return _resized(run, smaller[-1], Action.SMALLER) if smaller else _admin(run)


def _resized(run: JobRun, profile: ResourceProfile, action: Action) -> Remedy:
    note = f"It ran as {run.profile}; {profile.name} takes up to {profile.vcpus} vCPUs."
    fields = {"size": profile.name}
    return Remedy(action, f"Run again as {profile.name}", "refresh", note, _again_url(run), is_post=True, fields=fields)


def _longer(run: JobRun) -> Remedy:
    longer = next((minutes for minutes in TIMEOUT_MINUTES if minutes > run.timeout_minutes), None)
    if longer is None:
        return _code(run)
    words = f"{longer} min" if longer < 60 else f"{longer // 60} h"
    fields = {"timeout_minutes": str(longer)}
    label = f"Run again with {words}"
    return Remedy(Action.LONGER, label, "clock", url=_again_url(run), is_post=True, fields=fields)


def _other_engine(run: JobRun) -> Remedy:
    if not _can_run_on_emr(run):
        return _admin(run)
    label = f"Run on {Target.EMR.label}"
    fields = {"target": str(Target.EMR)}
    return Remedy(Action.OTHER_ENGINE, label, "player-play", url=_again_url(run), is_post=True, fields=fields)


def _refresh(run: JobRun) -> Remedy:
    note = "The session shows what has changed since it was picked, and takes it as it is now."
    return Remedy(Action.REFRESH, "Refresh the picked tables", "refresh", note, f"{_session_url(run)}#source-changes")


def _reading(run: JobRun) -> Remedy:
    note = "The way in which each source is read stands beside the code."
    return Remedy(Action.READING, "Change how it is read", "settings", note, f"{_session_url(run)}#reading")


def _code(run: JobRun) -> Remedy:
    number, line = run.code_version.number, run.failure.get("line")
    place = f" at line {line}" if line else ""
    url = f"{_session_url(run)}{f'&line={line}' if line else ''}#transform"
    return Remedy(Action.CODE, f"Open version {number}{place}", "edit", url=url)


def _fix(run: JobRun) -> Remedy:
    if not (is_repairable(run) and has_model()):
        return _code(run)
    note = (
        "A model reads the error and the code, never a row. What it changes is shown to you first; "
        "nothing runs by itself."
    )
    return Remedy(Action.FIX, "Fix with AI", "wand", note, reverse("jobs:run_fix", args=[run.uuid]), is_post=True)


def _admin(run: JobRun) -> Remedy:
    """A text that whoever can help needs nothing else to understand."""
    quote = [f"> {line}" for line in run.failure.get("quote") or ()]
    where = f"{run.get_target_display()}, {run.external_id}" if run.external_id else run.get_target_display()
    text = [
        f"Run #{run.pk} “{run.title}” failed on {where}.",
        f"{run.failure_code}: {run.failure.get('message', '')}",
        *quote,
        f"What helps: {run.failure.get('hint', '')}",
    ]
    note = "Only somebody who runs the portal or AWS can change this; the text says all they need."
    return Remedy(Action.ADMIN, "Copy a note for an administrator", "copy", note, text="\n".join(text))


_OFFERS = {
    Action.AGAIN: _again,
    Action.LARGER: _larger,
    Action.SMALLER: _smaller,
    Action.LONGER: _longer,
    Action.OTHER_ENGINE: _other_engine,
    Action.REFRESH: _refresh,
    Action.READING: _reading,
    Action.CODE: _code,
    Action.FIX: _fix,
    Action.ADMIN: _admin,
}


def _can_run_on_emr(run: JobRun) -> bool:
    """Whether that is another engine than the run's, and takes what it reads."""
    if run.target == Target.EMR:
        return False
    try:
        return route_of(run.code_version.sources, wish=Target.EMR).target == Target.EMR
    except PortalError:
        return False


def _present(run: JobRun) -> ResourceProfile | None:
    return ResourceProfile.objects.filter(name=run.profile).first() if run.profile else None


def _rank(profile: ResourceProfile) -> tuple[int, int]:
    size = Size.of(profile)
    return size.memory_gb, size.vcpus


def _again_url(run: JobRun) -> str:
    return reverse("jobs:run_again", args=[run.uuid])


def _session_url(run: JobRun) -> str:
    return f"{reverse('jobs:session', args=[run.session.uuid])}?version={run.code_version.number}"
