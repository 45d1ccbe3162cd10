"""What a job does while it is RUNNING: nothing but wait, or the very script on Spark of this machine."""

from __future__ import annotations

import json
import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Protocol

from pgspark_site.local_stack.emr_stand_in.faults import JobFault
from pgspark_site.local_stack.stand_in.results import no_rows
from pgspark_site.local_stack.stand_in.store import Folder

OK = "Job completed successfully"
FAILED = "Job failed, please check complete logs in configured logging destination. ExitCode: {code}."
_STREAMS = ("stdout", "stderr")


@dataclass(frozen=True, slots=True)
class Task:
    """A job's id, the address of its script, where its logs go, how long it may run, and what it may read."""

    job_id: str
    script_uri: str
    log_uri: str
    timeout: timedelta
    glue_tables: tuple[str, ...] = ()
    inputs: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Ending:
    succeeded: bool
    details: str


class Work(Protocol):
    def ended(self) -> Ending | None: ...

    def stop(self) -> None: ...


class Pretence:
    """Waits, then leaves what a script leaves that found no rows: an empty result's manifest, and a log."""

    def __init__(self, task: Task, store: Folder, seconds: float, fault: JobFault) -> None:
        self._task, self._store, self._fault = task, store, fault
        self._until = time.monotonic() + seconds
        self._log("stdout", fault.stdout or "pgspark: reading\n")
        self._log("stderr", f"{datetime.now(UTC):%y/%m/%d %H:%M:%S} INFO SparkContext: Running Spark version 3.5.6\n")

    def ended(self) -> Ending | None:
        if time.monotonic() < self._until:
            return None
        if self._fault.fail:
            self._log("stderr", self._fault.stderr)
            return Ending(False, self._fault.details)
        folder = self._task.script_uri.rpartition("/")[0]
        self._store.put(f"{folder}/manifest.json", json.dumps(no_rows()).encode())
        self._log("stdout", "pgspark: 0 rows written\n")
        return Ending(True, OK)

    def stop(self) -> None:
        self._log("stderr", "WARN SparkContext: stopped\n")

    def _log(self, stream: str, text: str) -> None:
        if text and self._task.log_uri:
            self._store.append_packed(f"{self._task.log_uri}{stream}.gz", text.encode())


class OnSpark:
    """The script by the portal's own local engine; its output reaches the store as the service's logs do.

    Needs Django's settings: `__main__.py` loads them.
    """

    def __init__(self, task: Task, store: Folder) -> None:
        from jobs.execution.base import Access, Handle, Submission
        from jobs.execution.local_spark import LocalSpark

        self._task, self._store, self._engine = task, store, LocalSpark()
        self._handle = Handle(task.job_id, task.job_id)
        self._read = dict.fromkeys(_STREAMS, 0)
        script = store.get(task.script_uri)
        self._missing = script is None
        if script is not None:
            # The service ends a job at its limit; the engine's own limit is only there in case it does not.
            limit = task.timeout + timedelta(minutes=5)
            job = Submission(
                token=task.job_id,
                name="",
                script=script.decode(),
                timeout=limit,
                output_uri=f"{task.script_uri.rpartition('/')[0]}/output/",
                access=Access(glue_tables=task.glue_tables, inputs=task.inputs),
            )
            self._engine.submit(job)

    def ended(self) -> Ending | None:
        from jobs.execution.base import Phase

        if self._missing:
            return Ending(False, f"{FAILED.format(code=1)} Last few exceptions: the entry point does not exist")
        seen = self._engine.observe([self._handle])[self._handle.external_id]
        self._pass_on_logs()
        if seen.phase in (Phase.WAITING, Phase.RUNNING):
            return None
        if seen.phase == Phase.SUCCEEDED:
            return Ending(True, OK)
        return Ending(False, FAILED.format(code=137 if seen.reason == "memory" else 1))

    def stop(self) -> None:
        self._engine.cancel(self._handle)
        self._pass_on_logs()

    def _pass_on_logs(self) -> None:
        for stream in _STREAMS:
            chunk = self._engine.log(self._handle, stream, start=self._read[stream], limit=1 << 20)  # type: ignore[arg-type]
            if chunk.text:
                self._store.append_packed(f"{self._task.log_uri}{stream}.gz", chunk.text.encode())
            self._read[stream] = chunk.end
