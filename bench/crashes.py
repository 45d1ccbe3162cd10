"""A thousand runs, each delivered twice, by workers that are killed at every step: none twice, none lost, none stuck.

    make bench-crashes

Real processes (`crash_workers.py`), a real Redis and a real PostgreSQL; the engine is `quick_engine.py`, leases are
shortened to 3 s. A tenth of the runs is cancelled at some moment. Twice all workers are killed at once, and once Redis
is killed and has lost all.
"""

from __future__ import annotations

import os
import random
import sys
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

from bench.quick_stack import QuickStack, quick_stack
from bench.report import Report

RUNS = 1000
SEED = 20261124
WITHIN_SECONDS = 170
PROCESSES = 6
CANCELLED_SHARE = 0.1
CANCEL_WITHIN = 40.0
ALL_WORKERS_KILLED = (12.0, 30.0)
REDIS_KILLED = 20.0

# What is done, and after how many seconds.
Plan = list[tuple[float, Callable[[], None]]]


def main() -> int:
    count, seed = int(os.environ.get("RUNS", RUNS)), int(os.environ.get("SEED", SEED))
    report = Report("crashes")
    with quick_stack(PGSPARK_TARGETS="emr") as stack:
        engine = stack.folder / "engine"
        engine.mkdir()
        os.environ.update(stack.env)
        _measure(stack, engine, report, count, seed)
    return report.end()


def _measure(stack: QuickStack, engine: Path, report: Report, count: int, seed: int) -> None:
    import django

    django.setup()
    from bench import crash_workers, many_runs

    crash_workers.prepare(engine)
    workers = crash_workers.Workers(PROCESSES, seed)
    ids = many_runs.make(count)
    began = time.monotonic()
    many_runs.deliver_twice(ids)
    plan = _plan(stack, workers, ids, random.Random(seed))
    active, look_at = count, 0.0
    while active and (spent := time.monotonic() - began) < WITHIN_SECONDS:
        while plan and plan[0][0] < spent:
            plan.pop(0)[1]()
        workers.tend()
        if spent > look_at:
            active, look_at = many_runs.active(), spent + 0.5
        time.sleep(0.02)
    workers.kill_all()
    _tell(report, many_runs.outcome(ids, engine), time.monotonic() - began, workers.deaths, active)


def _plan(
    stack: QuickStack, workers: Any, ids: list[int], dice: random.Random
) -> list[tuple[float, Callable[[], None]]]:
    """What is done to the runs and the machinery, and after how many seconds."""
    from bench import many_runs

    wishes = dice.sample(ids, int(len(ids) * CANCELLED_SHARE))
    plan: Plan = [(dice.uniform(0, CANCEL_WITHIN), partial(many_runs.cancel, run)) for run in wishes]
    plan += [(at, workers.kill_all) for at in ALL_WORKERS_KILLED]
    plan += [(REDIS_KILLED, partial(_lose_redis, stack))]
    return sorted(plan, key=lambda item: item[0])


def _lose_redis(stack: QuickStack) -> None:
    stack.supervisor.start(stack.kill("redis"))


def _tell(report: Report, outcome: dict[str, Any], seconds: float, deaths: int, active: int) -> None:
    report.note("processes_killed", deaths)
    for state, number in sorted(outcome["states"].items()):
        report.note(state.lower(), number)
    for name in ("duplicates", "lost", "untrue", "orphans", "broken_histories"):
        report.at_most(name, outcome[name], 0)
    report.at_most("stuck", active, 0)
    report.at_most("seconds", seconds, WITHIN_SECONDS)


if __name__ == "__main__":
    sys.exit(main())
