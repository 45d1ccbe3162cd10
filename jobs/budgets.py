"""What a person spends in a month, and that it stays within their budget.

What a run can cost at most is reserved before it is handed to its engine, and counts until the engine has billed it: so
runs that are started at once cannot exceed together what each of them would not.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from django.contrib.auth.models import User
from django.db import transaction
from django.db.models import Case, DecimalField, F, Q, Sum, Value, When
from django.utils import timezone

from connections.errors import PortalError
from jobs.execution.base import Size
from jobs.execution.prices import most_usd
from jobs.models import Budget, GenerationAttempt, JobRun

_ZERO = Decimal(0)
_CENT = Decimal("0.01")


@dataclass(frozen=True, slots=True)
class Spending:
    """Dollars of this month: `runs` as billed, `reserved` for those not billed yet, `tokens`; None is no limit."""

    runs: Decimal
    reserved: Decimal
    tokens: Decimal
    soft: Decimal | None
    hard: Decimal | None

    @property
    def committed(self) -> Decimal:
        return self.runs + self.reserved + self.tokens

    @property
    def is_over_soft(self) -> bool:
        return self.soft is not None and self.committed >= self.soft

    @property
    def is_over_hard(self) -> bool:
        return self.hard is not None and self.committed >= self.hard


def spending(user: User, *, besides: JobRun | None = None) -> Spending:
    """This calendar month's, in the time zone of the pages; `besides` leaves one run out. Three statements."""
    runs = JobRun.objects.filter(owner=user, created_at__gte=month_begin())
    if besides is not None:
        runs = runs.exclude(pk=besides.pk)
    told = runs.aggregate(billed=Sum("cost_usd"), reserved=Sum(_still_reserved()))
    attempts = GenerationAttempt.objects.filter(version__created_by=user, created_at__gte=month_begin())
    tokens = attempts.aggregate(total=Sum("cost_usd"))["total"]
    budget = budget_of(user)
    return Spending(
        told["billed"] or _ZERO,
        told["reserved"] or _ZERO,
        tokens or _ZERO,
        budget.soft_usd if budget else None,
        budget.hard_usd if budget else None,
    )


def budget_of(user: User) -> Budget | None:
    """The person's own, else that of everybody."""
    return Budget.objects.filter(Q(user=user) | Q(user=None)).order_by(F("user").asc(nulls_last=True)).first()


def reserve(run: JobRun) -> None:
    """Sets aside the most that the run can cost. Doing so again only looks whether it still fits.

    Of two runs of a person the second waits here for the first. Raises BUDGET_REACHED.
    """
    most = most_usd(run.target, Size.from_dict(run.size), run.timeout_minutes)
    if not most:
        return
    with transaction.atomic():
        # Whoever reserves for the same person waits here; writing rows that belong to the person does not.
        User.objects.select_for_update(no_key=True).get(pk=run.owner_id)
        spent = spending(run.owner, besides=run)
        if spent.hard is not None and spent.committed + most > spent.hard:
            raise PortalError(
                "BUDGET_REACHED", hard=_dollars(spent.hard), spent=_dollars(spent.committed), most=_dollars(most)
            )
        JobRun.objects.filter(pk=run.pk).update(reserved_usd=most)


def month_begin() -> datetime:
    return timezone.localtime().replace(day=1, hour=0, minute=0, second=0, microsecond=0)


def _still_reserved() -> Case:
    """What was set aside for a run that is not billed: it is active, or has ended and its bill is still to come."""
    waits = Q(cost_usd=None) & (Q(state__in=JobRun.ACTIVE) | ~Q(external_id=""))
    return Case(
        When(waits, then=F("reserved_usd")),
        default=Value(_ZERO),
        output_field=DecimalField(max_digits=10, decimal_places=4),
    )


def _dollars(amount: Decimal) -> str:
    return f"${amount.quantize(_CENT):,}"
