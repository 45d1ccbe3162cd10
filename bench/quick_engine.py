"""An engine whose jobs take moments: files in a folder, with EMR's rule for tokens and its ways to fail.

A token that is known is the same job. Answers get lost after their effect, questions are throttled, and each job keeps
its record, so that what a crash did to it can be counted afterwards.
"""

from __future__ import annotations

import contextlib
import json
import os
import random
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from connections.errors import PortalError
from connections.object_store import store
from jobs.execution.base import Handle, LogChunk, Observation, Phase, Stream, Submission

LOST_ANSWERS = 0.05
THROTTLED = 0.05
MOST_SECONDS = 4.0

# A link beside the job's record that leads nowhere: its target is the word for how the job ended.
_END = ".end"
_PHASES = {"RUNNING": Phase.RUNNING, "SUCCESS": Phase.SUCCEEDED, "CANCELLED": Phase.CANCELLED}


class QuickEngine:
    """See `jobs.execution.base.Engine`."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def submit(self, job: Submission) -> str:
        _may_fail(THROTTLED)
        path = self._folder / job.token
        record = {"output": job.output_uri, "ends": time.time() + random.uniform(0, MOST_SECONDS)}
        part = path.with_name(f".{job.token}.{os.getpid()}.{time.monotonic_ns()}")
        part.write_text(json.dumps(record))
        # First: the job would write it itself, whatever became of the worker that is killed in here.
        _write_result(job.manifest_uri)
        try:
            os.link(part, path)  # whole, or not at all, and never a second time
        except FileExistsError:
            pass
        finally:
            part.unlink()
        _may_fail(LOST_ANSWERS)
        return job.token

    def find(self, handle: Handle) -> str:
        return handle.token if (self._folder / handle.token).exists() else ""

    def withdraw(self, handle: Handle, *, because: PortalError) -> str:
        return self.find(handle)

    def observe(self, handles: Sequence[Handle]) -> dict[str, Observation]:
        _may_fail(THROTTLED)
        return {handle.external_id: self._observe(handle) for handle in handles}

    def cancel(self, handle: Handle) -> None:
        _may_fail(THROTTLED)
        path = self._folder / handle.external_id
        if phase_of(path, json.loads(path.read_text()))[0] == Phase.RUNNING:
            _end(path, "CANCELLED")
        _may_fail(LOST_ANSWERS)

    def log(self, handle: Handle, stream: Stream, *, start: int, limit: int, source: str = "") -> LogChunk:
        return LogChunk("", 0, 0, 0)

    def remark(self, job: Submission) -> str:
        return ""

    def _observe(self, handle: Handle) -> Observation:
        job = _read(self._folder / handle.external_id)
        if job is None:
            return Observation(Phase.LOST, "GONE")
        return Observation(*phase_of(self._folder / handle.external_id, job))


def phase_of(path: Path, job: Mapping[str, Any]) -> tuple[Phase, str]:
    """Where the job is. The end that is noted first is its end, whoever looks or cancels at the same moment."""
    if time.time() > job["ends"]:
        _end(path, "SUCCESS")
    word = _end_of(path)
    return _PHASES[word], word


def _end(path: Path, word: str) -> None:
    with contextlib.suppress(FileExistsError):
        path.with_name(path.name + _END).symlink_to(word)  # whole, or not at all, and never a second time


def _end_of(path: Path) -> str:
    try:
        return str(path.with_name(path.name + _END).readlink())
    except FileNotFoundError:
        return "RUNNING"


def jobs_of(folder: Path) -> Iterator[tuple[Path, dict[str, Any]]]:
    """Every job that was ever started."""
    for path in folder.iterdir():
        if not path.name.startswith(".") and not path.name.endswith(_END):
            yield path, json.loads(path.read_text())


def _read(path: Path) -> dict[str, Any] | None:
    try:
        record: dict[str, Any] = json.loads(path.read_text())
    except FileNotFoundError:
        return None
    return record


def _write_result(manifest_uri: str) -> None:
    manifest = {"rows": 0, "columns": [], "files": [], "limit_reached": False}
    store().put(manifest_uri.split("/", 3)[3], json.dumps(manifest).encode())


def _may_fail(share: float) -> None:
    if random.random() < share:
        raise PortalError("AWS_UNREACHABLE", service="the engine")
