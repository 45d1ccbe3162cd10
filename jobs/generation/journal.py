"""Follows the writing of one version: keeps each call of a model, shows each step while it happens, renews the lease,
and stops the generator when the version was cancelled, taken over, or takes too long."""

from __future__ import annotations

import time
from typing import Any

from django.conf import settings
from django.db.models import Count, Q, Sum
from django.db.models.functions import Now

from connections.errors import PortalError
from jobs.codegen.base import Call, GeneratedCode, Outcome, Stopped
from jobs.codegen.submission import call_of
from jobs.generation.quota import check_quota
from jobs.models import LEASE, CodeVersion, GenerationAttempt
from jobs.states import CodeState

SAVE_SECONDS = 0.4
WORKER_LOST = "WORKER_LOST"
# A model that cannot be had was not called: it does not count against the number of calls.
_NOT_CALLED = ("MODEL_ACCESS_DENIED", "MODEL_NOT_FOUND")


def most_calls() -> int:
    """Calls of a model that one version may make, over all workers that write it: two an attempt."""
    return 2 * (1 + int(settings.PGSPARK_MAX_RETRIES))


class Journal:
    """The watch (`jobs.codegen.base.Watch`) of a version that this worker holds the lease of."""

    def __init__(self, version: CodeVersion) -> None:
        self._version = version
        self._began = self._step_began = self._saved = time.monotonic()
        self._written: str | None = None
        self._attempt: GenerationAttempt | None = None
        # What a killed worker had begun came to nothing that anybody knows of.
        self.steps: list[dict[str, Any]] = [
            closed(step) | {"failure": "interrupted"} if step.get("is_live") else step for step in version.steps
        ]
        version.attempts.filter(finished_at=None).update(finished_at=Now(), error_code=WORKER_LOST)

    def step(self, name: str) -> None:
        self._close()
        self.steps.append({"name": name, "seconds": 0.001, "is_live": True})
        self._step_began = time.monotonic()
        self._save()

    def done(self) -> list[dict[str, Any]]:
        """All steps, the last one ended now."""
        self._close()
        return self.steps

    def tick(self, written: str | None = None) -> None:
        self._written = written if written is not None else self._written
        if time.monotonic() - self._began > settings.PGSPARK_GENERATION_SECONDS:
            raise PortalError("GENERATION_TIMEOUT", seconds=settings.PGSPARK_GENERATION_SECONDS)
        if time.monotonic() - self._saved >= SAVE_SECONDS:
            self._save()

    def begin(self, call: Call) -> None:
        check_quota(self._version.created_by)
        attempts = self._version.attempts
        if attempts.exclude(error_code__in=_NOT_CALLED).count() >= most_calls():
            raise PortalError("CALLS_USED_UP", limit=most_calls())
        self._save(model=call.model)
        self._attempt = attempts.create(
            number=attempts.count() + 1, model=call.model, request_digest=call.digest, request=call.request
        )

    def end(self, outcome: Outcome) -> None:
        if self._attempt is None:
            return
        self._version.attempts.filter(pk=self._attempt.pk).update(
            answer=outcome.answer,
            stop_reason=outcome.stop_reason[:40],
            error_code=outcome.error_code,
            input_tokens=outcome.usage.input,
            output_tokens=outcome.usage.output,
            cached_tokens=outcome.usage.cached,
            cost_usd=outcome.usage.cost_usd,
            latency_ms=outcome.latency_ms,
            finished_at=Now(),
        )
        self._add_up()

    def keep_code(self, code: GeneratedCode) -> None:
        """Puts the code that was read out of the last answer beside the answer itself, so that a repair can show it."""
        if self._attempt is not None:
            self._attempt.refresh_from_db(fields=["answer"])
            self._attempt.answer |= call_of(code)
            self._attempt.save(update_fields=["answer"])

    def _add_up(self) -> None:
        """The account is kept also of a version that was cancelled meanwhile: what was used stays used."""
        charged = Q(input_tokens__gt=0)
        sums = self._version.attempts.aggregate(
            used=Sum("input_tokens"),
            written=Sum("output_tokens"),
            cost=Sum("cost_usd", filter=charged),
            unpriced=Count("pk", filter=charged & Q(cost_usd=None)),
        )
        CodeVersion.objects.filter(pk=self._version.pk).update(
            input_tokens=sums["used"] or 0,
            output_tokens=sums["written"] or 0,
            cost_usd=None if sums["unpriced"] else sums["cost"],
        )

    def _close(self) -> None:
        if self.steps and self.steps[-1].get("is_live"):
            self._time_last()
            self.steps[-1] = closed(self.steps[-1])

    def _time_last(self) -> None:
        if self.steps and self.steps[-1].get("is_live"):
            self.steps[-1]["seconds"] = max(round(time.monotonic() - self._step_began, 3), 0.001)

    def _save(self, **fields: Any) -> None:
        """Shows how far it is and renews the lease. Raises Stopped when the version is not this worker's any more."""
        self._time_last()
        if self._written is not None:
            fields["transform"] = self._written
        ours = CodeVersion.objects.filter(
            pk=self._version.pk, state=CodeState.GENERATING, lease_owner=self._version.lease_owner
        )
        if not ours.update(steps=self.steps, lease_until=Now() + LEASE, **fields):
            raise Stopped
        self._saved = time.monotonic()


def closed(step: dict[str, Any]) -> dict[str, Any]:
    """The step as one that is over."""
    return {name: value for name, value in step.items() if name != "is_live"}
