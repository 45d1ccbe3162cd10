"""How long runs stand still when a process of the portal is killed.

    make bench-recovery

The real web server, worker, beat, PostgreSQL and Redis; the engine is the stand-in for EMR Serverless, without Spark.
No lease is shortened. Each figure is the seconds from the kill, or from when Redis or beat is back, until the run's
next move, by the database's own record of it.
"""

from __future__ import annotations

import os
import sys
import time
from functools import partial
from pathlib import Path
from typing import Any

from bench.quick_stack import APPLICATIONS, PASSWORD, QuickStack, quick_stack, settings_for_emr
from bench.report import Report, median
from pgspark_site.local_stack import portal
from pgspark_site.local_stack.emr_stand_in.__main__ import make_server
from pgspark_site.local_stack.emr_stand_in.http_server import Server
from pgspark_site.local_stack.ports import start_on_free_port

WITHIN_SECONDS = 65.0
AFTER_REDIS_SECONDS = 10.0
# The pauses between a client's tries to reach Redis may grow with each: a long outage is another case than a short one.
OUTAGES = (0.0, 0.0, 32.0)
WORKER_ROUNDS, BEAT_ROUNDS, WEB_ROUNDS = 2, 3, 3

Samples = list[float]


def main() -> int:
    report = Report("recovery")
    stand_in = make_server(0, store=_store, on_spark=False, names=list(APPLICATIONS))
    stand_in.begin()
    with quick_stack(**settings_for_emr(stand_in.url)) as stack:
        os.environ.update(stack.env)
        _measure(stack, stand_in, report)
    return report.end()


def _store() -> Path:
    return Path(os.environ["PGSPARK_OBJECT_STORE_DIR"])


def _measure(stack: QuickStack, stand_in: Server, report: Report) -> None:
    import django

    django.setup()
    from bench.recovery_runs import Runs

    pace = stand_in.service.pace
    pace.submitted = pace.pending = pace.scheduled = pace.application_start = 0.0
    pace.running = 0.1
    # With its crash point the web server serves everything but the message of a click on Run.
    dying = stack.env | {"PGSPARK_CRASH_AT": "before_publish"}
    port = start_on_free_port(stack.supervisor, partial(portal.web, dying))
    stack.supervisor.start(portal.worker(stack.env, stack.supervisor.log_of("worker")))
    stack.supervisor.start(portal.beat(stack.env))
    runs = Runs(stand_in, f"http://127.0.0.1:{port}", PASSWORD)
    print(f"{'seconds until the run moves on':<46}{'':>10}   limit")
    _web(runs, report)
    _beat(stack, runs, report)
    _redis(stack, runs, report)
    _workers(stack, runs, report)
    _whole(runs, stand_in, report)


def _web(runs: Any, report: Report) -> None:
    """The web server ends between the run's row and its message."""
    _tell(report, "web_ended", [runs.wait_for(runs.click(), since=None) for _ in range(WEB_ROUNDS)], WITHIN_SECONDS)


def _beat(stack: QuickStack, runs: Any, report: Report) -> None:
    """Beat is killed, so that nobody sweeps; runs come of which no message tells."""
    samples: Samples = []
    for _ in range(BEAT_ROUNDS):
        beat = stack.kill("beat")
        run = runs.take()
        runs.due(run)
        stack.supervisor.start(beat)
        samples.append(runs.wait_for(run, since=time.time()))
    _tell(report, "beat_killed", samples, WITHIN_SECONDS)


def _redis(stack: QuickStack, runs: Any, report: Report) -> None:
    """Redis is killed with the messages of runs that were announced this moment, and comes back with none."""
    for name, outages in (("short", OUTAGES[:-1]), ("long", OUTAGES[-1:])):
        samples: Samples = []
        for outage in outages:
            waiting = [runs.take() for _ in range(3)]
            with stack.halted("worker"):
                for run in waiting:
                    runs.announce(run)
                redis = stack.kill("redis")
            time.sleep(outage)
            stack.supervisor.start(redis)
            back = time.time()
            samples += [runs.wait_for(run, since=back) for run in waiting]
        _tell(report, f"redis_lost_{name}", samples, AFTER_REDIS_SECONDS)


def _workers(stack: QuickStack, runs: Any, report: Report) -> None:
    """The worker is killed while it holds leases: of a run that it hands over, and of runs that it asks about."""
    for name, rounds, kill in (("worker", WORKER_ROUNDS, _kill_worker), ("pool", 1, QuickStack.kill_pool)):
        handing: Samples = []
        asking: Samples = []
        for _ in range(rounds):
            watched = runs.begin_watching(3)
            handed = runs.begin_handing_over()
            killed = time.time()
            kill(stack)
            handing.append(runs.wait_for(handed, since=killed))
            asking += [runs.wait_for(run, since=killed) for run in watched]
        _tell(report, f"{name}_killed_handing_over", handing, WITHIN_SECONDS)
        _tell(report, f"{name}_killed_asking", asking, WITHIN_SECONDS)


def _kill_worker(stack: QuickStack) -> None:
    stack.supervisor.start(stack.kill("worker"))


def _whole(runs: Any, stand_in: Server, report: Report) -> None:
    """After all of it: every run has ended well, with one job."""
    begun = runs.await_ends()
    report.at_most("not_succeeded", begun - runs.succeeded(), 0)
    report.at_most("jobs_too_many", len(stand_in.service.jobs) - begun, 0)


def _tell(report: Report, name: str, samples: Samples, limit: float) -> None:
    report.note(f"{name}_median", median(samples))
    report.at_most(f"{name}_worst", max(samples), limit)


if __name__ == "__main__":
    sys.exit(main())
