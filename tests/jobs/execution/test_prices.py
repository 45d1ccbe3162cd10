"""What runs cost: prices by region and unit, and no figure where one is missing."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from jobs.execution.base import Size
from jobs.execution.prices import cost_usd, most_usd
from jobs.setting_checks import settings_of_engines_are_sound
from jobs.states import Target

BILLED = {"vcpu_hours": 2.0, "memory_gb_hours": 8.0, "storage_gb_hours": 10.0}


def test_published_prices_hold_where_they_are_published() -> None:
    assert cost_usd(BILLED) == Decimal("0.152586")


def test_a_price_that_is_set_comes_first_unit_by_unit(settings: Any) -> None:
    settings.PGSPARK_RUN_PRICES = {"us-east-1": {"vcpu_hours": 0.05}}

    assert cost_usd({"vcpu_hours": 2.0, "memory_gb_hours": 1.0}) == Decimal("0.1057785")


def test_another_region_has_only_the_prices_that_are_set(settings: Any) -> None:
    settings.AWS_REGION = "eu-west-1"
    assert cost_usd(BILLED) is None
    settings.PGSPARK_RUN_PRICES = {"eu-west-1": {"vcpu_hours": 0.06, "memory_gb_hours": 0.006}}
    assert cost_usd(BILLED) is None, "storage was billed and has no price"

    assert cost_usd({**BILLED, "storage_gb_hours": 0.0}) == Decimal("0.168")


def test_what_was_not_billed_yet_costs_not_nothing() -> None:
    assert cost_usd({}) is None


def test_a_function_is_billed_by_gb_seconds() -> None:
    assert cost_usd({"gb_seconds": 600.0}) == Decimal("0.01000002")


def test_disk_costs_beyond_what_is_free() -> None:
    small, large = (Size(2, 4, 2, 8, 2, disk) for disk in (20, 120))
    hours = Decimal(62) / 60

    dearer = most_usd(Target.EMR, large, 60) - most_usd(Target.EMR, small, 60)  # type: ignore[operator]

    assert dearer == pytest.approx(hours * 300 * Decimal("0.000111"))


def test_a_function_costs_at_most_its_memory_until_its_time_limit(settings: Any) -> None:
    price = Decimal("0.0000166667")

    assert most_usd(Target.LAMBDA, None, 5) == 330 * 10 * price
    settings.PGSPARK_LAMBDA_MEMORY_MB = 3072
    assert most_usd(Target.LAMBDA, None, 2) == 150 * 3 * price
    assert most_usd(Target.LAMBDA, None, 60) == 900 * 3 * price


def test_the_service_takes_no_limit_below_five_minutes() -> None:
    size = Size(2, 4, 2, 8, 2)

    assert most_usd(Target.EMR, size, 1) == most_usd(Target.EMR, size, 5)


@pytest.mark.parametrize(
    "wrong",
    [[], {"us-east-1": 3}, {"us-east-1": {"cpu": 1}}, {"us-east-1": {"vcpu_hours": -1}}, {"x": {"gb_seconds": "1"}}],
)
def test_what_is_no_price_stops_the_start(settings: Any, wrong: Any) -> None:
    settings.PGSPARK_RUN_PRICES = wrong

    assert "jobs.E012" in [message.id for message in settings_of_engines_are_sound(None)]
