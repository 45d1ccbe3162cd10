"""Local Spark: `spark-submit` on this machine, in a process of its own that outlives any worker.

A job is a folder (see `local_runner.py`). It is asked, cancelled and read through files, so any worker can go on
where another was killed, and two submissions of one token start Spark once.
"""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

from django.conf import settings

from connections.errors import PortalError
from jobs.execution import local_catalogue, local_confinement
from jobs.execution.base import Handle, LogChunk, LogSource, Observation, Phase, Stream, Submission
from jobs.execution.logs import read_chunk

# A runner that was started but has not taken its lock yet is not lost.
START_GRACE_SECONDS = 20.0
_RUNNER = Path(__file__).with_name("local_runner.py")
_LAUNCHER = Path(__file__).with_name("local_launcher.py")
_LOG_PLACE = "It is looked for on the machine that runs the job, where lines are as soon as they are written."
_KEPT_ENVIRONMENT = ("PATH", "HOME", "LANG", "LC_ALL", "TZ", "SSL_CERT_FILE", "REQUESTS_CA_BUNDLE")


class LocalSpark:
    """The engine `local`."""

    def submit(self, job: Submission) -> str:
        folder = _folder(job.token)
        if not (folder / "started").exists():
            _write_job(folder, job)
            _start_runner(folder)
        return job.token

    def find(self, handle: Handle) -> str:
        return handle.token if (_folder(handle.token) / "started").exists() else ""

    def withdraw(self, handle: Handle, *, because: PortalError) -> str:
        return self.find(handle)

    def observe(self, handles: Sequence[Handle]) -> dict[str, Observation]:
        return {handle.external_id: _observe(_folder(handle.external_id)) for handle in handles}

    def cancel(self, handle: Handle) -> None:
        folder = _folder(handle.external_id)
        if folder.is_dir():
            (folder / "cancel").touch()

    def log(self, handle: Handle, stream: Stream, *, start: int, limit: int, source: str = "") -> LogChunk:
        folder = _folder(handle.external_id)
        chunk = read_chunk(folder / stream, start=start, limit=limit, final=(folder / "exit.json").exists())
        return chunk if chunk.size else replace(chunk, source=LogSource(note=_LOG_PLACE))

    def remark(self, job: Submission) -> str:
        return ""


def _observe(folder: Path) -> Observation:
    # The lock is asked first: an exit that is written between the two questions is then still seen.
    alive = _is_locked(folder / "lock")
    ended = _ended(folder)
    if ended:
        return ended
    if alive:
        return Observation(Phase.RUNNING, "RUNNING")
    job = folder / "job.json"
    if not job.exists():
        return Observation(Phase.LOST, "UNKNOWN")
    if not (folder / "started").exists() and time.time() - job.stat().st_mtime < START_GRACE_SECONDS:
        return Observation(Phase.WAITING, "STARTING")
    _end_orphans(folder)
    return Observation(Phase.LOST, "LOST")


def prune_folders(before: datetime) -> int:
    """Deletes the folders of jobs that nothing was written to since `before` and that do not run; how many."""
    count = 0
    for folder in Path(settings.PGSPARK_LOCAL_RUNS_DIR).glob("*/"):
        if _last_written(folder) < before.timestamp() and not _is_locked(folder / "lock"):
            shutil.rmtree(folder, ignore_errors=True)
            count += 1
    return count


def _last_written(folder: Path) -> float:
    return max(path.stat().st_mtime for path in (folder, *folder.glob("*.json"), *folder.glob("std*")))


def _start_runner(folder: Path) -> None:
    """Returns as soon as the runner is on its own; whether Spark starts is seen by `observe`."""
    null = subprocess.DEVNULL
    command = [sys.executable, "-I", str(_RUNNER), str(folder)]
    subprocess.run(command, stdin=null, stdout=null, stderr=null, check=True, timeout=30)  # noqa: S603


def _folder(token: str) -> Path:
    if not token.replace("-", "").isalnum():
        raise ValueError("a job's token holds letters, digits and dashes only")
    return Path(settings.PGSPARK_LOCAL_RUNS_DIR) / token


def _write_job(folder: Path, job: Submission) -> None:
    java, driver = _java_home(), _jdbc_driver()
    way = local_confinement.way_here(java)
    tables = local_catalogue.known(job.access.glue_tables)
    store = Path(settings.PGSPARK_OBJECT_STORE_DIR)
    try:
        (store / settings.PGSPARK_S3_BUCKET).mkdir(parents=True, exist_ok=True)
        for name in local_confinement.OWN:
            (folder / name).mkdir(parents=True, exist_ok=True)
        _write(folder / "script.py", job.script)
        program = _program(folder, tables.statements)
        inputs = local_confinement.inputs(store, (*job.access.inputs, *tables.places))
        outputs = local_confinement.output(store, job.output_uri)
        needs = local_confinement.Needs(java, read=(driver, *map(Path, program), *inputs), write=outputs)
        inner = [*_submit_command(folder, driver, store), *program]
        command, env = local_confinement.confined(way, inner, _environment(folder, java), folder, needs)
        content = {"command": command, "env": env, "timeout_seconds": job.timeout.total_seconds()}
        _write(folder / "job.json", json.dumps(content))
    except OSError as error:
        raise PortalError("STORE_NOT_WRITABLE") from error


def _write(path: Path, text: str) -> None:
    """Whole or not at all, readable by this user only: the environment may hold AWS keys."""
    part = path.with_name(f".{path.name}.{os.getpid()}")
    descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(text)
    part.replace(path)


def _program(folder: Path, statements: Sequence[str]) -> list[str]:
    """The script; started by the launcher when Glue tables have to be made known to its session first."""
    script = str(folder / "script.py")
    if not statements:
        return [script]
    _write(folder / "tables.json", json.dumps(statements))
    return [str(_LAUNCHER), str(folder / "tables.json"), script]


def bucket_mounts(store: Path) -> dict[str, str]:
    """s3:// addresses of every bucket that has a folder here are files of it, with the classes that Spark ships."""
    buckets = {settings.PGSPARK_S3_BUCKET, *(path.name for path in store.iterdir() if path.is_dir())}
    return {
        "spark.hadoop.fs.s3.impl": "org.apache.hadoop.fs.viewfs.ViewFileSystemOverloadScheme",
        "spark.hadoop.fs.viewfs.overload.scheme.target.s3.impl": "org.apache.hadoop.fs.LocalFileSystem",
        **{
            f"spark.hadoop.fs.viewfs.mounttable.{bucket}.linkFallback": (store / bucket).resolve().as_uri()
            for bucket in sorted(buckets)
        },
    }


def _submit_command(folder: Path, driver: Path, store: Path) -> list[str]:
    options = {
        **bucket_mounts(store),
        "spark.ui.enabled": "false",
        "spark.driver.host": "127.0.0.1",
        "spark.driver.bindAddress": "127.0.0.1",
        "spark.local.dir": str(folder / "tmp"),
        "spark.sql.warehouse.dir": (folder / "warehouse").as_uri(),
        "spark.sql.shuffle.partitions": str(4 * settings.PGSPARK_LOCAL_CORES),
    }
    return [
        str(Path(sys.executable).with_name("spark-submit")),
        "--master",
        f"local[{settings.PGSPARK_LOCAL_CORES}]",
        "--driver-memory",
        settings.PGSPARK_LOCAL_DRIVER_MEMORY,
        "--driver-java-options",
        f"-Djava.io.tmpdir={folder / 'tmp'} -Duser.timezone=UTC {settings.PGSPARK_LOCAL_JAVA_OPTIONS}".strip(),
        "--jars",
        str(driver),
        *[part for name, value in options.items() for part in ("--conf", f"{name}={value}")],
    ]


def _environment(folder: Path, java: Path) -> dict[str, str]:
    """What the job may see: where things are and the AWS settings; nothing of the portal's own."""
    kept = {name: os.environ[name] for name in _KEPT_ENVIRONMENT if name in os.environ}
    aws = {name: value for name, value in os.environ.items() if name.startswith("AWS_")}
    return {
        **kept,
        **aws,
        "JAVA_HOME": str(java),
        "PYSPARK_PYTHON": sys.executable,
        "SPARK_LOCAL_IP": "127.0.0.1",
        "TMPDIR": str(folder / "tmp"),
        "PYTHONDONTWRITEBYTECODE": "1",
    }


def _java_home() -> Path:
    home = Path(settings.PGSPARK_JAVA_HOME) if settings.PGSPARK_JAVA_HOME else None
    if home is None or not os.access(home / "bin" / "java", os.X_OK):
        raise PortalError("JAVA_MISSING")
    return home


def _jdbc_driver() -> Path:
    driver = Path(settings.PGSPARK_JDBC_DRIVER_PATH) if settings.PGSPARK_JDBC_DRIVER_PATH else None
    if driver is None or not driver.is_file():
        raise PortalError("JDBC_DRIVER_MISSING")
    return driver


def _is_locked(path: Path) -> bool:
    """Whether the runner lives: the kernel drops its lock at its death, however it dies."""
    try:
        with path.open("r") as file:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except FileNotFoundError:
        return False
    except BlockingIOError:
        return True
    return False


_REASONS: dict[str, Any] = {
    "timeout": Observation(Phase.FAILED, "TIMEOUT", reason="timeout"),
    "cancelled": Observation(Phase.CANCELLED, "CANCELLED"),
    "start": Observation(Phase.FAILED, "NOT_STARTED", reason="start"),
}


def _ended(folder: Path) -> Observation | None:
    try:
        ended = json.loads((folder / "exit.json").read_text())
    except FileNotFoundError:
        return None
    if ended["reason"]:
        observation: Observation = _REASONS[ended["reason"]]
        return observation
    if ended["exit_code"] == 0:
        return Observation(Phase.SUCCEEDED, "EXIT 0")
    killed = ended["exit_code"] in (-signal.SIGKILL, 128 + signal.SIGKILL)
    return Observation(Phase.FAILED, f"EXIT {ended['exit_code']}", reason="memory" if killed else "")


def _end_orphans(folder: Path) -> None:
    """Ends what a killed runner may have left of Spark, if the recorded group is still this job's."""
    with contextlib.suppress(OSError, ValueError):
        group = int((folder / "process_group").read_text())
        command = Path(f"/proc/{group}/cmdline").read_bytes().decode(errors="replace")
        if str(folder) in command:
            os.killpg(group, signal.SIGKILL)
