"""Starts an execution of the function and ends it as Lambda does: with all that it has started, and without a word."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

_HERE = Path(__file__).resolve().parent
_SANDBOX, _PRETENCE = _HERE / "sandbox.py", _HERE / "pretend_spark.py"
_FOLDER = _HERE.parent / "stand_in" / "store.py"
_HANDLER = _HERE.parents[2] / "infra" / "lambda" / "handler.py"
_KEPT = ("PATH", "HOME", "LANG", "LC_ALL", "TMPDIR")
# So that what the function tells is seen soon, and a wish to cancel is heard.
_BEAT_SECONDS = "0.2"


@dataclass(frozen=True, slots=True)
class Execution:
    """What is run: the event for a function of so much memory and time, with `environment` beside the machine's own."""

    event: Any
    store: Path
    memory_mb: int
    timeout_seconds: float
    environment: Mapping[str, str]


class Sandbox:
    """A process that runs the function; it can be ended from another thread at any time."""

    def __init__(self, execution: Execution) -> None:
        self._execution = execution
        self._lock = threading.Lock()
        self._process: subprocess.Popen[str] | None = None
        self._is_ended = False

    def run(self) -> Any:
        """What the function returned; None where it died, or was ended at its time limit."""
        with self._lock:
            if self._is_ended:
                return None
            self._process = self._started()
        told = json.dumps(self._told())
        try:
            output, _ = self._process.communicate(told, timeout=self._execution.timeout_seconds)
        except subprocess.TimeoutExpired:
            self.end()
            output, _ = self._process.communicate()
        return json.loads(output) if self._process.returncode == 0 and not self._is_ended else None

    def end(self) -> None:
        with self._lock:
            self._is_ended = True
            if self._process is not None and self._process.poll() is None:
                _kill(self._process.pid)

    def _started(self) -> subprocess.Popen[str]:
        kept = {name: os.environ[name] for name in _KEPT if name in os.environ}
        return subprocess.Popen(
            [sys.executable, "-I", str(_SANDBOX)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
            env={**kept, "PGSPARK_BEAT_SECONDS": _BEAT_SECONDS, **self._execution.environment},
        )

    def _told(self) -> dict[str, Any]:
        run = self._execution
        places = {"store": str(run.store), "folder": str(_FOLDER), "handler": str(_HANDLER)}
        limits = {"memory_mb": run.memory_mb, "timeout_seconds": run.timeout_seconds}
        return {"event": run.event, **places, **limits}


def pretending(**told: Any) -> dict[str, str]:
    """The environment of a function whose Spark only pretends; see `pretend_spark.py`."""
    command = f"{sys.executable} -I {_PRETENCE}"
    return {"PGSPARK_SPARK_SUBMIT": command, "PGSPARK_PRETEND": json.dumps(told)}


def _kill(pid: int) -> None:
    """The process and its descendants; stopped first, so that none can start another meanwhile."""
    family = [pid]
    for member in family:
        with contextlib.suppress(ProcessLookupError):
            os.kill(member, signal.SIGSTOP)
        family.extend(_children(member))
    for member in family:
        with contextlib.suppress(ProcessLookupError):
            os.kill(member, signal.SIGKILL)


def _children(pid: int) -> Iterator[int]:
    for task in Path(f"/proc/{pid}/task").glob("*/children"):
        with contextlib.suppress(OSError):
            yield from map(int, task.read_text().split())
