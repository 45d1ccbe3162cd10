"""Worker processes that take the portal's messages from Redis and kill themselves by plan.

They stand in for Celery's, which replaces a killed process only after a second: here it is at once, so that a thousand
kills take minutes. What they do is the portal's own: its tasks, its sweep, its database. `tests/faults/` kills
Celery's.

Whether a process dies at a crash point, by SIGKILL, is drawn from its own dice, thrown by the seed and its number.
"""

from __future__ import annotations

import contextlib
import gc
import json
import os
import random
import signal
import time
from datetime import timedelta
from pathlib import Path
from typing import Any

import redis
from django.db import connections

from bench.quick_engine import QuickEngine
from jobs import crash_points, tasks
from jobs.execution import registry
from jobs.models import ledger, run_ledger
from jobs.states import Target

LEASE = timedelta(seconds=3)
QUEUE = "messages"
SWEEP_SECONDS = 0.5
SHARES = {"after_claim": 0.1, "in_move": 0.01, "before_publish": 0.01}
USUAL_SHARE = 0.15


def prepare(engine: Path) -> None:
    """In the parent, before it forks: the quick engine, short leases, our own queue, and the plan."""
    registry._ENGINES[Target.EMR] = lambda: QuickEngine(engine)
    registry._LACKING.clear()
    ledger.LEASE = run_ledger.LEASE = LEASE
    tasks._publish = _publish
    gc.freeze()  # or each child's first collection copies all of the parent's memory
    crash_points.reached = _reached


def broker() -> redis.Redis:
    return redis.Redis.from_url(os.environ["REDIS_URL"], decode_responses=True, socket_timeout=5)


def send(name: str, *arguments: Any) -> None:
    _broker().rpush(QUEUE, json.dumps([name, arguments]))


class Workers:
    """`tend` replaces those that have died."""

    def __init__(self, count: int, seed: int) -> None:
        self._count = count
        self._seed = seed
        self._born = 0
        self._running: set[int] = set()
        self._sweep_at = 0.0
        self.deaths = 0

    def tend(self) -> None:
        for pid in list(self._running):
            if _has_ended(pid):
                self._running.discard(pid)
                self.deaths += 1
        connections.close_all()  # a connection must not be shared by processes
        while len(self._running) < self._count:
            self._born += 1
            pid = os.fork()
            if pid == 0:
                _work(f"{self._seed}:{self._born}")
            self._running.add(pid)
        if time.monotonic() > self._sweep_at:
            self._sweep_at = time.monotonic() + SWEEP_SECONDS
            with contextlib.suppress(redis.RedisError):
                send("sweep")

    def kill_all(self) -> None:
        for pid in self._running:
            os.kill(pid, signal.SIGKILL)


def _has_ended(pid: int) -> bool:
    try:
        return os.waitpid(pid, os.WNOHANG)[0] != 0
    except ChildProcessError:
        return True  # the supervisor of the services has reaped it


_brokers: dict[int, redis.Redis] = {}


def _broker() -> redis.Redis:
    return _brokers.setdefault(os.getpid(), broker())


def _publish(task: Any, *arguments: Any) -> None:
    """As the portal's: a message may be lost, for the row itself is the queue."""
    crash_points.reached("before_publish")
    with contextlib.suppress(redis.RedisError):
        send(task.name.rpartition(".")[2], *arguments)


def _reached(point: str) -> None:
    if random.random() < SHARES.get(point, USUAL_SHARE):
        os.kill(os.getpid(), signal.SIGKILL)


def _work(dice: str) -> None:
    """A worker's life: message after message, until it is killed or Redis goes away."""
    random.seed(dice)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    try:
        while True:
            message = _broker().blpop([QUEUE], timeout=1)
            if message:
                name, arguments = json.loads(message[1])
                getattr(tasks, name).run(*arguments)
    finally:
        os._exit(1)
