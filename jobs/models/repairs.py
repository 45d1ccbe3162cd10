"""What a failed run's owner let happen by itself: its code repaired by a model, and run once more."""

from __future__ import annotations

from typing import Any

from django.db import models
from django.db.models import Q

from jobs.models.code import CodeVersion
from jobs.models.ledger import Ledger, LedgerRow, failed_means_coded, final_means_finished
from jobs.models.runs import JobRun
from jobs.states import REPAIR_FINAL, REPAIR_MOVES, RepairState


class RepairQuerySet(Ledger["RunRepair"]):
    pass


class RunRepair(LedgerRow):
    """The one automatic repair of a failed run, made in the transaction in which the run fails.

    `version` is the repaired code once it is asked for, `next_run` the run of it. There is at most one of each, by the
    database's own rule, so that no two workers can pay twice. `failure` holds message and hint of why it gave up.
    """

    ACTIVE = (RepairState.PENDING, RepairState.WRITING)
    FINAL = REPAIR_FINAL
    MOVES = REPAIR_MOVES

    run = models.OneToOneField(JobRun, on_delete=models.CASCADE, related_name="repair")
    version = models.OneToOneField(CodeVersion, null=True, on_delete=models.CASCADE, related_name="repair")
    next_run = models.OneToOneField(JobRun, null=True, on_delete=models.CASCADE, related_name="repair_before")
    state = models.CharField(max_length=12, choices=RepairState, default=RepairState.PENDING)
    failure_code = models.CharField(max_length=40, blank=True)
    failure: models.JSONField[dict[str, Any], dict[str, Any]] = models.JSONField(default=dict)

    objects = RepairQuerySet.as_manager()

    class Meta:
        ordering = ["-id"]
        constraints = [
            final_means_finished("jobs_repair_final_means_finished", REPAIR_FINAL),
            failed_means_coded("jobs_repair_failed_means_coded"),
            models.CheckConstraint(
                condition=Q(state="STARTED", version__isnull=False, next_run__isnull=False)
                | (~Q(state="STARTED") & Q(next_run__isnull=True)),
                name="jobs_repair_started_means_run",
            ),
        ]
        indexes = [
            # The sweep: `RunRepair.objects.due()`.
            models.Index(
                fields=["next_action_at"], condition=Q(state__in=["PENDING", "WRITING"]), name="jobs_repair_due"
            ),
        ]

    def __str__(self) -> str:
        return f"repair of #{self.run_id}"

    @property
    def number(self) -> int:
        """Which one it is, from 1, of those that were allowed when a person started the first run."""
        return self.run.repair_number + 1

    def _record(self, old: str, new: str, actor: str, note: str) -> None:
        """Its history is that of its run, which has ended and stays as it is."""
        self.run.events.create(from_state=self.run.state, to_state=self.run.state, actor=actor, note=note)
