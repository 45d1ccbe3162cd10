"""The states of code versions, job runs and repairs, their groups, and the moves that are legal.

Values are what the database stores. A state is left only through `Ledger.move` in `jobs/models/ledger.py`.
"""

from __future__ import annotations

from django.db import models


class CodeState(models.TextChoices):
    PENDING = "PENDING", "Queued"
    GENERATING = "GENERATING", "Writing"
    CHECKING = "CHECKING", "Checking"
    READY = "READY", "Ready"
    FAILED = "FAILED", "Failed"
    CANCELLED = "CANCELLED", "Cancelled"


class CodeOrigin(models.TextChoices):
    GENERATED = "GENERATED", "generated"
    REFINED = "REFINED", "refined"
    REPAIRED = "REPAIRED", "repaired"
    EDITED = "EDITED", "edited"
    RESTORED = "RESTORED", "restored"


class Proposal(models.TextChoices):
    """A change to code that a person accepts or rejects; other versions are none of it."""

    NONE = "", "no change"
    OPEN = "OPEN", "waits for an answer"
    ACCEPTED = "ACCEPTED", "accepted"
    REJECTED = "REJECTED", "rejected"


class RunState(models.TextChoices):
    PENDING = "PENDING", "Queued"
    SUBMITTING = "SUBMITTING", "Starting"
    RUNNING = "RUNNING", "Running"
    COLLECTING = "COLLECTING", "Collecting"
    SUCCEEDED = "SUCCEEDED", "Succeeded"
    FAILED = "FAILED", "Failed"
    CANCELLING = "CANCELLING", "Cancelling…"
    CANCELLED = "CANCELLED", "Cancelled"


class RepairState(models.TextChoices):
    """An automatic repair of a failed run: written like any version, then run once more."""

    PENDING = "PENDING", "Queued"
    WRITING = "WRITING", "Being written"
    STARTED = "STARTED", "Running again"
    FAILED = "FAILED", "Gave up"
    CANCELLED = "CANCELLED", "Stopped"


class Target(models.TextChoices):
    LOCAL = "local", "Local Spark"
    EMR = "emr", "EMR Serverless"
    LAMBDA = "lambda", "Spark on Lambda"


CODE_ACTIVE = (CodeState.PENDING, CodeState.GENERATING, CodeState.CHECKING)
CODE_FINAL = (CodeState.READY, CodeState.FAILED, CodeState.CANCELLED)
REPAIR_FINAL = (RepairState.STARTED, RepairState.FAILED, RepairState.CANCELLED)
RUN_FINAL = (RunState.SUCCEEDED, RunState.FAILED, RunState.CANCELLED)
RUN_ACTIVE = tuple(state for state in RunState if state not in RUN_FINAL)

CODE_MOVES: dict[str, tuple[str, ...]] = {
    CodeState.PENDING: (CodeState.GENERATING, CodeState.CHECKING, CodeState.FAILED, CodeState.CANCELLED),
    CodeState.GENERATING: (CodeState.CHECKING, CodeState.FAILED, CodeState.CANCELLED),
    # Back to GENERATING for a repair, as often as PGSPARK_MAX_RETRIES says.
    CodeState.CHECKING: (CodeState.READY, CodeState.GENERATING, CodeState.FAILED, CodeState.CANCELLED),
}

RUN_MOVES: dict[str, tuple[str, ...]] = {
    RunState.PENDING: (RunState.SUBMITTING, RunState.CANCELLED, RunState.FAILED),
    RunState.SUBMITTING: (RunState.RUNNING, RunState.CANCELLED, RunState.FAILED),
    RunState.RUNNING: (RunState.COLLECTING, RunState.CANCELLING, RunState.FAILED),
    # A job may end well while its cancellation is on the way: then its result counts.
    RunState.CANCELLING: (RunState.CANCELLED, RunState.COLLECTING, RunState.FAILED),
    RunState.COLLECTING: (RunState.SUCCEEDED, RunState.FAILED),
}

REPAIR_MOVES: dict[str, tuple[str, ...]] = {
    RepairState.PENDING: (RepairState.WRITING, RepairState.FAILED, RepairState.CANCELLED),
    RepairState.WRITING: (RepairState.STARTED, RepairState.FAILED, RepairState.CANCELLED),
}
