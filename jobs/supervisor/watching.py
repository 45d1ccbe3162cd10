"""Follows the jobs that are with an engine: one question about all of an application's, then its word for each.

No answer, of whatever kind, fails a run: the job goes on whether or not it can be asked about. Only long after its
deadline a run is given up, and its words say that the job may still be there.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import timedelta

import structlog
from celery.exceptions import SoftTimeLimitExceeded
from django.conf import settings
from django.db.models import F
from django.db.models.functions import Least, Now

from connections.errors import PortalError
from jobs import crash_points
from jobs.execution.base import Observation, Phase
from jobs.execution.registry import engine_for, handle_of
from jobs.models import JobRun, WatchedRun, worker_name
from jobs.states import RunState, Target
from jobs.supervisor import pace
from jobs.supervisor.endings import ACTOR, end, fail, said

log = structlog.get_logger(__name__)

# An engine stops a job at its time limit by itself; so long after it the portal asks it to.
OVERDUE = timedelta(minutes=2)
# So long after it the portal no longer waits for an answer.
GIVEN_UP = timedelta(minutes=10)
_WITH_ENGINE = (RunState.RUNNING, RunState.CANCELLING)


def watch_runs(target: str, application_id: str) -> list[int]:
    """Asks about the due runs of one application; returns those for which there is more to do now."""
    structlog.contextvars.clear_contextvars()
    watched = JobRun.objects.claim_watched(target=target, application_id=application_id, worker=worker_name())
    if not watched:
        return []
    crash_points.reached("after_claim")
    seen = _ask(target, _runs(watched))
    crash_points.reached("after_observe")
    _follow(target, watched, seen)
    collecting = [item.run for item in watched if item.run.state == RunState.COLLECTING]
    JobRun.objects.release_all(collecting, next_in=timedelta(0))
    return [run.pk for run in collecting]


def watch_one(run: JobRun) -> None:
    """The same for a run that is leased already. The lease is given back unless there is more to do now."""
    watched = JobRun.objects.filter(pk=run.pk).timed()
    _follow(run.target, watched, _ask(run.target, [run]))
    run.refresh_from_db()


def _ask(target: str, runs: Sequence[JobRun]) -> Mapping[str, Observation]:
    """What the engine says, by its own ids; runs about which it could not be asked are not there."""
    try:
        return engine_for(target).observe([handle_of(run) for run in runs])
    except PortalError as error:
        log.warning("engine_not_asked", target=target, code=error.code, runs=len(runs))
    except SoftTimeLimitExceeded:
        log.warning("engine_too_slow", target=target, runs=len(runs))
    except Exception:
        log.exception("engine_answer_broke", target=target)
    return {}


def _follow(target: str, watched: Sequence[WatchedRun], seen: Mapping[str, Observation]) -> None:
    """Writes the news, gives back the leases of those that go on, then ends those that have ended."""
    asked = [item for item in watched if item.run.external_id in seen]
    missing = [item for item in watched if item.run.external_id not in seen]
    later = [item for item in asked if seen[item.run.external_id].phase == Phase.LATER]
    heard = [item for item in asked if seen[item.run.external_id].phase != Phase.LATER]
    lost = [item for item in heard if _may_come_back(item.run, seen[item.run.external_id])]
    known = [item for item in heard if item not in lost]
    over = [item for item in known if _take(item, seen[item.run.external_id])]
    _go_on(target, [item for item in known if item not in over])
    _ask_later(target, lost, asked=True)
    _ask_later(target, missing, asked=False)
    JobRun.objects.release_all(_runs(later), next_in=pace.LATER)
    for item in over:
        end(item.run, seen[item.run.external_id])
    for item in missing:
        _give_up(item)
    if target == Target.LOCAL and any(item.run.state not in _WITH_ENGINE for item in watched):
        _call_next()


def _may_come_back(run: JobRun, seen: Observation) -> bool:
    """Whether a job that is not found is to be looked for again before it counts as lost."""
    return seen.phase == Phase.LOST and run.poll_errors + 1 < pace.sightings(run.target)


def _take(item: WatchedRun, seen: Observation) -> bool:
    """Takes the engine's word for where a job is; True when it has ended and there is no result."""
    run = item.run
    if seen.phase in (Phase.FAILED, Phase.CANCELLED, Phase.LOST):
        return True
    if seen.phase == Phase.SUCCEEDED:
        run.move(RunState.COLLECTING, actor=ACTOR, **said(seen))
    elif item.late > GIVEN_UP:
        fail(run, PortalError("ENGINE_SILENT", engine=run.get_target_display()), fields=said(seen))
    elif run.state == RunState.CANCELLING or item.late > OVERDUE:
        _stop(run, seen)
    else:
        _keep(run, seen)
    return False


def _keep(run: JobRun, seen: Observation) -> None:
    """Writes what is new; a job that has begun to work has its time limit from now on."""
    fields = said(seen)
    if (run.backend_state, run.backend_details) == (fields["backend_state"], fields["backend_details"]):
        return
    if seen.phase == Phase.RUNNING:
        fields["deadline_at"] = Least(F("deadline_at"), Now() + timedelta(minutes=run.timeout_minutes))
    JobRun.objects.filter(pk=run.pk, state=run.state).update(**fields)


def _stop(run: JobRun, seen: Observation) -> None:
    """Asks the engine to stop, also once more where it has not begun to."""
    if seen.raw != "CANCELLING":
        try:
            engine_for(run.target).cancel(handle_of(run))
        except PortalError as error:
            log.warning("cancel_failed", run=str(run.uuid), code=error.code)
            return
    if run.state == RunState.RUNNING:
        note = f"Its time limit of {run.timeout_minutes} min is over; the engine was asked to stop."
        run.move(RunState.CANCELLING, actor=ACTOR, note=note, **said(seen))
    else:
        _keep(run, seen)


def _go_on(target: str, items: Sequence[WatchedRun]) -> None:
    """The youngest one's pace is that of all: one question is about all of them."""
    staying = [item for item in items if item.run.state in _WITH_ENGINE]
    if staying:
        next_in = pace.pause(target, age=min(item.age for item in staying))
        JobRun.objects.release_all(_runs(staying), next_in=next_in, asked_at=Now(), poll_errors=0)


def _ask_later(target: str, items: Sequence[WatchedRun], *, asked: bool) -> None:
    if items:
        errors = max(item.run.poll_errors for item in items) + 1
        next_in = pace.pause(target, age=min(item.age for item in items), errors=errors)
        told = {"asked_at": Now()} if asked else {}
        JobRun.objects.release_all(_runs(items), next_in=next_in, poll_errors=F("poll_errors") + 1, **told)


def _give_up(item: WatchedRun) -> None:
    if item.late > GIVEN_UP:
        fail(item.run, PortalError("ENGINE_SILENT", engine=item.run.get_target_display()))


def _call_next() -> None:
    """A place of this machine is free: those who wait for it look at once."""
    waiting = JobRun.objects.filter(target=Target.LOCAL, state=RunState.PENDING).order_by("pk")
    first = list(waiting.values_list("pk", flat=True)[: settings.PGSPARK_LOCAL_RUNS_AT_ONCE])
    JobRun.objects.filter(pk__in=first).update(next_action_at=Now())


def _runs(items: Iterable[WatchedRun]) -> list[JobRun]:
    return [item.run for item in items]
