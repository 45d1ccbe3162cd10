"""What people may do with EMR Serverless itself: see whether an application is up, start it, open a job's Spark UI."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import urlsplit

import structlog
from django.conf import settings

from connections.errors import PortalError
from jobs.execution.choosing import route_of
from jobs.execution.emr_applications import Warmth, application_state, warm_up, warmth
from jobs.execution.emr_serverless import EmrServerless
from jobs.execution.registry import handle_of, offered
from jobs.models import CodeVersion, JobRun
from jobs.states import Target

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class ApplicationLook:
    """`state` is the service's own word; `can_start` says that a person may start it now."""

    state: str
    warmth: Warmth
    can_start: bool


def look_at(application_id: str) -> ApplicationLook:
    """Asks the service, unless it was asked a moment ago. Raises PortalErrors."""
    state = application_state(application_id)
    meaning = warmth(state)
    return ApplicationLook(state, meaning, meaning == "cold" and settings.PGSPARK_EMR_PRESTARTS_PER_DAY > 0)


def start_application(application_id: str) -> None:
    """At a person's wish. Raises WARM_UP_LIMIT and other PortalErrors."""
    warm_up(application_id)


def prestart(version: CodeVersion) -> None:
    """Starts the application that the version will run on while its code is still being written.

    Nothing hangs on it: what goes wrong is in the log, and the run starts the application by itself.
    """
    try:
        chosen = route_of(version.sources)
        if chosen.target == Target.EMR and warm_up(chosen.application_id):
            log.info("application_started_ahead", application=chosen.application_id)
    except PortalError as error:
        log.info("application_not_started_ahead", code=error.code)


def has_spark_ui(run: JobRun) -> bool:
    return run.target == Target.EMR and bool(run.external_id) and Target.EMR in offered()


def spark_ui_address(run: JobRun) -> str:
    """An address that is good for an hour and for whoever has it: hand it on, keep it nowhere.

    Raises SPARK_UI_UNAVAILABLE and other PortalErrors.
    """
    if not has_spark_ui(run):
        raise PortalError("SPARK_UI_UNAVAILABLE")
    address = EmrServerless().spark_ui(handle_of(run))
    target = urlsplit(address)
    if target.scheme != "https" and target.hostname != "127.0.0.1":
        raise PortalError("SPARK_UI_UNAVAILABLE")
    return address
