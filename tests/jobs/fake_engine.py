"""An engine that obeys the protocol, in the test's own process: one job per token, in the phase that the test sets."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from connections.errors import PortalError
from jobs.execution import registry
from jobs.execution.base import Handle, LogChunk, LogSource, Observation, Phase, Stream, Submission
from jobs.models import JobRun
from jobs.run_files import manifest_key, output_prefix
from jobs.states import Target


@dataclass
class FakeEngine:
    """`phases` are of single jobs, `phase` of all others; `asked` are the questions, each about some jobs."""

    phase: Phase = Phase.RUNNING
    phases: dict[str, Phase] = field(default_factory=dict)
    raw: str = ""
    reason: str = ""
    text: str = ""
    resources: dict[str, float] = field(default_factory=dict)
    jobs: dict[str, Submission] = field(default_factory=dict)
    submissions: int = 0
    asked: list[list[Handle]] = field(default_factory=list)
    cancelled: list[str] = field(default_factory=list)
    left_out: set[str] = field(default_factory=set)
    submit_error: Exception | None = None
    # Raised after the job was taken: the answer is lost on its way.
    answer_error: Exception | None = None
    observe_error: Exception | None = None
    cancel_error: PortalError | None = None
    # Where the log is said to be read, and the sources that were asked for.
    log_source: LogSource = field(default_factory=LogSource)
    log_sources: list[str] = field(default_factory=list)

    def submit(self, job: Submission) -> str:
        self.submissions += 1
        if self.submit_error:
            raise self.submit_error
        self.jobs.setdefault(job.token, job)
        if self.answer_error:
            raise self.answer_error
        return job.token

    def find(self, handle: Handle) -> str:
        return handle.token if handle.token in self.jobs else ""

    def withdraw(self, handle: Handle, *, because: PortalError) -> str:
        return self.find(handle)

    def observe(self, handles: Sequence[Handle]) -> dict[str, Observation]:
        self.asked.append(list(handles))
        if self.observe_error:
            raise self.observe_error
        ids = [handle.external_id for handle in handles if handle.external_id not in self.left_out]
        return {external_id: self._seen(self.phases.get(external_id, self.phase)) for external_id in ids}

    def cancel(self, handle: Handle) -> None:
        if self.cancel_error:
            raise self.cancel_error
        self.cancelled.append(handle.external_id)

    def log(self, handle: Handle, stream: Stream, *, start: int, limit: int, source: str = "") -> LogChunk:
        self.log_sources.append(source)
        end = len(self.text)
        return LogChunk(self.text[max(start, 0) :], min(max(start, 0), end), end, end, self.log_source)

    def remark(self, job: Submission) -> str:
        return ""

    def _seen(self, phase: Phase) -> Observation:
        said = self.raw or phase.upper()
        return Observation(phase, said, reason=self.reason, resources=self.resources)  # type: ignore[arg-type]


def use_engine(monkeypatch: pytest.MonkeyPatch, settings: Any, target: Target) -> FakeEngine:
    """A fake in the place of a target's engine, offered as the only one."""
    fake = FakeEngine()
    monkeypatch.setitem(registry._ENGINES, target, lambda: fake)
    monkeypatch.setitem(registry._LACKING, target, lambda: "")
    settings.PGSPARK_TARGETS = [target.value]
    return fake


def write_result(bucket: Path, run: JobRun, *, rows: int = 3, size: int = 4) -> None:
    """What a job leaves that ended well; `size` is what the manifest promises of its one file of 4 bytes."""
    folder = bucket / output_prefix(str(run.uuid))
    folder.mkdir(parents=True)
    (folder / "part-0.parquet").write_bytes(b"1234")
    manifest = {"rows": rows, "columns": [], "files": [{"name": "part-0.parquet", "size": size}]}
    (bucket / manifest_key(str(run.uuid))).write_text(json.dumps(manifest))
