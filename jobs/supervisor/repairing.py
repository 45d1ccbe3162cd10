"""What follows a failure where the run's owner asked for automatic repair; the repair itself is `jobs/repairs.py`."""

from __future__ import annotations

from django.db.models.functions import Now

from connections.errors import PortalError
from jobs.execution.triage import Action, cause_of
from jobs.models import JobRun, RunRepair
from jobs.states import RepairState


def note_repair(run: JobRun) -> None:
    """Notes that the run, which has failed just now, is to be repaired, or why not. Call in the same transaction."""
    if not (run.repairs_left or run.repair_number):
        return
    if run.cancel_requested_at:
        RunRepair.objects.create(run=run, state=RepairState.CANCELLED, finished_at=Now())
        return
    if refusal := _refusal(run):
        RunRepair.objects.create(
            run=run,
            state=RepairState.FAILED,
            finished_at=Now(),
            failure_code=refusal.code,
            failure={"message": refusal.message, "hint": refusal.hint},
        )
        return
    RunRepair.objects.create(run=run)


def _refusal(run: JobRun) -> PortalError | None:
    """Only what the code is to blame for is repaired: not rights, quotas, networks, sizes and time limits."""
    if cause_of(run.failure_code).action != Action.FIX:
        return PortalError("REPAIR_NOT_OF_CODE")
    if not run.repairs_left:
        return PortalError("REPAIRS_USED_UP", count=run.repair_number)
    return None
