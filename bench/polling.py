"""Five hundred active runs on two applications of EMR Serverless: what a sweep costs, how soon a page shows a change.

    make bench-polling

First the portal's own sweep in this process, its statements and the stand-in's calls counted. Then the real web server,
worker and beat; forty jobs end one after the other, and somebody with each of their pages open waits to see it.
"""

from __future__ import annotations

import json
import os
import random
import re
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from functools import partial
from typing import Any

from bench.quick_stack import APPLICATIONS, PASSWORD, QuickStack, quick_stack, settings_for_emr
from bench.report import Report, median
from pgspark_site.local_stack import portal
from pgspark_site.local_stack.emr_stand_in.__main__ import make_server
from pgspark_site.local_stack.emr_stand_in.faults import JobFault
from pgspark_site.local_stack.emr_stand_in.http_server import Server
from pgspark_site.local_stack.ports import start_on_free_port
from tests.person import Person

ACTIVE = 500
CHANGES = 40
CHANGE_EVERY_SECONDS = 0.7
SEEN_WITHIN_SECONDS = 60
_POLL = re.compile(r'hx-trigger="every (\d+)s')


def main() -> int:
    report = Report("polling")
    stand_in = make_server(0, store=lambda: None, on_spark=False, names=list(APPLICATIONS))
    stand_in.begin()
    with quick_stack(**settings_for_emr(stand_in.url)) as stack:
        os.environ.update(stack.env)
        _measure(stack, stand_in, report)
    return report.end()


def _measure(stack: QuickStack, stand_in: Server, report: Report) -> None:
    import django

    django.setup()
    runs = _running(stand_in)
    print(f"{len(runs)} active runs on two applications")
    _sweep(stand_in, runs, report, "first_sweep", changes=0)
    _sweep(stand_in, runs, report, "quiet_sweep", changes=0)
    _sweep(stand_in, runs, report, "sweep_with_10_changes", changes=10)
    _sweep(stand_in, runs, report, "sweep_with_80_changes", changes=80)
    report.at_most("sweeps_until_all_90_are_told", _until_told(len(runs)), 10)
    _pages(stack, stand_in, runs, report)


def _running(stand_in: Server) -> list[Any]:
    """The runs, each with its job at the stand-in, which stays RUNNING until it is told to end."""
    from django.utils import timezone

    from bench import many_runs
    from jobs.execution.emr_request import start_request
    from jobs.execution.emr_settings import emr_settings
    from jobs.execution.registry import submission_of
    from jobs.models import JobRun
    from jobs.states import RunState

    service = stand_in.service
    for application in service.applications.values():
        application.most_at_once = ACTIVE
    service.pace.submitted = service.pace.pending = service.pace.scheduled = service.pace.running = 0.0
    service.faults.add({"kind": "job", "count": ACTIVE, "stuck": "RUNNING"})
    many_runs.make(ACTIVE)
    runs = list(JobRun.objects.order_by("pk"))
    for run in runs:
        request = start_request(submission_of(run), emr_settings())
        started = service.StartJobRun(str(request.pop("applicationId")), request)
        run.state, run.external_id = RunState.RUNNING, started["jobRunId"]
        run.started_at, run.deadline_at = timezone.now(), timezone.now() + timedelta(minutes=10)
    JobRun.objects.bulk_update(runs, ["state", "external_id", "started_at", "deadline_at"])
    while any(job.state != "RUNNING" for job in service.jobs.values()):
        time.sleep(0.1)
    return runs


def _end(stand_in: Server, run: Any) -> float:
    """The job ends well at the service; the moment when it did."""
    _write_result(run)
    with stand_in.service.lock:
        job = stand_in.service.jobs[run.external_id]
        job.fault = JobFault(count=0)
    while job.state != "SUCCESS":
        time.sleep(0.01)
    return float(job.ended_at or time.time())


def _write_result(run: Any) -> None:
    from connections.object_store import store
    from jobs.run_files import manifest_key

    manifest = {
        "rows": 0,
        "columns": [],
        "files": [],
        "limit_reached": False,
        "written_at": "2026-11-24T12:00:00+00:00",
    }
    store().put(manifest_key(str(run.uuid)), json.dumps(manifest).encode())


def _sweep(stand_in: Server, runs: list[Any], report: Report, name: str, *, changes: int) -> None:
    """One sweep and all that it asks about, in this process."""
    from django.db.models.functions import Now

    from jobs.models import JobRun

    for run in [runs.pop() for _ in range(changes)]:
        _end(stand_in, run)
    JobRun.objects.active().update(next_action_at=Now())
    calls, running = len(stand_in.calls), JobRun.objects.with_engine().count()
    with _statements() as statements:
        watched, collect = _sweep_in_this_process()
    report.note(f"{name}_messages", watched)
    report.at_most(f"{name}_calls", len(stand_in.calls) - calls, 12)
    told = running - JobRun.objects.with_engine().count()
    report.note(f"{name}_changes_told", told)
    collect()
    # The first time each run learns its state.
    moved = told or (len(runs) if name == "first_sweep" else 0)
    report.note(f"{name}_statements", len(statements))
    report.at_most(f"{name}_statements_for_each_change", (len(statements) - 20) / moved if moved else 0, 3)
    if not moved:
        report.at_most(f"{name}_statements_for_500_runs", len(statements), 20)


def _until_told(active: int) -> int:
    """How many more sweeps it takes until only that many runs are active: a sweep asks about so many endings only."""
    from django.db.models.functions import Now

    from jobs.models import JobRun

    for sweeps in range(100):
        if JobRun.objects.active().count() == active:
            return sweeps
        JobRun.objects.active().update(next_action_at=Now())
        _sweep_in_this_process()[1]()
    raise RuntimeError("some endings are never told")


def _sweep_in_this_process() -> tuple[int, Callable[[], None]]:
    """Runs the questions that the sweep announces; how many, and what collects the results of those that have ended."""
    from jobs import tasks

    announced: list[tuple[Any, tuple[Any, ...]]] = []
    kept, tasks._publish = tasks._publish, lambda task, *arguments: announced.append((task, arguments))
    try:
        tasks.sweep()
        groups = [(task, arguments) for task, arguments in announced if task is tasks.watch_runs]
        for task, arguments in groups:
            task.run(*arguments)
    finally:
        tasks._publish = kept

    def collect() -> None:
        for task, arguments in announced:
            if task is tasks.advance_run:
                task.run(*arguments)

    return len(groups), collect


@contextmanager
def _statements() -> Iterator[list[str]]:
    from django.db import connection

    said: list[str] = []

    def listen(execute: Callable[..., Any], sql: str, *rest: Any) -> Any:
        said.append(sql)
        return execute(sql, *rest)

    with connection.execute_wrapper(listen):
        yield said


def _pages(stack: QuickStack, stand_in: Server, runs: list[Any], report: Report) -> None:
    port = start_on_free_port(stack.supervisor, partial(portal.web, stack.env))
    stack.supervisor.start(portal.worker(stack.env, stack.supervisor.log_of("worker")))
    stack.supervisor.start(portal.beat(stack.env))
    person = Person(f"http://127.0.0.1:{port}", "bench", PASSWORD)
    chosen = random.Random(1).sample(runs, CHANGES)
    calls, began = len(stand_in.calls), time.monotonic()
    delays: list[float] = []
    viewers = []
    for run in chosen:
        ended = _end(stand_in, run)
        viewers.append(threading.Thread(target=_look, args=(person, run, ended, delays)))
        viewers[-1].start()
        time.sleep(CHANGE_EVERY_SECONDS)
    for viewer in viewers:
        viewer.join()
    spent = time.monotonic() - began
    report.note("calls_each_second", (len(stand_in.calls) - calls) / spent)
    report.at_most("seen_on_the_page_median", median(delays), 5.0)
    report.note("seen_on_the_page_slowest", max(delays))
    report.at_most("changes_not_seen", CHANGES - len(delays), 0)


def _look(person: Person, run: Any, ended: float, delays: list[float]) -> None:
    """Somebody with the run's page open: it asks at its own pace, from a moment of its own on."""
    time.sleep(random.uniform(0, 3))
    while time.time() - ended < SEEN_WITHIN_SECONDS:
        page = person.get(f"/runs/{run.uuid}/live/").text
        if 'data-run-state="SUCCEEDED"' in page:
            delays.append(time.time() - ended)
            return
        asks = _POLL.search(page)
        time.sleep(float(asks[1]) if asks else 3.0)


if __name__ == "__main__":
    sys.exit(main())
