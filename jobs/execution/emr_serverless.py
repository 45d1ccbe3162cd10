"""EMR Serverless: a job is started with the run's own token, so that starting it again starts nothing."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from connections.aws import client
from connections.errors import PortalError
from jobs.execution.base import Handle, LogChunk, Observation, Stream, Submission
from jobs.execution.emr_errors import emr_errors
from jobs.execution.emr_log_sources import read_log
from jobs.execution.emr_policy import session_policy
from jobs.execution.emr_questions import about, jobs_since
from jobs.execution.emr_request import is_named_for, start_request
from jobs.execution.emr_settings import emr_settings

# How the service refuses to cancel a job that has ended or is gone; `observe` tells which.
_TAKEN = "EMR_TOKEN_TAKEN"
_ENDED_ALREADY = (_TAKEN, "EMR_REFUSED", "EMR_NOT_FOUND")
# How long ago a job with our token and another request can have been started.
_TOKENS_LAST = timedelta(days=1)


class EmrServerless:
    """The engine `emr`."""

    def submit(self, job: Submission) -> str:
        if not job.application_id:
            raise PortalError("EMR_NOT_FOUND", application="(none)")
        request = start_request(job, emr_settings())
        try:
            with emr_errors("emr-serverless:StartJobRun", application=job.application_id):
                return client("emr-serverless").start_job_run(**request)["jobRunId"]
        except PortalError as error:
            if error.code == _TAKEN:
                self._stop_other(job)
            raise

    def observe(self, handles: Sequence[Handle]) -> dict[str, Observation]:
        seen: dict[str, Observation] = {}
        failure: PortalError | None = None
        for application, group in _by_application(handles).items():
            try:
                seen |= about(application, group)
            except PortalError as error:
                failure = error
        wanted = {handle.external_id: seen[handle.external_id] for handle in handles if handle.external_id in seen}
        if failure and not wanted:
            raise failure
        return wanted

    def cancel(self, handle: Handle) -> None:
        try:
            with emr_errors("emr-serverless:CancelJobRun", application=handle.application_id):
                client("emr-serverless").cancel_job_run(
                    applicationId=handle.application_id, jobRunId=handle.external_id
                )
        except PortalError as error:
            if error.code not in _ENDED_ALREADY:
                raise

    def log(self, handle: Handle, stream: Stream, *, start: int, limit: int, source: str = "") -> LogChunk:
        return read_log(handle, stream, start=start, limit=limit, source=source)

    def remark(self, job: Submission) -> str:
        widened = session_policy(job, emr_settings()).widened
        if not widened:
            return ""
        return f"Its rights are wider than it needs, to fit the 2 048 characters of AWS: {'; '.join(widened)}."

    def find(self, handle: Handle) -> str:
        """The id of the job that was started with the handle's token, empty when there is none.

        For a run whose submission may have been cut off, before its token is used once more after a long time.
        """
        for page in jobs_since(handle.application_id, [handle]):
            for job in page:
                if is_named_for(job.get("name", ""), handle.token):
                    return job["id"]
        return ""

    def withdraw(self, handle: Handle, *, because: PortalError) -> str:
        """A token that was taken is another request's: its job has just been stopped, and is not the run's."""
        return "" if because.code == _TAKEN else self.find(handle)

    def spark_ui(self, handle: Handle) -> str:
        """An address of the job's Spark UI, good for an hour and for whoever has it: never store it, never log it.

        Raises SPARK_UI_UNAVAILABLE, and what `emr_errors` raises.
        """
        try:
            with emr_errors("emr-serverless:GetDashboardForJobRun", application=handle.application_id):
                answer = client("emr-serverless").get_dashboard_for_job_run(
                    applicationId=handle.application_id, jobRunId=handle.external_id
                )
        except PortalError as error:
            if error.code in ("EMR_NOT_FOUND", "EMR_REFUSED"):
                raise PortalError("SPARK_UI_UNAVAILABLE") from error
            raise
        if not answer.get("url"):
            raise PortalError("SPARK_UI_UNAVAILABLE")
        return answer["url"]

    def _stop_other(self, job: Submission) -> None:
        """The job that has our token with another request: nobody would look after it, so it must not run on."""
        handle = Handle(job.token, "", job.application_id, datetime.now(UTC) - _TOKENS_LAST)
        external_id = self.find(handle)
        if external_id:
            self.cancel(Handle(job.token, external_id, job.application_id))


def _by_application(handles: Sequence[Handle]) -> dict[str, list[Handle]]:
    groups: dict[str, list[Handle]] = defaultdict(list)
    for handle in handles:
        groups[handle.application_id].append(handle)
    return groups
