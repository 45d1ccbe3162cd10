"""Runs one local Spark job to its end, whatever happens to the worker that started it. Standard library only.

    python local_runner.py RUN_FOLDER

The run's folder is the protocol, read by `jobs/execution/local_spark.py`:

    job.json   what to run: command, env, timeout_seconds (written before this starts; then without its secrets)
    lock       held (flock) for as long as this process lives, so that the kernel tells who is alive
    started    made once, exclusively: nobody starts Spark a second time
    cancel     made by the portal: stop the job
    exit.json  how it ended: exit_code, reason ("", "timeout", "cancelled", "start")
"""

from __future__ import annotations

import ctypes
import fcntl
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

POLL_SECONDS = 0.1
TERM_SECONDS = 5.0
SECRETS = ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN")
_PR_SET_PDEATHSIG = 1


def _die_with_parent() -> None:
    """Spark must not outlive its runner: nobody would enforce its time limit."""
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)


def _stop(child: subprocess.Popen[bytes]) -> None:
    """Ends the child's whole process group: politely, then for good."""
    for signal_number, patience in ((signal.SIGTERM, TERM_SECONDS), (signal.SIGKILL, TERM_SECONDS)):
        try:
            os.killpg(child.pid, signal_number)
        except ProcessLookupError:
            break
        try:
            child.wait(patience)
        except subprocess.TimeoutExpired:
            continue
    child.wait()


def _supervise(folder: Path, child: subprocess.Popen[bytes], timeout_seconds: float) -> str:
    """Waits for the end and returns why it came: "", "timeout" or "cancelled"."""
    deadline = time.monotonic() + timeout_seconds
    while child.poll() is None:
        if (folder / "cancel").exists():
            _stop(child)
            return "cancelled"
        if time.monotonic() > deadline:
            _stop(child)
            return "timeout"
        time.sleep(POLL_SECONDS)
    return ""


def _finish(folder: Path, exit_code: int | None, reason: str) -> None:
    part = folder / "exit.json.part"
    part.write_text(json.dumps({"exit_code": exit_code, "reason": reason}))
    part.replace(folder / "exit.json")


def _run(folder: Path, job: dict[str, Any]) -> None:
    if (folder / "cancel").exists():
        _finish(folder, None, "cancelled")
        return
    with (folder / "stdout").open("ab") as out, (folder / "stderr").open("ab") as err:
        try:
            child = subprocess.Popen(  # noqa: S603
                job["command"],
                env=job["env"],
                cwd=folder / "work",
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=err,
                process_group=0,
                preexec_fn=_die_with_parent,
            )
        except OSError as error:
            err.write(f"pgspark: the engine could not be started: {error.strerror}\n".encode())
            _finish(folder, None, "start")
            return
    (folder / "process_group").write_text(str(child.pid))
    reason = _supervise(folder, child, job["timeout_seconds"])
    _finish(folder, child.returncode, reason)


def _take_job(folder: Path) -> dict[str, Any]:
    """What to run. The keys it may hold stay in this process and its child, not on the disk."""
    path = folder / "job.json"
    job: dict[str, Any] = json.loads(path.read_text())
    kept = {name: value for name, value in job["env"].items() if name not in SECRETS}
    part = folder / "job.json.part"
    part.touch(mode=0o600)
    part.write_text(json.dumps(job | {"env": kept}))
    part.replace(path)
    return job


def _leave_the_worker() -> None:
    """Becomes a process that nobody waits for; the one that the worker started ends at once."""
    if os.fork():
        os._exit(0)
    os.setsid()


def main(folder: Path) -> int:
    _leave_the_worker()
    with (folder / "lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            (folder / "started").touch(exist_ok=False)
        except (BlockingIOError, FileExistsError):
            return 0  # Another runner has, or had, this job.
        (folder / "work").mkdir(exist_ok=True)
        _run(folder, _take_job(folder))
    return 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
