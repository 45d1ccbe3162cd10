"""The applications of EMR Serverless: whether one is up, and starting it before a run needs it."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Literal

from django.conf import settings
from django.core.cache import cache

from connections.aws import client
from connections.errors import PortalError
from jobs.execution.emr_errors import emr_errors

Warmth = Literal["warm", "warming", "cold", "gone"]
_WARMTH: dict[str, Warmth] = {
    "STARTED": "warm",
    "STARTING": "warming",
    "CREATING": "warming",
    "CREATED": "cold",
    "STOPPING": "cold",
    "STOPPED": "cold",
    "TERMINATED": "gone",
}
_REMEMBERED_SECONDS = 20
_DAY_SECONDS = 24 * 3600


def application_state(application_id: str) -> str:
    """The service's own word, at most 20 s old. Raises what `emr_errors` raises."""
    key = f"emr-application-state:{application_id}"
    state: str | None = cache.get(key)
    if state is None:
        with emr_errors("emr-serverless:GetApplication", application=application_id):
            state = client("emr-serverless").get_application(applicationId=application_id)["application"]["state"]
        cache.set(key, state, _REMEMBERED_SECONDS)
    return state


def warmth(state: str) -> Warmth:
    """What a state means for how soon a job starts; an unknown one promises nothing."""
    return _WARMTH.get(state, "cold")


def warm_up(application_id: str) -> bool:
    """Starts the application if it is not up; False when it is, or is on its way.

    Raises WARM_UP_LIMIT after PGSPARK_EMR_PRESTARTS_PER_DAY starts of it in a day, and what `emr_errors` raises.
    """
    if warmth(application_state(application_id)) != "cold":
        return False
    _count(application_id)
    with emr_errors("emr-serverless:StartApplication", application=application_id):
        client("emr-serverless").start_application(applicationId=application_id)
    cache.delete(f"emr-application-state:{application_id}")
    return True


def _count(application_id: str) -> None:
    """Each start takes a numbered place of the day; where none can be taken or kept, nothing is started."""
    most = settings.PGSPARK_EMR_PRESTARTS_PER_DAY
    place = f"emr-start:{application_id}:{datetime.now(UTC):%Y-%m-%d}"
    for number in range(most):
        key, mine = f"{place}:{number}", f"{datetime.now(UTC).timestamp()}"
        if cache.add(key, mine, _DAY_SECONDS) and cache.get(key) == mine:
            return
    raise PortalError("WARM_UP_LIMIT", count=most)
