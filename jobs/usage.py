"""Who has used how many tokens, by day and model, and what their runs cost, by day and engine. Reads only."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from django.contrib.auth.models import User
from django.db.models import Count, F, FloatField, Q, Sum
from django.db.models.fields.json import KeyTextTransform
from django.db.models.functions import Cast, TruncDate

from connections.aws import client, translated
from connections.errors import PortalError
from jobs.generation.quota import midnight
from jobs.models import GenerationAttempt, JobRun
from jobs.states import Target

DAYS = 30
MOST_PROFILES = 200


@dataclass(frozen=True, slots=True)
class Used:
    """One person, day and model. `cost_usd` is None where a call's price is not known."""

    day: date
    user: str
    model: str
    calls: int
    input_tokens: int
    output_tokens: int
    cost_usd: Decimal | None


@dataclass(frozen=True, slots=True)
class RunsUsed:
    """One person, day and engine. `cost_usd` is None where a run is not billed yet, or a price is not known."""

    day: date
    user: str
    engine: str
    runs: int
    vcpu_hours: float
    memory_gb_hours: float
    cost_usd: Decimal | None


@dataclass(frozen=True, slots=True)
class Totals:
    calls: int
    input_tokens: int
    output_tokens: int
    cost_usd: Decimal | None


def usage(user: User, *, everybody: bool = False) -> list[Used]:
    """The last `DAYS` days, newest first: the person's own, or everybody's for staff. One query."""
    attempts = GenerationAttempt.objects.filter(created_at__gte=midnight() - timedelta(days=DAYS - 1))
    if not (everybody and user.is_staff):
        attempts = attempts.filter(version__created_by=user)
    unknown = Q(cost_usd=None) & (Q(input_tokens__gt=0) | Q(output_tokens__gt=0))
    rows = (
        attempts.values(day=TruncDate("created_at"), user=F("version__created_by__username"), of=F("model"))
        .annotate(
            calls=Count("pk"),
            used=Sum("input_tokens"),
            written=Sum("output_tokens"),
            cost=Sum("cost_usd"),
            unknown=Count("pk", filter=unknown),
        )
        .order_by("-day", "user", "of")
    )
    return [_used(dict(row)) for row in rows]


def totals(rows: Iterable[Used]) -> Totals:
    listed = list(rows)
    return Totals(
        sum(row.calls for row in listed),
        sum(row.input_tokens for row in listed),
        sum(row.output_tokens for row in listed),
        _sum(row.cost_usd for row in listed) if listed else None,
    )


def run_usage(user: User, *, everybody: bool = False) -> list[RunsUsed]:
    """As `usage`, for runs that cost: those on engines of AWS. One query."""
    runs = JobRun.objects.filter(created_at__gte=midnight() - timedelta(days=DAYS - 1)).exclude(target=Target.LOCAL)
    if not (everybody and user.is_staff):
        runs = runs.filter(owner=user)
    unknown = Q(cost_usd=None) & ~Q(external_id="")
    rows = (
        runs.values("target", day=TruncDate("created_at"), user=F("owner__username"))
        .annotate(
            runs=Count("pk"),
            vcpu_hours=Sum(_billed("vcpu_hours")),
            memory_gb_hours=Sum(_billed("memory_gb_hours")),
            cost=Sum("cost_usd"),
            unknown=Count("pk", filter=unknown),
        )
        .order_by("-day", "user", "target")
    )
    return [_runs_used(dict(row)) for row in rows]


def runs_cost(rows: Iterable[RunsUsed]) -> Decimal | None:
    """None where a part of it is not known."""
    return _sum(row.cost_usd for row in rows)


def account_models() -> list[dict[str, str]]:
    """The inference profiles that the account has in this region: id and name. Raises AWS_REFUSED, AWS_UNREACHABLE."""
    with translated("Amazon Bedrock"):
        found: list[dict[str, str]] = []
        for page in client("bedrock").get_paginator("list_inference_profiles").paginate():
            for profile in page["inferenceProfileSummaries"]:
                found.append({"id": profile["inferenceProfileId"], "name": profile["inferenceProfileName"]})
            if len(found) >= MOST_PROFILES:
                break
    return found


def account_models_or_error() -> dict[str, Any]:
    """Context of the list; `error` in place of it, for the account may not let the portal look."""
    try:
        return {"profiles": account_models()}
    except PortalError as error:
        return {"error": error}


def _sum(costs: Iterable[Decimal | None]) -> Decimal | None:
    """None as soon as one of them is not known."""
    total = Decimal(0)
    for cost in costs:
        if cost is None:
            return None
        total += cost
    return total


def _cost(row: dict[str, Any]) -> Decimal | None:
    return None if row["unknown"] else row["cost"] or Decimal(0)


def _used(row: dict[str, Any]) -> Used:
    return Used(row["day"], row["user"], row["of"], row["calls"], row["used"] or 0, row["written"] or 0, _cost(row))


def _billed(unit: str) -> Cast:
    return Cast(KeyTextTransform(unit, "resources"), FloatField())


def _runs_used(row: dict[str, Any]) -> RunsUsed:
    return RunsUsed(
        row["day"],
        row["user"],
        Target(row["target"]).label,
        row["runs"],
        row["vcpu_hours"] or 0.0,
        row["memory_gb_hours"] or 0.0,
        _cost(row),
    )
