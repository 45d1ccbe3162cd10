"""What was asked, what was written for it, and what ran: code versions, job runs and their events.

The rows are the queue: a worker claims a row by a lease, moves it by a guarded update, and a sweep
finds what a killed worker left behind. `Ledger` holds the only ways to claim and to move a row.
"""

from __future__ import annotations

import uuid
from datetime import timedelta
from typing import Any, TypeVar

from django.conf import settings
from django.contrib.auth.models import AnonymousUser, User
from django.db import models, transaction
from django.db.models import Q
from django.db.models.functions import Now

from catalog.models import AnalysisSession
from jobs.states import CODE_FINAL, CODE_MOVES, RUN_FINAL, RUN_MOVES, CodeOrigin, CodeState, RunState, Target

LEASE = timedelta(seconds=60)

Row = TypeVar("Row", bound="LedgerRow")


class Ledger(models.QuerySet[Row]):
    """Claims and moves; every one is a single UPDATE that a second worker finds already done."""

    def due(self) -> Ledger[Row]:
        """Active rows whose next action is due, by the database's clock."""
        return self.filter(state__in=self.model.ACTIVE, next_action_at__lte=Now()).order_by("next_action_at")

    def claim(self, pk: int, worker: str) -> Row | None:
        """The row, leased to `worker` for `LEASE`, or None when another worker holds it or it is final."""
        free = Q(lease_until__isnull=True) | Q(lease_until__lt=Now())
        claimed = self.filter(free, pk=pk, state__in=self.model.ACTIVE).update(
            lease_owner=worker, lease_until=Now() + LEASE
        )
        return self.get(pk=pk) if claimed else None

    def release(self, row: Row, *, next_in: timedelta) -> None:
        """Gives the lease back; the sweep looks at the row again after `next_in`."""
        self.filter(pk=row.pk, lease_owner=row.lease_owner).update(
            lease_owner="", lease_until=None, next_action_at=Now() + next_in
        )


class LedgerRow(models.Model):
    """A row that workers move through states. Subclasses set `ACTIVE` and `MOVES`."""

    ACTIVE: tuple[str, ...] = ()
    FINAL: tuple[str, ...] = ()
    MOVES: dict[str, tuple[str, ...]] = {}

    state = models.CharField(max_length=12)
    next_action_at = models.DateTimeField(db_default=Now())
    lease_owner = models.CharField(max_length=120, blank=True)
    lease_until = models.DateTimeField(null=True)
    created_at = models.DateTimeField(auto_now_add=True)
    finished_at = models.DateTimeField(null=True)

    class Meta:
        abstract = True

    @property
    def is_active(self) -> bool:
        return self.state not in self.FINAL

    def move(self, new: str, *, actor: str, note: str = "", **fields: Any) -> bool:
        """Moves the row from the state this object shows to `new`, with `fields`, and writes the event.

        False when the row was no longer in that state (another worker won): stop quietly then.
        Raises ValueError for a move that the table of `jobs/states.py` does not have.
        """
        old = self.state
        if new not in self.MOVES.get(old, ()):
            raise ValueError(f"{type(self).__name__} cannot move from {old} to {new}")
        if new in self.FINAL:
            fields |= {"finished_at": Now(), "lease_owner": "", "lease_until": None}
        with transaction.atomic():
            moved = type(self)._default_manager.filter(pk=self.pk, state=old).update(state=new, **fields)
            if not moved:
                return False
            self._record(old, new, actor, note)
        self.refresh_from_db()
        return True

    def _record(self, old: str, new: str, actor: str, note: str) -> None:
        """Keeps the event of a move; runs do, code versions have their own fields for it."""


def _final_means_finished(name: str, final: tuple[str, ...]) -> models.CheckConstraint:
    return models.CheckConstraint(
        condition=Q(state__in=final, finished_at__isnull=False) | (~Q(state__in=final) & Q(finished_at__isnull=True)),
        name=name,
    )


def _failed_means_coded(name: str) -> models.CheckConstraint:
    return models.CheckConstraint(
        condition=(Q(state="FAILED") & ~Q(failure_code="")) | (~Q(state="FAILED") & Q(failure_code="")), name=name
    )


class CodeVersionQuerySet(Ledger["CodeVersion"]):
    def visible_to(self, user: User | AnonymousUser) -> CodeVersionQuerySet:
        return self.filter(session__in=AnalysisSession.objects.visible_to(user))


class CodeVersion(LedgerRow):
    """One version of a session's `transform`: generated for a prompt, or edited by hand. Never overwritten.

    `sources` is the selection it was written for: alias, kind, place, columns and statistics of each.
    """

    ACTIVE = (CodeState.PENDING, CodeState.GENERATING, CodeState.CHECKING)
    FINAL = CODE_FINAL
    MOVES = CODE_MOVES

    uuid = models.UUIDField(unique=True, default=uuid.uuid4, editable=False)
    session = models.ForeignKey(AnalysisSession, on_delete=models.CASCADE, related_name="code_versions")
    number = models.PositiveIntegerField()
    parent = models.ForeignKey("self", null=True, blank=True, on_delete=models.SET_NULL, related_name="children")
    origin = models.CharField(max_length=12, choices=CodeOrigin)
    state = models.CharField(max_length=12, choices=CodeState, default=CodeState.PENDING)
    prompt = models.TextField(blank=True)
    generator = models.CharField(max_length=120, blank=True)
    sources: models.JSONField[list[dict[str, Any]], list[dict[str, Any]]] = models.JSONField(default=list)
    transform = models.TextField(blank=True)
    explanation = models.TextField(blank=True)
    assumptions: models.JSONField[list[str], list[str]] = models.JSONField(default=list)
    understood: models.JSONField[list[str], list[str]] = models.JSONField(default=list)
    ignored: models.JSONField[list[str], list[str]] = models.JSONField(default=list)
    findings: models.JSONField[list[dict[str, Any]], list[dict[str, Any]]] = models.JSONField(default=list)
    steps: models.JSONField[list[dict[str, Any]], list[dict[str, Any]]] = models.JSONField(default=list)
    failure_code = models.CharField(max_length=40, blank=True)
    failure: models.JSONField[dict[str, Any], dict[str, Any]] = models.JSONField(default=dict)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")

    objects = CodeVersionQuerySet.as_manager()

    class Meta:
        ordering = ["-number"]
        constraints = [
            models.UniqueConstraint(fields=["session", "number"], name="jobs_version_number_unique_in_session"),
            _final_means_finished("jobs_version_final_means_finished", CODE_FINAL),
            _failed_means_coded("jobs_version_failed_means_coded"),
        ]
        indexes = [
            # The sweep: `CodeVersion.objects.due()`.
            models.Index(
                fields=["next_action_at"],
                condition=Q(state__in=["PENDING", "GENERATING", "CHECKING"]),
                name="jobs_version_due",
            ),
        ]

    def __str__(self) -> str:
        return f"v{self.number}"

    @property
    def blocking_count(self) -> int:
        return sum(finding["severity"] == "blocking" for finding in self.findings)

    @property
    def advisory_count(self) -> int:
        return len(self.findings) - self.blocking_count

    @property
    def is_runnable(self) -> bool:
        return self.state == CodeState.READY and not self.blocking_count

    @property
    def aliases(self) -> list[str]:
        return [source["alias"] for source in self.sources]


class JobRunQuerySet(Ledger["JobRun"]):
    def visible_to(self, user: User | AnonymousUser) -> JobRunQuerySet:
        """Runs of the sessions that the user may see."""
        return self.filter(session__in=AnalysisSession.objects.visible_to(user))

    def owned_by(self, user: User | AnonymousUser) -> JobRunQuerySet:
        return self.filter(session__in=AnalysisSession.objects.owned_by(user))

    def active(self) -> JobRunQuerySet:
        return self.filter(state__in=JobRun.ACTIVE)


class JobRun(LedgerRow):
    """One approved execution of one code version on one engine. `id` is its number, `uuid` its address.

    `client_token` derives from `uuid` and is stored before the engine is called, so that a second call is
    the same job. `script` holds the very bytes that run; `script_sha256` binds them. `failure` holds
    message, hint, line (of the transform, or None) and evidence (log lines).
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
    target = models.CharField(max_length=16, choices=Target)
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
    manifest: models.JSONField[dict[str, Any] | None, dict[str, Any] | None] = models.JSONField(null=True)
    cancel_requested_at = models.DateTimeField(null=True)
    started_at = models.DateTimeField(null=True)
    failure_code = models.CharField(max_length=40, blank=True)
    failure: models.JSONField[dict[str, Any], dict[str, Any]] = models.JSONField(default=dict)

    objects = JobRunQuerySet.as_manager()

    class Meta:
        ordering = ["-id"]
        constraints = [
            _final_means_finished("jobs_run_final_means_finished", RUN_FINAL),
            _failed_means_coded("jobs_run_failed_means_coded"),
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
        ]

    def __str__(self) -> str:
        return f"#{self.pk} {self.title}"

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
    def row_count(self) -> int | None:
        return self.manifest["rows"] if self.manifest else None


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


def next_version_number(session: AnalysisSession) -> int:
    """The number of the session's next version; call with the session's row locked."""
    newest = session.code_versions.order_by("-number").values_list("number", flat=True).first()
    return (newest or 0) + 1
