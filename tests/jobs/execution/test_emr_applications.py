"""Applications: their state with few questions, and starting them ahead within a day's limit."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from django.core.cache import cache
from django.core.cache.backends.base import BaseCache

from connections.errors import PortalError
from jobs import engines, tasks
from jobs.execution import emr_applications
from jobs.execution.emr_applications import application_state, warm_up, warmth
from jobs.models import CodeVersion
from tests.aws_shapes import service_model
from tests.emr import DATABASE, STANDARD, StandIn, wait_for

pytestmark = pytest.mark.usefixtures("no_waiting")


@pytest.fixture(autouse=True)
def empty_cache() -> Iterator[None]:
    cache.clear()
    yield
    cache.clear()


def starts(emr: StandIn, application_id: str = STANDARD) -> int:
    return len([call for call in emr.calls("StartApplication") if call["application_id"] == application_id])


def stop(emr: StandIn) -> None:
    """As if nobody had used it for a quarter of an hour."""
    emr.room(STANDARD, 15)
    cache.delete(f"emr-application-state:{STANDARD}")


def test_every_state_of_the_model_is_known() -> None:
    states = service_model("emr-serverless").shape_for("ApplicationState").enum

    assert {state: warmth(state) for state in states} == emr_applications._WARMTH
    assert warmth("DREAMING") == "cold"


def test_the_state_is_asked_for_once_in_a_while(emr: StandIn) -> None:
    assert [application_state(STANDARD) for _ in range(3)] == ["CREATED"] * 3
    assert len(emr.calls("GetApplication")) == 1


def test_an_application_that_is_down_is_started_and_its_new_state_seen(emr: StandIn) -> None:
    assert warm_up(STANDARD)
    wait_for(lambda: engines.look_at(STANDARD).warmth != "cold")

    assert starts(emr) == 1


def test_one_that_is_up_is_left_alone(emr: StandIn) -> None:
    warm_up(STANDARD)
    wait_for(lambda: engines.look_at(STANDARD).warmth != "cold")

    assert not warm_up(STANDARD)
    assert starts(emr) == 1


def test_a_day_has_so_many_starts_and_no_more(emr: StandIn, settings: Any) -> None:
    settings.PGSPARK_EMR_PRESTARTS_PER_DAY = 2
    for _ in range(2):
        warm_up(STANDARD)
        stop(emr)

    with pytest.raises(PortalError, match="WARM_UP_LIMIT"):
        warm_up(STANDARD)
    assert starts(emr) == 2
    assert warm_up(DATABASE)  # each application has a count of its own


def test_where_the_count_cannot_be_kept_nothing_is_started(emr: StandIn, monkeypatch: pytest.MonkeyPatch) -> None:
    """As `ForgivingRedisCache` answers while Redis is away."""
    backend = type(cache._connections[cache._alias])  # type: ignore[attr-defined]
    assert issubclass(backend, BaseCache)
    monkeypatch.setattr(backend, "add", lambda *args, **kwargs: True)
    monkeypatch.setattr(backend, "get", lambda self, key, default=None, version=None: default)

    with pytest.raises(PortalError, match="WARM_UP_LIMIT"):
        warm_up(STANDARD)
    assert starts(emr) == 0


def test_an_unknown_application_names_the_settings(emr: StandIn) -> None:
    with pytest.raises(PortalError) as caught:
        application_state("00fnotthere")

    assert "PGSPARK_EMR_APPLICATION_ID" in caught.value.hint


def test_a_quota_is_told(emr: StandIn) -> None:
    emr.fault("error", operation="StartApplication", code="ServiceQuotaExceededException", status=402)

    with pytest.raises(PortalError, match="EMR_QUOTA"):
        warm_up(STANDARD)


@pytest.mark.django_db
def test_code_that_is_being_written_starts_its_application_ahead(emr: StandIn, version: CodeVersion) -> None:
    tasks.prestart(version.pk)

    assert (starts(emr, DATABASE), starts(emr)) == (1, 0)


@pytest.mark.django_db
@pytest.mark.parametrize("wrong", ["limit", "throttled", "no engine"])
def test_nothing_hangs_on_the_start_ahead(emr: StandIn, version: CodeVersion, settings: Any, wrong: str) -> None:
    if wrong == "limit":
        settings.PGSPARK_EMR_PRESTARTS_PER_DAY = 0
    elif wrong == "no engine":
        settings.PGSPARK_TARGETS = []
    else:
        emr.fault("throttle", operation="GetApplication", count=50)

    tasks.prestart(version.pk)

    assert starts(emr, DATABASE) == 0


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("is_on", [False, True])
def test_the_start_ahead_is_asked_for_only_where_it_is_switched_on(
    emr: StandIn, version: CodeVersion, settings: Any, monkeypatch: pytest.MonkeyPatch, is_on: bool
) -> None:
    announced: list[str] = []
    monkeypatch.setattr(tasks, "_publish", lambda task, pk: announced.append(task.name))
    settings.PGSPARK_EMR_PRESTART = is_on

    tasks.wake_code(version)

    assert announced == ["jobs.tasks.advance_code", *(["jobs.tasks.prestart"] if is_on else [])]
