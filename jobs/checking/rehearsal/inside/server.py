"""The confined process: starts Spark once, then forks for each rehearsal that it is handed.

Over the control socket come sockets, one for each rehearsal: the request is read from it and the answer written to it.
The end of the control socket, or of Spark, is the end of this process. It has no files, no names and no network of
its own; who started it (`keeper.py`) sees to that and to its time.
"""

from __future__ import annotations

import ctypes
import json
import os
import resource
import select
import signal
import socket
import time
from pathlib import Path
from typing import Any

from jobs.checking.rehearsal.inside.engine import Engine
from jobs.checking.rehearsal.inside.sample import SAMPLES
from jobs.checking.rehearsal.inside.trial import rehearse

MAX_REQUEST = 2 * 1024 * 1024
WARM_ROUNDS = 12
GRACE_SECONDS = 1.0
TICK_SECONDS = 0.2
LEFT_SPARK_WORKING = 3
MOST_TASKS = 512  # threads too; the JVM has some fifty
_PR_SET_CHILD_SUBREAPER = 36
BUSY_SHARE = 0.3  # of a core: the JVM still works on what a stopped rehearsal asked it


class Server:
    def __init__(self, control: socket.socket, engine: Engine) -> None:
        self._control = control
        self._engine = engine
        self._deadlines: dict[int, float] = {}
        self._warm_rounds = WARM_ROUNDS

    def run(self) -> None:
        """Until nobody is left to ask, or Spark has ended."""
        self._rehearse_sample()
        self._control.sendall(b"ready")
        while self._engine.is_alive:
            self._end_overdue()
            idle = not self._deadlines and self._warm_rounds > 0
            if select.select([self._control], [], [], 0 if idle else TICK_SECONDS)[0]:
                if not self._take():
                    return
            elif idle:
                self._warm_rounds -= 1
                self._rehearse_sample()

    def _take(self) -> bool:
        """Starts the rehearsal that is asked for; False at the end of the control socket."""
        message, descriptors, _, _ = socket.recv_fds(self._control, 16, 1)
        if not message or not descriptors:
            return False
        with socket.socket(fileno=descriptors[0]) as asked:
            seconds = float(message.decode() or 10)
            pid = os.fork()
            if pid == 0:
                self._child(asked)
            self._deadlines[pid] = time.monotonic() + seconds + GRACE_SECONDS
        return True

    def _child(self, asked: socket.socket) -> None:
        """Never returns: whatever the code does ends with this process."""
        code = 0
        try:
            self._control.close()
            answer = rehearse(self._engine, _request(asked))
            code = LEFT_SPARK_WORKING if _ran_out_in_spark(answer) else 0
            asked.sendall(json.dumps(answer).encode())
        finally:
            os._exit(code)

    def _end_overdue(self) -> None:
        now = time.monotonic()
        for pid in list(self._deadlines):
            ended, status = os.waitpid(pid, os.WNOHANG)
            if ended:
                del self._deadlines[pid]
                self._end_strays()
                if os.waitstatus_to_exitcode(status) == LEFT_SPARK_WORKING:
                    self._leave_if_busy()
            elif now > self._deadlines[pid]:
                os.kill(pid, signal.SIGKILL)
                os.waitpid(pid, 0)
                del self._deadlines[pid]
                self._end_strays()
                self._leave_if_busy()

    def _end_strays(self) -> None:
        """What a rehearsal started and left behind became this process's child, and must not watch the next one."""
        known = {self._engine.java_pid, *self._deadlines}
        for pid in _children() - known:
            os.kill(pid, signal.SIGKILL)
            os.waitpid(pid, 0)

    def _leave_if_busy(self) -> None:
        """A JVM that goes on with what nobody waits for any more is replaced by a new one."""
        before = _cpu_seconds(self._engine.java_pid)
        time.sleep(1.0)
        if _cpu_seconds(self._engine.java_pid) - before > BUSY_SHARE:
            os._exit(0)

    def _rehearse_sample(self) -> None:
        """Makes the JVM load and compile what every rehearsal needs."""
        request = SAMPLES[self._warm_rounds % len(SAMPLES)]
        pid = os.fork()
        if pid == 0:
            try:
                rehearse(self._engine, request)
            finally:
                os._exit(0)
        os.waitpid(pid, 0)


def _request(asked: socket.socket) -> dict[str, Any]:
    parts, size = [], 0
    while part := asked.recv(65536):
        parts.append(part)
        size += len(part)
        if size > MAX_REQUEST:
            raise ValueError("the request is too large")
    request: dict[str, Any] = json.loads(b"".join(parts))
    return request


def _ran_out_in_spark(answer: dict[str, Any]) -> bool:
    error = answer.get("error") or {}
    return bool(error.get("kind") == "time" and error.get("in_spark"))


def _children() -> set[int]:
    own = os.getpid()
    told = Path(f"/proc/{own}/task/{own}/children").read_text()
    return {int(word) for word in told.split()}


def _cpu_seconds(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def _limit(options: dict[str, Any]) -> None:
    """For this process and all that it starts; the JVM's heap has a limit of its own beside."""
    megabyte = 1024 * 1024
    for kind, value in (
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_FSIZE, 64 * megabyte),
        (resource.RLIMIT_NOFILE, 1024),
        (resource.RLIMIT_NPROC, MOST_TASKS),
        (resource.RLIMIT_DATA, (options["memory_mb"] + 1536) * megabyte),
    ):
        resource.setrlimit(kind, (value, value))


def main(control_fd: int, options: dict[str, Any]) -> None:
    _limit(options)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    ctypes.CDLL(None).prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
    engine = Engine(Path(options["scratch"]), options["memory_mb"])
    Server(socket.socket(fileno=control_fd), engine).run()
    os._exit(0)  # whatever Spark would still like to say, nobody waits for it
