"""What pages ask about runs. Reads only; every chain begins with who may see what."""

from __future__ import annotations

import statistics
import uuid
from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from django.contrib.auth.models import AnonymousUser, User
from django.db.models import DateTimeField, DurationField, ExpressionWrapper, F, Q, QuerySet
from django.db.models.functions import Coalesce, Now

from catalog.models import AnalysisSession
from connections.errors import PortalError
from jobs import timeline as stages
from jobs.models import CodeVersion, JobRun, JobRunEvent, JobRunQuerySet, ResourceProfile
from jobs.states import RUN_ACTIVE, RunState

HISTORY_PAGE = 25
SIMILAR_RUNS = 50
_NUMBER_DIGITS = 15

# Large and not shown in the list.
_UNLISTED = (
    "script",
    "code_version__transform",
    "code_version__prompt",
    "code_version__findings",
    "code_version__steps",
    *(f"repair__version__{name}" for name in ("transform", "prompt", "findings", "steps", "sources", "rehearsal")),
    *(f"repair__next_run__{name}" for name in ("script", "manifest", "access")),
    *(f"repair_before__run__{name}" for name in ("script", "manifest", "access")),
)
# What a run was repaired as, and of which run it is the repair.
_REPAIRS = ("repair__version", "repair__next_run", "repair_before__run")


@dataclass(frozen=True, slots=True)
class HistoryRow:
    """A run in the list; `share` is its duration against the longest one of the page, 0 to 1."""

    run: JobRun
    seconds: float
    share: float


@dataclass(frozen=True, slots=True)
class History:
    """`older` is the run to continue before, None at the end; `count` all runs that match."""

    rows: list[HistoryRow]
    count: int
    older: int | None

    @property
    def has_active(self) -> bool:
        return any(row.run.is_active or row.run.is_being_repaired for row in self.rows)


@dataclass(frozen=True, slots=True)
class Timeline:
    """The run's stages; `seconds` in all, by the database's clock."""

    steps: list[stages.Step]
    seconds: float
    typical: stages.Typical | None


def run_history(
    *,
    user: User | AnonymousUser,
    scope: str = "mine",
    states: Collection[str] = (),
    text: str = "",
    before: int | None = None,
) -> History:
    """Newest first, `HISTORY_PAGE` at a time; `scope` is mine or team, `text` is in title, question or code.

    Two queries, however many runs there are.
    """
    runs = JobRun.objects.visible_to(user) if scope == "team" else JobRun.objects.owned_by(user)
    if states:
        runs = runs.filter(state__in=states)
    if text:
        runs = runs.filter(_holds(text))
    count = runs.count()
    if before is not None:
        runs = runs.filter(pk__lt=before)
    found = list(_with_seconds(runs).defer(*_UNLISTED).order_by("-pk")[: HISTORY_PAGE + 1])
    return History(
        _rows(found[:HISTORY_PAGE]), count, found[HISTORY_PAGE - 1].pk if len(found) > HISTORY_PAGE else None
    )


def states_of(names: Collection[str]) -> list[str]:
    """The states that a filter names: states themselves in any case, or `active`; other words are passed over."""
    wanted = {name.upper() for name in names}
    active = [state.value for state in RUN_ACTIVE] if "ACTIVE" in wanted else []
    return [*active, *(state.value for state in RunState if state.value in wanted and state.value not in active)]


def visible_run(*, user: User | AnonymousUser, run_uuid: uuid.UUID) -> JobRun:
    """The run with its version, session and owner. Raises NOT_FOUND for a run the user may not see."""
    runs = JobRun.objects.visible_to(user).select_related("code_version", "session__owner", "owner", *_REPAIRS)
    run = runs.filter(uuid=run_uuid).first()
    if run is None:
        raise PortalError("NOT_FOUND")
    return run


def own_run(*, user: User | AnonymousUser, run_uuid: uuid.UUID) -> JobRun:
    """The run, to change something about it. Raises NOT_FOUND, and READ_ONLY when its session is only shared."""
    run = visible_run(user=user, run_uuid=run_uuid)
    if run.session.owner_id != user.pk:
        raise PortalError("READ_ONLY", owner=run.session.owner.get_username())
    return run


def versions_of(session: AnalysisSession) -> QuerySet[CodeVersion]:
    """All versions without their code, the newest first."""
    return session.code_versions.defer("transform", "sources", "findings", "steps")


def version_of(session: AnalysisSession, number: int) -> CodeVersion:
    """Raises NOT_FOUND when the session has no version of that number."""
    version = session.code_versions.select_related("parent").filter(number=number).first()
    if version is None:
        raise PortalError("NOT_FOUND")
    return version


def profiles() -> list[ResourceProfile]:
    """The sizes that may be chosen, the smallest first."""
    return sorted(ResourceProfile.objects.filter(enabled=True), key=lambda profile: (profile.vcpus, profile.name))


def timeline(run: JobRun) -> Timeline:
    """The run's stages so far, with what is usual for each."""
    events = list(run.events.annotate(now=Now(output_field=DateTimeField())).values_list("to_state", "at", "now"))
    now = events[-1][2] if events else _database_now(run)
    typical = runs_like(run)
    passed = stages.passage(run.created_at, [(state, at) for state, at, _ in events], run.finished_at or now)
    return Timeline(stages.steps(run, passed, typical, now=now), sum(passed.seconds.values()), typical)


def runs_like(run: JobRun) -> stages.Typical | None:
    """What the last succeeded runs on the same engine took; None when there are none."""
    similar = JobRun.objects.filter(target=run.target, state=RunState.SUCCEEDED).exclude(pk=run.pk)
    begun = {
        pk: (start, end) for pk, start, end in similar.values_list("pk", "created_at", "finished_at")[:SIMILAR_RUNS]
    }
    if not begun:
        return None
    moves: dict[int, list[stages.Move]] = defaultdict(list)
    for pk, state, at in JobRunEvent.objects.filter(run__in=begun).values_list("run_id", "to_state", "at"):
        moves[pk].append((state, at))
    passed = [stages.passage(start, moves[pk], end or start).seconds for pk, (start, end) in begun.items()]
    reached = {key for seconds in passed for key in seconds}
    medians = {key: statistics.median(seconds[key] for seconds in passed if key in seconds) for key in reached}
    totals = [sum(seconds.values()) for seconds in passed]
    low, _, high = statistics.quantiles(totals, n=4) if len(totals) > 1 else (totals[0],) * 3
    return stages.Typical(medians, len(passed), max(low, 0.0), high)


def _database_now(run: JobRun) -> datetime:
    now: datetime = JobRun.objects.annotate(now=Now()).values_list("now", flat=True).get(pk=run.pk)
    return now


def _holds(text: str) -> Q:
    text = text.replace("\x00", "")
    found = Q(title__icontains=text) | Q(code_version__prompt__icontains=text)
    found |= Q(code_version__transform__icontains=text)
    number = text.strip().removeprefix("#")
    if number.isascii() and number.isdecimal() and len(number) <= _NUMBER_DIGITS:
        found |= Q(pk=int(number))
    return found


def _with_seconds(runs: JobRunQuerySet) -> JobRunQuerySet:
    spent = ExpressionWrapper(Coalesce(F("finished_at"), Now()) - F("created_at"), output_field=DurationField())
    return runs.select_related("code_version", "session", "owner", *_REPAIRS).annotate(spent=spent)


def _rows(runs: list[JobRun]) -> list[HistoryRow]:
    seconds = [max(run.spent.total_seconds(), 0.0) for run in runs]  # type: ignore[attr-defined]
    longest = max(seconds, default=0.0) or 1.0
    return [HistoryRow(run, spent, spent / longest) for run, spent in zip(runs, seconds, strict=True)]
