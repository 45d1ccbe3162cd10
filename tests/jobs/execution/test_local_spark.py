"""What keeps the local engine from starting a job is said at once, and the job sees nothing of the portal's own."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from connections.errors import PortalError
from jobs.execution import local_spark
from jobs.execution.base import Handle, Submission
from jobs.execution.local_spark import LocalSpark

JOB = Submission(token="run-1", name="a job", script="print(1)\n", timeout=timedelta(minutes=1))


@pytest.fixture
def machine(tmp_path: Path, settings: Any) -> Path:
    """A machine that has all the engine needs."""
    java = tmp_path / "java" / "bin" / "java"
    java.parent.mkdir(parents=True)
    java.touch(mode=0o755)
    driver = tmp_path / "postgresql.jar"
    driver.touch()
    settings.PGSPARK_JAVA_HOME = str(java.parent.parent)
    settings.PGSPARK_JDBC_DRIVER_PATH = str(driver)
    settings.PGSPARK_LOCAL_RUNS_DIR = tmp_path / "runs"
    settings.PGSPARK_OBJECT_STORE_DIR = str(tmp_path / "store")
    return tmp_path


@pytest.mark.parametrize(
    ("setting", "code"), [("PGSPARK_JAVA_HOME", "JAVA_MISSING"), ("PGSPARK_JDBC_DRIVER_PATH", "JDBC_DRIVER_MISSING")]
)
@pytest.mark.parametrize("value", ["", "/nonexistent"])
def test_what_is_missing_is_named(machine: Path, settings: Any, setting: str, code: str, value: str) -> None:
    setattr(settings, setting, value)
    with pytest.raises(PortalError, match=code):
        LocalSpark().submit(JOB)


@pytest.mark.parametrize("setting", ["PGSPARK_OBJECT_STORE_DIR", "PGSPARK_LOCAL_RUNS_DIR"])
def test_a_folder_that_cannot_be_written_is_named(machine: Path, settings: Any, setting: str) -> None:
    blocked = machine / "a file"
    blocked.touch()
    setattr(settings, setting, str(blocked / "below"))
    with pytest.raises(PortalError, match="STORE_NOT_WRITABLE"):
        LocalSpark().submit(JOB)


def test_the_job_s_environment_holds_nothing_of_the_portal(machine: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("DATABASE_URL", "REDIS_URL", "SECRET_KEY", "PGSPARK_DEMO_ACCOUNTS"):
        monkeypatch.setenv(name, "canary")
    local_spark._write_job(machine / "runs" / "run-1", JOB)
    job = machine / "runs" / "run-1" / "job.json"
    assert "canary" not in job.read_text()
    assert json.loads(job.read_text())["timeout_seconds"] == 60
    assert job.stat().st_mode & 0o077 == 0


@pytest.mark.parametrize("token", ["../up", "a/b", "", "a b"])
def test_a_token_is_no_path(machine: Path, token: str) -> None:
    with pytest.raises(ValueError, match="token"):
        LocalSpark().observe([Handle(token, token)])
