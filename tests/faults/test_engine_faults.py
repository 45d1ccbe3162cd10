"""What befalls jobs themselves, on this machine or many at once, and a secret that changes before a job reads it."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from django.db.models.functions import Now

from connections.credentials import credentials_for
from jobs import supervisor, tasks
from jobs.execution import local_runner
from jobs.models import CodeVersion, JobRun
from jobs.script.assemble import _part
from jobs.states import RunState, Target
from tests.connections.factories import make_connection, make_secret
from tests.emr import StandIn, wait_for
from tests.faults.conftest import emr_run
from tests.faults.steps import comes_due, history
from tests.jobs.factories import RunFactory

AT_ONCE, ROOM = 50, 15
StartLocal = Callable[[str], tuple[JobRun, Path]]


@pytest.fixture
def start_local(version: CodeVersion, bucket: Path, tmp_path: Path, settings: Any) -> StartLocal:
    """A run of this machine whose job is any Python, in place of Spark, under the real runner."""
    settings.PGSPARK_LOCAL_RUNS_DIR = tmp_path / "jobs"

    def begin(program: str) -> tuple[JobRun, Path]:
        run = RunFactory(code_version=version, state=RunState.RUNNING, target=Target.LOCAL, external_id="run-1")
        run.events.create(from_state=RunState.SUBMITTING, to_state=RunState.RUNNING, actor="portal")
        folder = tmp_path / "jobs" / "run-1"
        folder.mkdir(parents=True)
        job = {"command": [sys.executable, "-c", program], "env": dict(os.environ), "timeout_seconds": 600}
        (folder / "job.json").write_text(json.dumps(job))
        subprocess.run([sys.executable, "-I", local_runner.__file__, str(folder)], check=True, timeout=60)
        return run, folder

    return begin


def failed_with(run: JobRun, folder: Path) -> str:
    """How the portal explains the job's end."""
    wait_for((folder / "exit.json").exists)
    comes_due(run)
    supervisor.watch_runs(run.target, run.application_id)
    run.refresh_from_db()
    assert (run.state, history(run)[-1]) == (RunState.FAILED, RunState.FAILED)
    assert run.failure["hint"]
    return str(run.failure_code)


def test_spark_is_killed_for_its_memory(start_local: StartLocal, db: None) -> None:
    """Fault 24: the kernel ends it by SIGKILL, without a word in its log."""
    run, folder = start_local("import time; time.sleep(600)")
    wait_for((folder / "process_group").exists)
    wait_for(lambda: (folder / "process_group").read_text() != "")
    os.killpg(int((folder / "process_group").read_text()), signal.SIGKILL)
    assert failed_with(run, folder) == "OUT_OF_MEMORY"


def test_the_disk_is_full(start_local: StartLocal, db: None) -> None:
    """Fault 25: a file that refuses every byte, as a full disk does."""
    run, folder = start_local("open('/dev/full', 'wb', buffering=0).write(b'a row')")
    assert failed_with(run, folder) == "RUN_DISK_FULL"


def test_a_secret_that_is_rotated_between_picking_and_running(aws: str, db: None) -> None:
    """Fault 21: the portal has read it; the job, which reads it for itself when it runs, has the new one."""
    secret = make_secret(username="reader", password="of-yesterday")
    picked = credentials_for(make_connection(secret=secret))
    secret.rotate(password="of-today")

    script: dict[str, Any] = {}
    exec(_part("postgres.tmpl"), script)
    login = script["_login"](secret.arn, "shop", "require")

    assert (picked.password.reveal(), login["password"]) == ("of-yesterday", "of-today")


def test_of_fifty_runs_at_once_none_starves(
    version: CodeVersion, bucket: Path, emr: StandIn, db: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The service has room for fifteen. Every run ends well, with one job, and they were started in their order."""
    monkeypatch.setattr(tasks, "_publish", lambda task, *arguments: task.run(*arguments))
    runs = [emr_run(version) for _ in range(AT_ONCE)]

    def all_ended() -> bool:
        JobRun.objects.active().update(next_action_at=Now())
        tasks.sweep()
        return not JobRun.objects.active().exists()

    wait_for(partial(all_ended), within=120)

    assert {run.state for run in JobRun.objects.all()} == {RunState.SUCCEEDED}
    assert sorted(job["token"] for job in emr.jobs) == sorted(run.client_token for run in runs)
    assert all(history(run) == ["SUBMITTING", "RUNNING", "COLLECTING", "SUCCEEDED"] for run in runs)
