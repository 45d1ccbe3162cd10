"""Every test starts without pools and without cached credentials; personas as everywhere."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from django.contrib.auth.models import Group, User

from connections import credentials
from connections.pool import close_pools
from tests.connections.tls_servers import Authority, TlsPostgres, tls_postgres


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


@pytest.fixture(scope="session")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority.new(tmp_path_factory.mktemp("authority") / "ca.pem")


@pytest.fixture(scope="session")
def encrypted(tmp_path_factory: pytest.TempPathFactory, authority: Authority) -> Iterator[TlsPostgres]:
    """A real PostgreSQL with TLS, by a certificate of `authority`."""
    folder = tmp_path_factory.mktemp("tls")
    folder.chmod(0o755)
    with tls_postgres(folder, authority) as server:
        yield server


@pytest.fixture
def trusted(authority: Authority, settings: Any) -> Authority:
    """The portal knows `authority`."""
    settings.PGSPARK_CA_BUNDLE = str(authority.bundle)
    return authority


@pytest.fixture(autouse=True)
def clean_caches() -> Iterator[None]:
    credentials._slots.clear()
    yield
    close_pools()
