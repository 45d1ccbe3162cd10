"""Files of runs are kept for their days and then deleted; what a page says of such a run."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from connections.errors import PortalError
from connections.folder_store import FolderStore
from jobs import results, retention
from jobs.execution import local_runner
from jobs.models import JobRun
from jobs.states import RunState

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def machine(tmp_path: Path, settings: Any) -> Path:
    settings.PGSPARK_LOCAL_RUNS_DIR = str(tmp_path / "runs")
    return tmp_path / "runs"


def expire(run: JobRun) -> None:
    JobRun.objects.filter(pk=run.pk).update(expires_at=timezone.now() - timedelta(seconds=1))


def files_of(run: JobRun, bucket: Path) -> list[Path]:
    return [path for path in bucket.rglob("*") if path.is_file() and str(run.uuid) in str(path)]


@pytest.mark.parametrize("state", [RunState.FAILED, RunState.CANCELLED])
def test_a_run_is_kept_for_its_days_however_it_ends(running: JobRun, settings: Any, state: str) -> None:
    settings.PGSPARK_RESULT_DAYS = 7
    if state == RunState.CANCELLED:
        running.move(RunState.CANCELLING, actor="test")
    running.move(state, actor="test", failure_code="SPARK_FAILED" if state == RunState.FAILED else "")

    assert running.expires_at and running.finished_at
    assert running.expires_at - running.finished_at == timedelta(days=7)


def test_files_go_when_their_days_are_over_and_others_stay(finished: JobRun, bucket: Path) -> None:
    (files_of(finished, bucket)[0].parent / ".part-0.parquet.crc").touch()

    assert retention.prune_runs() == 0
    assert files_of(finished, bucket)

    expire(finished)
    assert retention.prune_runs() == 1
    assert files_of(finished, bucket) == []
    assert retention.prune_runs() == 0


def test_a_store_that_refuses_is_asked_again_the_next_day(
    finished: JobRun, bucket: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(self: FolderStore, key: str) -> None:
        raise PortalError("STORE_NOT_WRITABLE")

    expire(finished)
    with monkeypatch.context() as patched:
        patched.setattr(FolderStore, "delete", refuse)
        assert retention.prune_runs() == 0

    assert results.page(finished, offset=0, limit=1).rows
    assert retention.prune_runs() == 1


def test_pages_say_until_when_and_what_became_of_it(finished: JobRun, client: Client) -> None:
    client.force_login(finished.owner)
    JobRun.objects.filter(pk=finished.pk).update(expires_at=timezone.now() + timedelta(days=3))
    until = f"kept until {timezone.now() + timedelta(days=3):%Y-%m-%d}"
    assert until in client.get(f"/runs/{finished.uuid}/").content.decode()

    expire(finished)
    retention.prune_runs()

    for tab in ("", "results/"):
        page = client.get(f"/runs/{finished.uuid}/{tab}").content.decode()
        assert "The result was deleted on" in page
        assert "Download CSV" not in page
    assert client.get(f"/runs/{finished.uuid}/result.csv").status_code == 410


def test_folders_of_ended_jobs_go_and_those_of_running_ones_stay(machine: Path) -> None:
    for name in ("old", "young"):
        (machine / name).mkdir(parents=True)
        (machine / name / "job.json").write_text("{}")
    past = (timezone.now() - timedelta(days=40)).timestamp()
    for path in (machine / "old" / "job.json", machine / "old"):
        os.utime(path, (past, past))

    retention.prune_runs()

    assert [path.name for path in machine.iterdir()] == ["young"]


def test_keys_do_not_stay_on_the_disk(machine: Path) -> None:
    """The job has them, its folder has them no longer."""
    folder = machine / "run-1"
    folder.mkdir(parents=True)
    command = [sys.executable, "-c", "import os; print(os.environ['AWS_SECRET_ACCESS_KEY'])"]
    env = {"AWS_SECRET_ACCESS_KEY": "canary", "LANG": "C"}
    (folder / "job.json").write_text(json.dumps({"command": command, "env": env, "timeout_seconds": 30}))
    runner = Path(local_runner.__file__)
    subprocess.run([sys.executable, "-I", str(runner), str(folder)], check=True, timeout=30)
    while not (folder / "exit.json").exists():
        time.sleep(0.05)

    assert (folder / "stdout").read_text() == "canary\n"
    assert "canary" not in (folder / "job.json").read_text()
