"""What was asked and what was written for it: code versions, and the calls of models behind them."""

from __future__ import annotations

import uuid
from typing import Any

from django.conf import settings
from django.contrib.auth.models import AnonymousUser, User
from django.db import models
from django.db.models import Q

from catalog.models import AnalysisSession
from jobs.models.ledger import Ledger, LedgerRow, failed_means_coded, final_means_finished
from jobs.states import CODE_FINAL, CODE_MOVES, CodeOrigin, CodeState, Proposal


class CodeVersionQuerySet(Ledger["CodeVersion"]):
    def current(self) -> CodeVersionQuerySet:
        """What a session can stand on: not the changes that were rejected or came to nothing."""
        nothing = Q(proposal=Proposal.OPEN, state__in=[CodeState.FAILED, CodeState.CANCELLED])
        return self.exclude(nothing | Q(proposal=Proposal.REJECTED))

    def visible_to(self, user: User | AnonymousUser) -> CodeVersionQuerySet:
        return self.filter(session__in=AnalysisSession.objects.visible_to(user))


class CodeVersion(LedgerRow):
    """One version of a session's `transform`: generated for a prompt, or edited by hand. Never overwritten.

    `sources` is the selection it was written for: alias, kind, place, columns and statistics of each.
    `prompt` is the question, of a REFINED version what was asked to change in its parent, of a REPAIRED one the failure
    that it answers. `rehearsal` is what Spark's analyzer said without data: output schema, plan facts, seconds; empty
    where nothing was rehearsed. `model` is the one that was asked for, then the one that wrote it; tokens and cost are
    the sum of its attempts, and `cost_usd` None where a price is not known. While it is written, `transform` grows.
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
    rehearsal: models.JSONField[dict[str, Any], dict[str, Any]] = models.JSONField(default=dict)
    steps: models.JSONField[list[dict[str, Any]], list[dict[str, Any]]] = models.JSONField(default=list)
    model = models.CharField(max_length=200, blank=True)
    input_tokens = models.PositiveIntegerField(default=0)
    output_tokens = models.PositiveIntegerField(default=0)
    cost_usd = models.DecimalField(max_digits=10, decimal_places=6, null=True)
    proposal = models.CharField(max_length=12, choices=Proposal, default=Proposal.NONE, blank=True)
    failure_code = models.CharField(max_length=40, blank=True)
    failure: models.JSONField[dict[str, Any], dict[str, Any]] = models.JSONField(default=dict)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")

    objects = CodeVersionQuerySet.as_manager()

    class Meta:
        ordering = ["-number"]
        constraints = [
            models.UniqueConstraint(fields=["session", "number"], name="jobs_version_number_unique_in_session"),
            final_means_finished("jobs_version_final_means_finished", CODE_FINAL),
            failed_means_coded("jobs_version_failed_means_coded"),
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
        return self.state == CodeState.READY and not self.blocking_count and not self.is_unaccepted

    @property
    def is_unaccepted(self) -> bool:
        """Whether it is a change that nobody has accepted."""
        return self.proposal in (Proposal.OPEN, Proposal.REJECTED)

    @property
    def is_open_change(self) -> bool:
        """Whether it is a change that is written and waits for an answer."""
        return self.proposal == Proposal.OPEN and self.state == CodeState.READY

    @property
    def aliases(self) -> list[str]:
        return [source["alias"] for source in self.sources]


class GenerationAttempt(models.Model):
    """One call of a model for one version, kept whatever came of it: bills and repairs are explained from here.

    `request` is what was sent and `request_digest` its SHA-256, `answer` what came back (transform, explanation, ... or
    the refusal in words), `findings` what the checks said of it. Tokens are as the service counted them,
    `cached_tokens` a part of `input_tokens`; `cost_usd` is None where the price is not known. One without
    `finished_at` is under way, or its worker was killed.
    """

    version = models.ForeignKey(CodeVersion, on_delete=models.CASCADE, related_name="attempts")
    number = models.PositiveSmallIntegerField()
    model = models.CharField(max_length=200, blank=True)
    request_digest = models.CharField(max_length=64)
    request: models.JSONField[dict[str, Any], dict[str, Any]] = models.JSONField(default=dict)
    answer: models.JSONField[dict[str, Any], dict[str, Any]] = models.JSONField(default=dict)
    findings: models.JSONField[list[dict[str, Any]], list[dict[str, Any]]] = models.JSONField(default=list)
    stop_reason = models.CharField(max_length=40, blank=True)
    error_code = models.CharField(max_length=40, blank=True)
    input_tokens = models.PositiveIntegerField(default=0)
    output_tokens = models.PositiveIntegerField(default=0)
    cached_tokens = models.PositiveIntegerField(default=0)
    cost_usd = models.DecimalField(max_digits=10, decimal_places=6, null=True)
    latency_ms = models.PositiveIntegerField(null=True)
    created_at = models.DateTimeField(auto_now_add=True)
    finished_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["version", "number"]
        constraints = [
            models.UniqueConstraint(fields=["version", "number"], name="jobs_attempt_number_once_in_version"),
        ]
        indexes = [
            # Tokens and cost of a person and a day: quotas are summed from here.
            models.Index(fields=["created_at"], name="jobs_attempt_day"),
        ]

    def __str__(self) -> str:
        return f"{self.version} attempt {self.number}"

    @property
    def seconds(self) -> float | None:
        return None if self.latency_ms is None else self.latency_ms / 1000


def next_version_number(session: AnalysisSession) -> int:
    """The number of the session's next version; call with the session's row locked."""
    newest = session.code_versions.order_by("-number").values_list("number", flat=True).first()
    return (newest or 0) + 1
