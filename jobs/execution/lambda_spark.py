"""Spark on Lambda: an event is handed over as often as it takes, and a claim in the store makes one job of them all."""

from __future__ import annotations

from collections.abc import Sequence

from connections.aws import client
from connections.errors import PortalError
from jobs.execution import lambda_settings
from jobs.execution.base import Handle, LogChunk, Observation, Stream, Submission
from jobs.execution.lambda_errors import lambda_errors
from jobs.execution.lambda_events import payload
from jobs.execution.lambda_state import JobState, state_of
from jobs.models import database_now


class LambdaSpark:
    """The engine `lambda`. Its id of a job is the job's token."""

    def submit(self, job: Submission) -> str:
        """An event that is handed over twice is harmless; one whose job has been claimed is not handed over again."""
        if not JobState.of(job.log_uri, job.token).is_claimed():
            function = lambda_settings.function()
            with lambda_errors(function=function):
                client("lambda").invoke(FunctionName=function, InvocationType="Event", Payload=payload(job))
        return job.token

    def find(self, handle: Handle) -> str:
        return handle.token if state_of(handle).is_claimed() else ""

    def withdraw(self, handle: Handle, *, because: PortalError) -> str:
        return "" if state_of(handle).take("withdrawn") else handle.token

    def observe(self, handles: Sequence[Handle]) -> dict[str, Observation]:
        """One list of a few objects, and one or two of them, for each job."""
        seen: dict[str, Observation] = {}
        failure: PortalError | None = None
        now = database_now()
        for handle in handles:
            try:
                seen[handle.external_id] = state_of(handle).look(now=now, submitted_at=handle.submitted_at)
            except PortalError as error:
                failure = error
        if failure and not seen:
            raise failure
        return seen

    def cancel(self, handle: Handle) -> None:
        """A job that no function has begun with never begins; one that runs is stopped by its function, in seconds."""
        state = state_of(handle)
        if not state.take("cancelled"):
            state.ask_to_stop()

    def log(self, handle: Handle, stream: Stream, *, start: int, limit: int, source: str = "") -> LogChunk:
        return state_of(handle).log(stream, start=start, limit=limit)

    def remark(self, job: Submission) -> str:
        return ""
