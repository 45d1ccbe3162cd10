"""How runs are claimed, many at once where they are with one engine, and given back."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from django.contrib.auth.models import AnonymousUser, User
from django.db import models
from django.db.models import Case, ExpressionWrapper, F, Q, Value, When
from django.db.models.functions import Coalesce, Now

from catalog.models import AnalysisSession
from jobs.models.ledger import LEASE, Ledger
from jobs.states import RunState

if TYPE_CHECKING:
    from jobs.models.runs import JobRun

# A poll takes those along that are due so soon after it.
DUE_SHORTLY = timedelta(seconds=3)
_WITH_ENGINE = Q(state=RunState.CANCELLING) | Q(state=RunState.RUNNING, cancel_requested_at__isnull=True)


@dataclass(frozen=True, slots=True)
class WatchedRun:
    """A run that is with its engine: since how long, and how long past its deadline (below zero: before it)."""

    run: JobRun
    age: timedelta
    late: timedelta


class JobRunQuerySet(Ledger["JobRun"]):
    def visible_to(self, user: User | AnonymousUser) -> JobRunQuerySet:
        """Runs of the sessions that the user may see."""
        return self.filter(session__in=AnalysisSession.objects.visible_to(user))

    def owned_by(self, user: User | AnonymousUser) -> JobRunQuerySet:
        return self.filter(session__in=AnalysisSession.objects.owned_by(user))

    def active(self) -> JobRunQuerySet:
        return self.filter(state__in=self.model.ACTIVE)

    def expired(self) -> JobRunQuerySet:
        """Those whose files are to be deleted."""
        return self.filter(expires_at__lte=Now(), result_removed_at__isnull=True)

    def with_engine(self) -> JobRunQuerySet:
        """Those that their engine only has to be asked about, many at once."""
        return self.filter(_WITH_ENGINE)

    def to_advance(self) -> JobRunQuerySet:
        """The other active ones: each has something to be done for it alone."""
        return self.active().exclude(_WITH_ENGINE)

    def claim_watched(self, *, target: str, application_id: str, worker: str) -> list[WatchedRun]:
        """Leases the runs of one application that are due now or shortly to `worker`; two statements."""
        group = self.with_engine().free().filter(target=target, application_id=application_id)
        claimed = group.filter(next_action_at__lte=Now() + DUE_SHORTLY).update(
            lease_owner=worker, lease_until=Now() + LEASE
        )
        return self.filter(lease_owner=worker).timed() if claimed else []

    def timed(self) -> list[WatchedRun]:
        """The runs with their times by the database's clock, and without what is large."""
        spans = {"age": Now() - Coalesce("started_at", "created_at"), "late": Now() - F("deadline_at")}
        runs = self.select_related("code_version").annotate(
            **{name: ExpressionWrapper(span, output_field=models.DurationField()) for name, span in spans.items()}
        )
        found: list[Any] = list(runs.defer("script", "manifest"))
        return [WatchedRun(run, run.age, run.late or timedelta.min) for run in found]

    def release_all(self, runs: Collection[JobRun], *, next_in: timedelta, **fields: Any) -> None:
        """Gives the leases back, with `fields` for all of them; see `release`."""
        if runs:
            owner = next(iter(runs)).lease_owner
            self.filter(pk__in=[run.pk for run in runs], lease_owner=owner).update(
                lease_owner="", lease_until=None, next_action_at=_unless_cancelled(next_in), **fields
            )

    def release(self, row: JobRun, *, next_in: timedelta) -> None:
        """As for every ledger; but a wish to cancel that came meanwhile is seen to at once."""
        self.release_all([row], next_in=next_in)


def _unless_cancelled(next_in: timedelta) -> Case:
    """When to look again: at once where the wish to cancel came after the lease, so that its holder may not know."""
    unheard = When(cancel_requested_at__gte=F("lease_until") - Value(LEASE), then=Now())
    later = ExpressionWrapper(Now() + Value(next_in), output_field=models.DateTimeField())
    return Case(unheard, default=later, output_field=models.DateTimeField())
