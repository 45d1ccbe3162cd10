"""What a worker does, in a process of its own that may be killed at a named point, and a run's history after it."""

from __future__ import annotations

import os
import signal
import traceback
from collections.abc import Callable
from datetime import timedelta
from itertools import pairwise

from django.db import connections
from django.db.models.functions import Now

from connections import aws
from jobs import supervisor
from jobs.models import JobRun
from jobs.states import RunState
from tests.emr import wait_for

KILLED = 9


def in_a_process(act: Callable[[], object], *, crash_at: str = "") -> int:
    """Runs `act` in a new process; its exit code: 0, 1 after an exception, `KILLED` at the crash point."""
    return wait(start(act, crash_at=crash_at))


def start(act: Callable[[], object], *, crash_at: str = "") -> int:
    """The process's id. The parent's connections are closed first: none may be shared."""
    connections.close_all()
    parent = os.getpid()
    pid = os.fork()
    if pid:
        return pid
    code = 1
    try:
        _take_clients_of(parent)
        os.environ["PGSPARK_CRASH_AT"] = crash_at
        act()
        code = 0
    except BaseException:
        traceback.print_exc()
    finally:
        os._exit(code)


def wait(pid: int, within: float = 120) -> int:
    """The exit code of a process that `start` began; one that hangs is killed and fails the test."""
    ended: list[int] = []

    def has_ended() -> bool:
        found, status = os.waitpid(pid, os.WNOHANG)
        ended.extend([os.waitstatus_to_exitcode(status)] if found else [])
        return bool(ended)

    try:
        wait_for(has_ended, within)
    except AssertionError:
        os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)
        raise
    return ended[0]


def _take_clients_of(parent: int) -> None:
    """Building a client takes longer than all else that a step does; only its open connections may not be shared."""
    for (owner, *rest), made in list(aws._clients.items()):
        if owner == parent:
            made.close()
            aws._clients[os.getpid(), rest[0], rest[1]] = made


def step(run: JobRun) -> None:
    """What there is to do for the run now, whichever of the two messages would bring it."""
    current = JobRun.objects.get(pk=run.pk)
    if current.state in (RunState.RUNNING, RunState.CANCELLING) and not current.cancel_requested_at:
        for pk in supervisor.watch_runs(current.target, current.application_id):
            supervisor.advance_run(pk)
    elif current.state == RunState.CANCELLING:
        supervisor.watch_runs(current.target, current.application_id)
    else:
        supervisor.advance_run(current.pk)


def lease_ends(run: JobRun) -> None:
    """A minute after the worker was killed; before it nobody else may have the run."""
    JobRun.objects.filter(pk=run.pk).update(lease_until=Now() - timedelta(seconds=1), next_action_at=Now())


def comes_due(run: JobRun) -> JobRun:
    JobRun.objects.filter(pk=run.pk).update(next_action_at=Now())
    run.refresh_from_db()
    return run


def history(run: JobRun) -> list[str]:
    """The states that the run went through; each event begins where the one before it ended."""
    moves = [
        (event.from_state, event.to_state) for event in run.events.order_by("id") if event.from_state != event.to_state
    ]
    assert all(earlier[1] == later[0] for earlier, later in pairwise(moves)), moves
    return [to for _, to in moves]
