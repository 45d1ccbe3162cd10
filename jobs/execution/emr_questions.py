"""What EMR Serverless is asked about jobs: lists of many and single ones, a few calls at once whatever happens.

Hundreds of runs are some lists. Where many end in one moment, those that find no room are asked about the next time.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from django.core.cache import cache

from connections.aws import client
from connections.errors import PortalError
from jobs.execution.base import LATER, Handle, Observation, Phase
from jobs.execution.emr_errors import emr_errors
from jobs.execution.emr_states import ACTIVE, ENDED, GONE, observation

if TYPE_CHECKING:
    from mypy_boto3_emr_serverless.type_defs import JobRunSummaryTypeDef

    _Page = Sequence[JobRunSummaryTypeDef]

_PAGE = 50
# Calls for one question about an application's runs; the list of those that run is read to its end all the same.
MOST_CALLS = 6
# Beyond this the rest is asked about one by one: others may have many jobs on the same application.
MOST_PAGES = 20
# The service's clock and ours may differ by this much.
_SLACK = timedelta(minutes=15)
# A job that was started this moment may not be found everywhere yet.
_SETTLING = timedelta(seconds=30)
_SINGLE_SHARE = 0.2
# Which jobs of an application had no room in the last question, and for how long that is kept.
_WAITING, _WAITING_SECONDS = "emr-waiting:{}", 60


def about(application: str, handles: Sequence[Handle]) -> dict[str, Observation]:
    """Of each of the jobs, which are all of that application. Raises what `emr_errors` raises.

    Jobs that had no room in the last question come first, and by themselves if there are several.
    """
    if len(handles) == 1:
        return {handle.external_id: _single(handle) for handle in handles}
    waiting = _waiting(application, handles)
    if len(waiting) > 1:
        others = dict.fromkeys((handle.external_id for handle in handles), LATER)
        return others | _missing(application, waiting, room=MOST_CALLS)
    seen, pages = _active(application, handles)
    missing = [handle for handle in handles if handle.external_id not in seen]
    return seen | _missing(application, missing, room=max(MOST_CALLS - pages, 1))


def jobs_since(application: str, handles: Sequence[Handle], states: Sequence[str] = ()) -> Iterator[_Page]:
    """Pages of jobs in those states, any by default, the newest first, down to before the oldest of the handles."""
    since = _since(handles)
    request: dict[str, Any] = {"applicationId": application, "maxResults": _PAGE}
    request |= {"createdAtAfter": since} if since else {}
    request |= {"states": list(states)} if states else {}
    for _ in range(MOST_PAGES):
        with emr_errors("emr-serverless:ListJobRuns", application=application):
            page = client("emr-serverless").list_job_runs(**request)
        yield page["jobRuns"]
        if not page.get("nextToken"):
            return
        request["nextToken"] = page["nextToken"]


def _active(application: str, handles: Sequence[Handle]) -> tuple[dict[str, Observation], int]:
    """The jobs of the application that have not ended, until all of ours are among them; and how many pages it took.

    Ours that are not among them have ended, or are in a state that is not known here.
    """
    seen: dict[str, Observation] = {}
    wanted, pages = {handle.external_id for handle in handles}, 0
    for page in jobs_since(application, handles, ACTIVE):
        seen |= {job["id"]: observation(job) for job in page}
        pages += 1
        if wanted <= seen.keys():
            break
    return seen, pages


def _missing(application: str, handles: Sequence[Handle], *, room: int) -> dict[str, Observation]:
    """One by one where there is room, for then their bill is told too; else from lists, and some of the others."""
    listing = _lists(len(handles), room)
    seen = _ended(application, handles, most=listing) if listing else {}
    rest = [handle for handle in handles if handle.external_id not in seen]
    # Drawn by lot: a job that is never found must not keep the others from being asked about.
    asked = random.sample(rest, min(room - listing, len(rest)))
    later = {handle.external_id: LATER for handle in rest if handle not in asked}
    cache.set(_WAITING.format(application), list(later), _WAITING_SECONDS)
    return seen | later | {handle.external_id: _single(handle) for handle in asked}


def _lists(jobs: int, room: int) -> int:
    """How many calls are for lists. The only one is for a single job now and then: a list may hold none of ours."""
    if jobs <= room or (room == 1 and random.random() < _SINGLE_SHARE):
        return 0
    return min(-(-jobs // _PAGE), max(room - 1, 1))


def _waiting(application: str, handles: Sequence[Handle]) -> list[Handle]:
    """Those that the last question had no room for. Where that is not known any more it only takes longer."""
    known = set(cache.get(_WAITING.format(application), ()))
    return [handle for handle in handles if handle.external_id in known]


def _ended(application: str, handles: Sequence[Handle], *, most: int) -> dict[str, Observation]:
    """Those of the jobs that are on the first pages of what has ended."""
    wanted = {handle.external_id for handle in handles}
    seen: dict[str, Observation] = {}
    for _, page in zip(range(most), jobs_since(application, handles, ENDED), strict=False):
        seen |= {job["id"]: observation(job) for job in page if job["id"] in wanted}
    return seen


def _single(handle: Handle) -> Observation:
    try:
        with emr_errors("emr-serverless:GetJobRun", application=handle.application_id):
            answer = client("emr-serverless").get_job_run(
                applicationId=handle.application_id, jobRunId=handle.external_id
            )
    except PortalError as error:
        if error.code != "EMR_NOT_FOUND":
            raise
        is_new = handle.submitted_at and datetime.now(UTC) - handle.submitted_at < _SETTLING
        return Observation(Phase.WAITING, "SUBMITTED") if is_new else GONE
    return observation(answer["jobRun"])


def _since(handles: Sequence[Handle]) -> datetime | None:
    """Before the oldest of them was handed over; None, for all there are, when one's time is not known."""
    times = [handle.submitted_at for handle in handles]
    return min(time for time in times if time) - _SLACK if all(times) else None
