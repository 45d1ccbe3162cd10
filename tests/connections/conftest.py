"""Every test starts without pools and without cached credentials; personas as everywhere."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from django.contrib.auth.models import Group, User

from connections import credentials
from connections.pool import close_pools


@dataclass(frozen=True)
class People:
    """`analyst` is in the group `analytics`, `outsider` in none, `staff` may use every connection."""

    analytics: Group
    analyst: User
    outsider: User
    staff: User


@pytest.fixture
def people(db: None) -> People:
    analytics = Group.objects.create(name="analytics")
    analyst = User.objects.create_user("analyst")
    analyst.groups.add(analytics)
    staff = User.objects.create_superuser("staff")
    return People(analytics, analyst, User.objects.create_user("outsider"), staff)


@pytest.fixture(autouse=True)
def clean_caches() -> Iterator[None]:
    credentials._slots.clear()
    yield
    close_pools()
