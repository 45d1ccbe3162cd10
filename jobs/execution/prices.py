"""What runs cost, from what their engine bills, or may bill at most. Without a price there is no figure.

Published prices are those of US East (N. Virginia), Linux on x86, without taxes and discounts:
https://aws.amazon.com/emr/pricing/ (EMR Serverless) and https://aws.amazon.com/lambda/pricing/ (per GB-second).
PGSPARK_RUN_PRICES gives those of another region, or what was agreed.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

from django.conf import settings

from jobs.execution import lambda_settings
from jobs.execution.base import Size
from jobs.states import Target

# Dollars per unit of `Observation.resources`.
PUBLISHED: dict[str, dict[str, float]] = {
    "us-east-1": {
        "vcpu_hours": 0.052624,
        "memory_gb_hours": 0.0057785,
        "storage_gb_hours": 0.000111,
        "gb_seconds": 0.0000166667,
    }
}
UNITS = frozenset(PUBLISHED["us-east-1"])
# The service bills a worker's disk beyond these, and takes no time limit below that (jobs/execution/emr_request.py).
FREE_DISK_GB = 20
_LEAST_MINUTES = 5
# Beside the job's time a function takes this much to begin and to end.
_LAMBDA_BESIDES_SECONDS = 30
# A job that has ended at its limit was still being stopped.
_STOPPING_MINUTES = 2


def prices() -> dict[str, Decimal]:
    """Of this region, by unit; a unit without a price is left out."""
    region = settings.AWS_REGION
    told = {**PUBLISHED.get(region, {}), **settings.PGSPARK_RUN_PRICES.get(region, {})}
    return {unit: Decimal(str(price)) for unit, price in told.items()}


def cost_usd(resources: Mapping[str, float]) -> Decimal | None:
    """Dollars for what was billed; None where nothing was billed yet or a price is not known."""
    known = prices()
    if not resources or any(amount and unit not in known for unit, amount in resources.items()):
        return None
    return sum((Decimal(str(amount)) * known[unit] for unit, amount in resources.items() if amount), Decimal(0))


def most_usd(target: str, size: Size | None, minutes: int) -> Decimal | None:
    """The most that a run can cost: all its workers until its time limit. 0 here, None where a price is not known."""
    if target == Target.LOCAL:
        return Decimal(0)
    return cost_usd(_most_resources(target, size, minutes))


def _most_resources(target: str, size: Size | None, minutes: int) -> dict[str, float]:
    if target == Target.LAMBDA:
        seconds = min(minutes * 60 + _LAMBDA_BESIDES_SECONDS, lambda_settings.MOST_SECONDS)
        return {"gb_seconds": seconds * settings.PGSPARK_LAMBDA_MEMORY_MB / 1024}
    if size is None:
        return {}
    hours = (max(minutes, _LEAST_MINUTES) + _STOPPING_MINUTES) / 60
    disk = max(size.disk_gb - FREE_DISK_GB, 0) * (1 + size.executors)
    return {
        "vcpu_hours": hours * size.vcpus,
        "memory_gb_hours": hours * size.memory_gb,
        "storage_gb_hours": hours * disk,
    }
