"""The API's world: the personas, a connection to the sample shop, a session with tables, code and runs."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from django.contrib.auth.models import User

import catalog.operations
import jobs.operations
from catalog.models import AnalysisSession
from catalog.types import TableRef
from connections import credentials
from connections.models import DatabaseConnection
from connections.pool import close_pools
from jobs.models import CodeVersion, JobRun
from pgspark_site.local_stack.shop import Shop
from tests.api.client import ApiClient
from tests.connections.factories import make_connection, make_secret
from tests.jobs.conftest import (  # noqa: F401  (fixtures)
    People,
    bucket,
    failed,
    finished,
    people,
    running,
    shared_session,
    store_result,
)
from tests.jobs.factories import TRANSFORM

ClientFor = Callable[[User], ApiClient]


@pytest.fixture(autouse=True)
def clean_caches() -> Iterator[None]:
    credentials._slots.clear()
    yield
    close_pools()


@pytest.fixture
def as_user() -> ClientFor:
    return ApiClient.of


@pytest.fixture
def owner(people: People) -> ApiClient:  # noqa: F811
    return ApiClient.of(people.owner)


@pytest.fixture
def connection(aws: str, people: People, sample_shop: Shop) -> DatabaseConnection:  # noqa: F811
    """`shop`, to the sample shop, open to the owner's group."""
    secret = make_secret(username=sample_shop.user, password=sample_shop.password, database=sample_shop.database)
    made = make_connection("shop", secret)
    made.groups.add(people.owner.groups.get())
    return made


@pytest.fixture
def session(
    shared_session: AnalysisSession,  # noqa: F811
    connection: DatabaseConnection,
    sample_shop: Shop,
) -> AnalysisSession:
    """The owner's session, shared with the group, with customers and orders picked."""
    refs = [TableRef(sample_shop.database, "public", name) for name in ("customers", "orders")]
    catalog.operations.add_sources(session=shared_session, user=shared_session.owner, connection=connection, refs=refs)
    return shared_session


@pytest.fixture
def version(session: AnalysisSession) -> CodeVersion:
    """Number 1 of the session's code, ready to run."""
    return jobs.operations.save_edit(
        session=session, transform=TRANSFORM, by=session.owner, prompt="Top 10 customers by total order amount"
    )


@pytest.fixture
def world(session: AnalysisSession, finished: JobRun, failed: JobRun, running: JobRun) -> AnalysisSession:  # noqa: F811
    """The session with everything that can be in one."""
    return session
