"""The runner's folder protocol, with small commands in place of Spark."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from jobs.execution import local_runner
from jobs.execution.base import Handle, Observation, Phase
from jobs.execution.local_spark import LocalSpark

RUNNER = Path(local_runner.__file__)
Prepare = Callable[..., Path]


@pytest.fixture
def prepare(tmp_path: Path, settings: pytest.FixtureRequest) -> Prepare:
    """Writes a job's folder, as `LocalSpark.submit` does, for any command."""
    settings.PGSPARK_LOCAL_RUNS_DIR = tmp_path  # type: ignore[attr-defined]

    def write(command: list[str], timeout_seconds: float = 30) -> Path:
        folder = tmp_path / "run-1"
        folder.mkdir()
        job = {"command": command, "env": dict(os.environ), "timeout_seconds": timeout_seconds}
        (folder / "job.json").write_text(json.dumps(job))
        return folder

    return write


def start(folder: Path) -> None:
    subprocess.run([sys.executable, "-I", str(RUNNER), str(folder)], check=True, timeout=10)


def wait_for(condition: Callable[[], object], seconds: float = 20) -> None:
    give_up = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < give_up, "it did not happen in time"
        time.sleep(0.02)


HANDLE = Handle("run-1", "run-1")


def seen() -> Observation:
    return LocalSpark().observe([HANDLE])["run-1"]


def phase() -> Phase:
    return seen().phase


def test_a_job_that_ends_well_is_seen_as_succeeded(prepare: Prepare) -> None:
    folder = prepare([sys.executable, "-c", "print('hello')"])
    start(folder)
    wait_for(lambda: phase() == Phase.SUCCEEDED)
    assert (folder / "stdout").read_text() == "hello\n"


def test_many_starts_run_the_command_once(prepare: Prepare) -> None:
    folder = prepare([sys.executable, "-c", "print('once')"])
    for _ in range(5):
        start(folder)
    wait_for(lambda: phase() == Phase.SUCCEEDED)
    start(folder)
    time.sleep(0.3)
    assert (folder / "stdout").read_text() == "once\n"


def test_a_job_that_never_ends_is_stopped_at_its_time_limit(prepare: Prepare) -> None:
    folder = prepare([sys.executable, "-c", "import time; time.sleep(600)"], timeout_seconds=0.3)
    start(folder)
    wait_for(lambda: phase() == Phase.FAILED)
    assert seen().reason == "timeout"


def test_cancel_stops_the_whole_process_group(prepare: Prepare) -> None:
    child = "import subprocess, sys; subprocess.run([sys.executable, '-c', 'import time; time.sleep(600)'])"
    folder = prepare([sys.executable, "-c", child])
    start(folder)
    wait_for((folder / "process_group").exists)
    group = int((folder / "process_group").read_text())
    LocalSpark().cancel(HANDLE)
    wait_for(lambda: phase() == Phase.CANCELLED)
    wait_for(lambda: not _running_in(group))


def test_a_job_cancelled_before_it_starts_never_starts(prepare: Prepare) -> None:
    folder = prepare([sys.executable, "-c", "print('ran')"])
    LocalSpark().cancel(HANDLE)
    start(folder)
    wait_for(lambda: phase() == Phase.CANCELLED)
    assert not (folder / "stdout").exists()


def test_a_killed_runner_takes_its_job_along_and_the_job_is_lost(prepare: Prepare) -> None:
    folder = prepare([sys.executable, "-c", "import time; time.sleep(600)"])
    start(folder)
    wait_for((folder / "process_group").exists)
    child = int((folder / "process_group").read_text())
    os.kill(_parent_of(child), signal.SIGKILL)
    wait_for(lambda: phase() == Phase.LOST)
    wait_for(lambda: not _runs(child))


def test_a_job_whose_runner_has_not_started_yet_waits(prepare: Prepare) -> None:
    prepare(["true"])
    assert phase() == Phase.WAITING


def test_an_unknown_job_is_lost(prepare: Prepare) -> None:
    assert phase() == Phase.LOST


def test_a_command_that_cannot_be_started_says_so(prepare: Prepare) -> None:
    folder = prepare([str(folder_that_is_missing() / "spark-submit")])
    start(folder)
    wait_for(lambda: phase() == Phase.FAILED)
    assert seen().reason == "start"
    assert "could not be started" in LocalSpark().log(HANDLE, "stderr", start=0, limit=1000).text


def folder_that_is_missing() -> Path:
    return Path("/nonexistent")


def _parent_of(pid: int) -> int:
    return int(_field(pid, 1))


def _running_in(group: int) -> list[int]:
    """The live processes of a process group; a dead one that nobody has reaped yet does not count."""
    pids = [int(path.name) for path in Path("/proc").iterdir() if path.name.isdecimal()]
    return [pid for pid in pids if _runs(pid) and _field(pid, 2) == str(group)]


def _field(pid: int, number: int) -> str:
    """A field of /proc/PID/stat after the command's name: 0 state, 1 parent, 2 process group; empty when gone."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[number]
    except (FileNotFoundError, ProcessLookupError):
        return ""


def _runs(pid: int) -> bool:
    return _field(pid, 0) not in ("", "Z")
