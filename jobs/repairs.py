"""Automatic repair: a failed run's code is repaired by a model and run once more, because its owner asked for that.

A repair is a row (`RunRepair`), noted when its run fails. Each step is one transaction that moves the row and makes
what the move stands for, the version or the run: a killed worker leaves all of it or nothing, and nothing twice.
"""

from __future__ import annotations

from datetime import timedelta

import structlog
from celery import shared_task
from django.contrib.auth.models import User
from django.db import InterfaceError, OperationalError, close_old_connections, transaction

from connections.errors import PortalError
from jobs import asking, crash_points, operations
from jobs.likeness import sources_key
from jobs.models import CodeVersion, JobRun, RunRepair, worker_name
from jobs.states import CodeState, Proposal, RepairState

log = structlog.get_logger(__name__)

ACTOR = "portal"
# While the version is written: how often it is looked at.
LOOK_AGAIN = timedelta(seconds=1)


@shared_task(name="jobs.repairs.advance_repair")
def advance_repair(repair_id: int) -> None:
    """Takes one repair as far as it goes now; the sweep sees to it that it is called again."""
    repair = RunRepair.objects.claim(repair_id, worker_name())
    if repair is None:
        return
    structlog.contextvars.clear_contextvars()
    structlog.contextvars.bind_contextvars(run=str(repair.run.uuid))
    try:
        _tried(repair)
        RunRepair.objects.release(repair, next_in=LOOK_AGAIN)
    except (OperationalError, InterfaceError) as error:
        # The database went away; the same step is taken again when the lease has run out.
        log.warning("database_lost", state=repair.state, error=type(error).__name__)
        close_old_connections()


def stop_repair(*, run: JobRun, by: User) -> None:
    """Stops a repair before it has started a run, and the model that writes for it. Raises REPAIR_OVER."""
    repair = RunRepair.objects.filter(run=run).first()
    while repair is not None and repair.is_active:
        if repair.move(RepairState.CANCELLED, actor=by.get_username(), note="Stopped the automatic repair."):
            if repair.version is not None:
                asking.cancel_generation(version=repair.version, by=by)
            return
        # A worker has moved it on meanwhile: stopped is what the person wants, wherever it stands.
        repair.refresh_from_db()
    raise PortalError("REPAIR_OVER")


def _tried(repair: RunRepair) -> None:
    try:
        if not repair.run.owner.is_active:
            repair.move(RepairState.CANCELLED, actor=ACTOR, note="Its owner's account is closed: nothing is repaired.")
        elif repair.state == RepairState.PENDING:
            _write(repair)
        else:
            _follow(repair)
    except (OperationalError, InterfaceError):
        raise
    except PortalError as error:
        # Answered by the person in this very moment: looked at once more.
        if error.code != "CHANGE_NOT_OPEN":
            _give_up(repair, error)
    except Exception:
        log.exception("repair_broke", state=repair.state)
        _give_up(repair, PortalError("INTERNAL"))


def _write(repair: RunRepair) -> None:
    """Asks for the repaired version, once everything for it is gathered from outside."""
    wish = asking.repair_wish(run=repair.run, by=repair.run.owner)
    if sources_key(wish.sources) != repair.run.sources_key:
        raise PortalError("REPAIR_OTHER_SOURCES")
    with transaction.atomic():
        version = asking.start_repair(wish)
        crash_points.reached("before_repair_asked")
        which = f"{repair.number} of {repair.run.repairs_allowed}"
        note = f"Automatic repair {which}: a model is asked for version {version.number}."
        _keep(repair.move(RepairState.WRITING, actor=ACTOR, note=note, version=version))
    crash_points.reached("after_repair_asked")


def _follow(repair: RunRepair) -> None:
    """Waits for the version, then runs it where it may run."""
    version = repair.version
    if version is None or version.is_active:
        return
    if version.state == CodeState.CANCELLED or version.proposal == Proposal.REJECTED:
        word = "rejected" if version.proposal == Proposal.REJECTED else "cancelled"
        note = f"Version {version.number} was {word}: nothing is run again."
        repair.move(RepairState.CANCELLED, actor=ACTOR, note=note)
    elif version.state == CodeState.FAILED:
        _end(repair, version.failure_code, version.failure["message"], version.failure["hint"])
    else:
        _refuse_useless(repair.run.code_version, version)
        _run(repair, version)


def _refuse_useless(broken: CodeVersion, repaired: CodeVersion) -> None:
    """Raises REPAIR_REFUSED, REPAIR_UNCHANGED."""
    if repaired.blocking_count:
        raise PortalError("REPAIR_REFUSED", count=repaired.blocking_count)
    if repaired.transform.strip() == broken.transform.strip():
        raise PortalError("REPAIR_UNCHANGED")


def _run(repair: RunRepair, version: CodeVersion) -> None:
    """The version becomes the session's code and runs; all of it or, where the run is refused, nothing."""
    with transaction.atomic():
        if version.proposal == Proposal.OPEN:
            asking.accept(version=version)
        started = operations.run_repaired(run=repair.run, version=version)
        crash_points.reached("before_repaired_run")
        note = f"Repaired as version {version.number} and run again: #{started.pk}."
        _keep(repair.move(RepairState.STARTED, actor=ACTOR, note=note, next_run=started))


def _keep(moved: bool) -> None:
    """What was made for a move is undone with its transaction where another was faster: a worker, or who stopped it."""
    if not moved:
        transaction.set_rollback(True)


def _give_up(repair: RunRepair, error: PortalError) -> None:
    _end(repair, error.code, error.message, error.hint)


def _end(repair: RunRepair, code: str, message: str, hint: str) -> None:
    # What it was called with may be older than what a transaction that was undone has left on it.
    repair.refresh_from_db()
    if repair.is_active:
        note = f"Automatic repair gave up: {message}"[:500]
        failure = {"message": message, "hint": hint}
        repair.move(RepairState.FAILED, actor=ACTOR, note=note, failure_code=code, failure=failure)
