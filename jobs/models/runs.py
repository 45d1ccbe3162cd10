"""What ran: job runs and their events."""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from catalog.models import AnalysisSession
from jobs.models.code import CodeVersion
from jobs.models.ledger import LedgerRow, failed_means_coded, final_means_finished
from jobs.models.run_ledger import JobRunQuerySet
from jobs.states import RUN_FINAL, RUN_MOVES, RunState, Target

if TYPE_CHECKING:
    from jobs.models.repairs import RunRepair


class JobRun(LedgerRow):
    """One approved execution of one code version on one engine. `id` is its number, `uuid` its address.

    `client_token` derives from `uuid` and is stored before the engine is called, so that a second call is
    the same job. `script` holds the very bytes that run; `script_sha256` binds them. `failure` holds
    message, hint, line (of the transform, or None), quote (the log's lines that decided) and evidence (those around).
    `expires_at` is when its files may be deleted, `result_removed_at` when they were.
    `access` is all that the job may reach (`jobs.execution.base.Access`), and `size` what the profile meant then
    (`jobs.execution.base.Size`), both fixed at approval; `resources` is what the engine billed, in its own units;
    `cost_usd` is what that costs, None where no price is known or nothing was billed yet; until then `reserved_usd`,
    the most that it can cost, counts against its owner's budget. `sources_key` is the same for runs that read the same,
    `input_bytes` how much that was when it was picked (`jobs/likeness.py`). `repairs_left` is how often it may be
    repaired and run again by itself (`RunRepair`), `repair_number` which repair started it, 0 where a person did.
    """

    ACTIVE = tuple(state for state in RunState if state not in RUN_FINAL)
    FINAL = RUN_FINAL
    MOVES = RUN_MOVES

    uuid = models.UUIDField(unique=True, default=uuid.uuid4, editable=False)
    # Denormalised from code_version, so that lists need one join less.
    session = models.ForeignKey(AnalysisSession, on_delete=models.CASCADE, related_name="runs")
    code_version = models.ForeignKey(CodeVersion, on_delete=models.PROTECT, related_name="runs")
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="job_runs")
    title = models.CharField(max_length=200)
    state = models.CharField(max_length=12, choices=RunState, default=RunState.PENDING)
    backend_state = models.CharField(max_length=40, blank=True)
    backend_details = models.CharField(max_length=256, blank=True)
    target = models.CharField(max_length=16, choices=Target)
    application_id = models.CharField(max_length=64, blank=True)
    profile = models.CharField(max_length=40, blank=True, help_text="Name of the resource profile.")
    size: models.JSONField[dict[str, int], dict[str, int]] = models.JSONField(default=dict)
    access: models.JSONField[dict[str, Any], dict[str, Any]] = models.JSONField(default=dict)
    client_token = models.CharField(max_length=64, unique=True)
    external_id = models.CharField(max_length=128, blank=True)
    row_limit = models.PositiveIntegerField(null=True)
    timeout_minutes = models.PositiveIntegerField()
    deadline_at = models.DateTimeField(null=True)
    script = models.TextField()
    script_sha256 = models.CharField(max_length=64)
    # The line of the script where line 1 of the transform stands.
    transform_line = models.PositiveIntegerField()
    output_uri = models.CharField(max_length=1024)
    resources: models.JSONField[dict[str, Any], dict[str, Any]] = models.JSONField(default=dict)
    cost_usd = models.DecimalField(max_digits=10, decimal_places=4, null=True)
    reserved_usd = models.DecimalField(max_digits=10, decimal_places=4, default=0)
    sources_key = models.CharField(max_length=64, blank=True)
    input_bytes = models.BigIntegerField(null=True)
    repairs_left = models.PositiveSmallIntegerField(default=0)
    repair_number = models.PositiveSmallIntegerField(default=0)
    # When the engine last said where the job is, and how often in a row it could not be asked since.
    asked_at = models.DateTimeField(null=True)
    poll_errors = models.PositiveIntegerField(default=0)
    expires_at = models.DateTimeField(null=True)
    result_removed_at = models.DateTimeField(null=True)
    manifest: models.JSONField[dict[str, Any] | None, dict[str, Any] | None] = models.JSONField(null=True)
    cancel_requested_at = models.DateTimeField(null=True)
    started_at = models.DateTimeField(null=True)
    failure_code = models.CharField(max_length=40, blank=True)
    failure: models.JSONField[dict[str, Any], dict[str, Any]] = models.JSONField(default=dict)

    objects = JobRunQuerySet.as_manager()

    class Meta:
        ordering = ["-id"]
        constraints = [
            final_means_finished("jobs_run_final_means_finished", RUN_FINAL),
            failed_means_coded("jobs_run_failed_means_coded"),
            models.CheckConstraint(
                condition=~Q(state="SUCCEEDED") | Q(manifest__isnull=False), name="jobs_run_succeeded_has_manifest"
            ),
        ]
        indexes = [
            # The sweep: `JobRun.objects.due()`.
            models.Index(
                fields=["next_action_at"],
                condition=Q(state__in=["PENDING", "SUBMITTING", "RUNNING", "COLLECTING", "CANCELLING"]),
                name="jobs_run_due",
            ),
            # History: newest runs of the sessions a person sees.
            models.Index(fields=["session", "-id"], name="jobs_run_history"),
            # Quotes: what the last runs that read the same took, and of the same engine those that read as much.
            models.Index(
                fields=["target", "sources_key", "-id"], condition=Q(state="SUCCEEDED"), name="jobs_run_same_sources"
            ),
            models.Index(fields=["target", "input_bytes"], condition=Q(state="SUCCEEDED"), name="jobs_run_like_size"),
            # Budgets: what a person's runs of this month cost.
            models.Index(fields=["owner", "created_at"], name="jobs_run_spending"),
            # The daily pruning of results.
            models.Index(
                fields=["expires_at"],
                condition=Q(expires_at__isnull=False, result_removed_at__isnull=True),
                name="jobs_run_expiry",
            ),
        ]

    def __str__(self) -> str:
        return f"#{self.pk} {self.title}"

    def _final_fields(self) -> dict[str, Any]:
        """However it ended, its files are kept for as many days and then deleted (`jobs/retention.py`)."""
        return {"expires_at": Now() + timedelta(days=settings.PGSPARK_RESULT_DAYS)}

    def _record(self, old: str, new: str, actor: str, note: str) -> None:
        self.events.create(from_state=old, to_state=new, actor=actor, note=note)

    def request_cancel(self) -> bool:
        """Notes the wish to cancel; the supervisor acts on it. False when it was noted before or has ended."""
        return bool(
            JobRun.objects.active()
            .filter(pk=self.pk, cancel_requested_at__isnull=True)
            .update(cancel_requested_at=Now(), next_action_at=Now())
        )

    @property
    def own_repair(self) -> RunRepair | None:
        """The automatic repair of this run, where there is one; `repair` raises where there is none."""
        return getattr(self, "repair", None)

    @property
    def is_being_repaired(self) -> bool:
        return self.own_repair is not None and self.own_repair.is_active

    @property
    def repairs_allowed(self) -> int:
        """How many repairs its owner allowed in all, when they started the first run."""
        return self.repair_number + self.repairs_left

    @property
    def row_count(self) -> int | None:
        return self.manifest["rows"] if self.manifest else None


class ResourceProfile(models.Model):
    """A size that a person may choose for a run on EMR Serverless; staff edit them.

    Cores are vCPUs, memory is in GB per worker; the service takes certain pairs only (`SIZES`, vCPU to GB range).
    """

    SIZES = {1: (2, 8), 2: (4, 16), 4: (8, 30), 8: (16, 60), 16: (32, 120)}
    # Memory of the larger workers comes in steps of so many GB.
    STEPS = {8: 4, 16: 8}
    DISK_GB = (20, 200)

    name = models.SlugField(max_length=40, unique=True)
    label = models.CharField(max_length=80)
    driver_cores = models.PositiveSmallIntegerField(default=2)
    driver_memory_gb = models.PositiveSmallIntegerField(default=4)
    executor_cores = models.PositiveSmallIntegerField(default=2)
    executor_memory_gb = models.PositiveSmallIntegerField(default=8)
    executors = models.PositiveSmallIntegerField(default=2)
    disk_gb = models.PositiveSmallIntegerField(default=20)
    enabled = models.BooleanField(default=True)
    is_default = models.BooleanField("default", default=False)

    class Meta:
        ordering = ["executors", "name"]
        constraints = [
            models.UniqueConstraint(
                fields=["is_default"], condition=Q(is_default=True), name="jobs_one_default_profile"
            ),
        ]

    def __str__(self) -> str:
        return self.label

    @property
    def vcpus(self) -> int:
        """Of all workers together, at the most."""
        return self.driver_cores + self.executors * self.executor_cores

    def clean(self) -> None:
        """What the service would refuse when a run starts is refused here."""
        problems: dict[str, str] = {}
        for worker in ("driver", "executor"):
            cores, memory = getattr(self, f"{worker}_cores"), getattr(self, f"{worker}_memory_gb")
            if cores not in self.SIZES:
                problems[f"{worker}_cores"] = f"A worker has {_listed(self.SIZES)} vCPUs."
            elif problem := self._memory_problem(cores, memory):
                problems[f"{worker}_memory_gb"] = problem
        if not self.executors:
            problems["executors"] = "A job needs at least one executor."
        if not self.DISK_GB[0] <= self.disk_gb <= self.DISK_GB[1]:
            problems["disk_gb"] = f"A worker's disk has {self.DISK_GB[0]} to {self.DISK_GB[1]} GB."
        if self.is_default and not self.enabled:
            problems["enabled"] = "The default size must be one that can be chosen."
        if problems:
            raise ValidationError(problems)

    def _memory_problem(self, cores: int, memory: int) -> str:
        (least, most), step = self.SIZES[cores], self.STEPS.get(cores, 1)
        if least <= memory <= most and (memory - least) % step == 0:
            return ""
        steps = f" in steps of {step}" if step > 1 else ""
        return f"A worker of {cores} vCPU{'s' if cores > 1 else ''} has {least} to {most} GB{steps}."


def _listed(numbers: Iterable[int]) -> str:
    *others, last = map(str, numbers)
    return f"{', '.join(others)} or {last}"


class JobRunEvent(models.Model):
    """One move of a run: from, to, when, by whom or what, and a note in words. Never changed."""

    run = models.ForeignKey(JobRun, on_delete=models.CASCADE, related_name="events")
    at = models.DateTimeField(db_default=Now())
    from_state = models.CharField(max_length=12, blank=True)
    to_state = models.CharField(max_length=12)
    actor = models.CharField(max_length=150)
    note = models.CharField(max_length=500, blank=True)

    class Meta:
        ordering = ["id"]

    def __str__(self) -> str:
        return f"{self.from_state} -> {self.to_state}"
