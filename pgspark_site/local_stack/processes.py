"""Starts processes in order, waits until each is ready, watches them, and ends them in reverse order.

No process outlives the stack: each gets a signal when the supervisor dies, whatever killed it, and what a
process leaves behind (a Spark run of its own group) becomes the supervisor's child and ends with it.
"""

from __future__ import annotations

import ctypes
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, NoReturn

from pgspark_site.local_stack.family import ProcessMark, end_all, listens, mark_of, strays
from pgspark_site.local_stack.unprivileged import Account

_TICK_SECONDS = 0.1
_LAST_LINES = 15
_PR_SET_PDEATHSIG, _PR_SET_CHILD_SUBREAPER = 1, 36
_libc = ctypes.CDLL(None, use_errno=True)


class StopRequested(BaseException):
    """Ctrl-C or SIGTERM; not an error, so that no handler of errors swallows it."""

    def __init__(self, number: int) -> None:
        self.number = number
        super().__init__(signal.Signals(number).name)


class ServiceFailed(Exception):
    """A process ended or did not become ready; `last_lines` are the end of its log."""

    def __init__(self, name: str, problem: str, last_lines: Sequence[str]) -> None:
        self.name, self.problem, self.last_lines = name, problem, tuple(last_lines)
        super().__init__(f"{name} {problem}")


@dataclass(frozen=True, slots=True)
class Service:
    """A process to run. `ready` is asked until it says yes; `account` is whom it runs as, if not as ourselves.

    One that has a `port` is not ready before it listens there itself, whoever else answers.
    """

    name: str
    command: Sequence[str]
    ready: Callable[[], bool] = lambda: True
    port: int | None = None
    env: Mapping[str, str] | None = None
    account: Account | None = None
    cwd: Path | None = None
    ready_within: float = 90
    stop_signal: signal.Signals = signal.SIGTERM
    stop_within: float = 10


@dataclass(slots=True)
class Running:
    service: Service
    process: subprocess.Popen[bytes]

    def listens(self) -> bool:
        return self.service.port is None or listens(self.process.pid, self.service.port)


@dataclass(frozen=True, slots=True)
class Ended:
    """A command that ran to its end: exit code and standard output."""

    code: int
    output: str


@dataclass(slots=True)
class Supervisor:
    """Runs services and one-off commands; their output goes to `log_dir`/NAME.log.

    `changed` hears the marks of all running processes whenever one is added.
    """

    log_dir: Path
    changed: Callable[[list[tuple[str, ProcessMark]]], None] = lambda marks: None
    running: list[Running] = field(default_factory=list)
    # Whether every child of this process is ours to reap and end; not so inside a test run.
    owns_children: bool = False
    _once: subprocess.Popen[bytes] | None = None

    def obey_signals(self) -> None:
        """From here on Ctrl-C, SIGTERM and a closed terminal raise StopRequested, and orphans become ours."""
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, _raise_stop)
        self.owns_children = True
        if sys.platform == "linux":
            _libc.prctl(_PR_SET_CHILD_SUBREAPER, 1)

    def log_of(self, name: str) -> Path:
        return self.log_dir / f"{name}.log"

    def start(self, service: Service) -> None:
        """Starts it and returns when it is ready. Raises ServiceFailed; one that did not start is not kept."""
        one = Running(service, self._spawn(service))
        self.running.append(one)
        self.changed([(one.service.name, mark_of(one.process.pid)) for one in self.running])
        try:
            self._await(one)
        except ServiceFailed:
            end(one)
            self.running.remove(one)
            raise

    def _await(self, one: Running) -> None:
        service = one.service
        deadline = time.monotonic() + service.ready_within
        while True:
            self.check()
            if one.listens() and service.ready():
                return
            if time.monotonic() > deadline:
                raise self._failure(service.name, f"was not ready after {service.ready_within:.0f} s")
            time.sleep(_TICK_SECONDS)

    def _spawn(self, service: Service) -> subprocess.Popen[bytes]:
        self.log_dir.mkdir(parents=True, exist_ok=True)
        with self.log_of(service.name).open("wb") as log:
            return self._popen(service, stdout=log, stderr=subprocess.STDOUT)

    def _popen(self, service: Service, *, stdout: IO[bytes], stderr: IO[bytes] | int) -> subprocess.Popen[bytes]:
        """A group of its own keeps the terminal's Ctrl-C to the supervisor, which ends all in order."""
        account = service.account
        return subprocess.Popen(
            service.command,
            stdin=subprocess.DEVNULL,
            stdout=stdout,
            stderr=stderr,
            env=dict(service.env) if service.env is not None else None,
            cwd=service.cwd,
            start_new_session=True,
            # After the change of account, because that clears the signal of the parent's death.
            preexec_fn=lambda: _die_with_parent(service.stop_signal),
            user=account.uid if account else None,
            group=account.gid if account else None,
            extra_groups=[] if account else None,
        )

    def check(self) -> None:
        """Raises ServiceFailed for a service that has ended; reaps orphans."""
        for one in self.running:
            code = one.process.poll()
            if code is not None:
                raise self._failure(one.service.name, _ending(code))
        if self.owns_children:
            self._reap_orphans()

    def watch(self) -> NoReturn:
        """Until a service ends (ServiceFailed) or somebody asks to stop (StopRequested)."""
        while True:
            self.check()
            time.sleep(0.25)

    def call(self, service: Service) -> Ended:
        """Runs a command to its end while the services are watched.

        Raises ServiceFailed when it takes longer than `ready_within`.
        """
        output = self.log_dir / f"{service.name}.out"
        self.log_dir.mkdir(parents=True, exist_ok=True)
        with output.open("wb") as out, self.log_of(service.name).open("wb") as log:
            self._once = self._popen(service, stdout=out, stderr=log)
        deadline = time.monotonic() + service.ready_within
        while (code := self._once.poll()) is None:
            if time.monotonic() > deadline:
                raise self._failure(service.name, f"did not end within {service.ready_within:.0f} s")
            self.check()
            time.sleep(_TICK_SECONDS)
        self._once = None
        return Ended(code, output.read_text(errors="replace"))

    def must(self, service: Service) -> None:
        """Runs a command like `call`. Raises ServiceFailed when it does not end well."""
        code = self.call(service).code
        if code != 0:
            raise self._failure(service.name, _ending(code))

    def stop_all(self) -> None:
        """Ends what runs, the last started first, each within its time; then whatever they left behind."""
        previous = [(number, signal.signal(number, signal.SIG_IGN)) for number in (signal.SIGINT, signal.SIGTERM)]
        if self._once is not None:
            end(Running(Service("once", ()), self._once))
            self._once = None
        while self.running:
            end(self.running[-1])
            self.running.pop()
        if self.owns_children:
            end_all(strays())
        for number, handler in previous:
            signal.signal(number, handler)

    def _failure(self, name: str, problem: str) -> ServiceFailed:
        return ServiceFailed(name, problem, last_lines(self.log_of(name)))

    def _reap_orphans(self) -> None:
        """A dead orphan must not look alive to the portal, which asks for its pid."""
        ours = {one.process.pid for one in self.running} | ({self._once.pid} if self._once else set())
        for pid in strays() - ours:
            try:
                os.waitpid(pid, os.WNOHANG)
            except ChildProcessError:
                continue


def end(one: Running) -> None:
    """Asks a process to end, waits its time, then kills its whole group."""
    if one.process.poll() is None:
        one.process.send_signal(one.service.stop_signal)
        try:
            one.process.wait(one.service.stop_within)
        except subprocess.TimeoutExpired:
            os.killpg(one.process.pid, signal.SIGKILL)
            one.process.wait(5)


def last_lines(log: Path) -> list[str]:
    if not log.exists():
        return []
    return log.read_text(errors="replace").splitlines()[-_LAST_LINES:]


def _ending(code: int) -> str:
    return f"was ended by {signal.Signals(-code).name}" if code < 0 else f"ended with exit code {code}"


def _raise_stop(number: int, frame: object) -> NoReturn:
    raise StopRequested(number)


def _die_with_parent(number: signal.Signals) -> None:
    if sys.platform == "linux":
        _libc.prctl(_PR_SET_PDEATHSIG, int(number))
