"""The runs of `recovery.py`: brought to the moment at which something is killed, and followed until they move on."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import requests
from django.contrib.auth.models import Group, User
from django.db.models.functions import Now

from bench import many_runs
from catalog.models import AnalysisSession
from jobs import operations, tasks
from jobs.models import JobRun
from jobs.states import RunState
from pgspark_site.local_stack.emr_stand_in.faults import JobFault
from pgspark_site.local_stack.emr_stand_in.http_server import Server
from tests.jobs.factories import FEW_ROWS, example_connection, pick_orders
from tests.person import Person

# Longer than any limit: a miss is to be measured, not only noticed.
MOST_SECONDS = 150
# For how long a call to the service hangs, so that a worker is killed in it.
HANGS_SECONDS = 12
LATER = timedelta(days=1)
CODE = "def transform(spark, orders):\n    return orders.limit(5)\n"


class Runs:
    """Sixty queued runs that nothing announces yet, each `take`n once; those of a click come beside them."""

    def __init__(self, stand_in: Server, url: str, password: str) -> None:
        self._stand_in = stand_in
        self._unused = many_runs.make(60)
        JobRun.objects.update(next_action_at=Now() + LATER)
        self._begun: list[int] = []
        owner = User.objects.get(username="bench")
        self._session = _session(owner)
        self._person = Person(url, "bench", password)

    def take(self) -> int:
        return self._use(self._unused.pop(0))

    def due(self, run: int) -> None:
        """As a run whose message was lost."""
        JobRun.objects.filter(pk=run).update(next_action_at=Now())

    def announce(self, run: int) -> None:
        """As the sweep does it, which then leaves the run alone for a while."""
        JobRun.objects.filter(pk=run).update(next_action_at=Now() + tasks.ANNOUNCED)
        tasks.wake_run(JobRun.objects.get(pk=run))

    def click(self) -> int:
        """Somebody presses Run, and the web server dies of it."""
        known = set(JobRun.objects.values_list("pk", flat=True))
        try:
            self._person.post(f"/sessions/{self._session.uuid}/run/", {"transform": CODE, "target": "emr"})
        except requests.ConnectionError:
            return self._use(JobRun.objects.exclude(pk__in=known).get().pk)
        raise SystemExit("the web server outlived its crash point")

    def begin_handing_over(self) -> int:
        """A run that a worker hands to the service this moment."""
        calls = self._calls("StartJobRun")
        self._hang("StartJobRun")
        run = self.take()
        self.announce(run)
        _await(lambda: self._calls("StartJobRun") > calls and _is_held(run), "nobody handed the run over")
        return run

    def begin_watching(self, count: int) -> list[int]:
        """Runs of one application whose jobs have ended, about which a worker asks this moment."""
        self._stand_in.service.faults.add({"kind": "job", "count": count, "stuck": "RUNNING"})
        taken = [run for run in self._unused if _application(run) == _application(self._unused[0])][:count]
        for run in taken:
            self._unused.remove(run)
            self.announce(self._use(run))
        with_engine = JobRun.objects.filter(pk__in=taken, state=RunState.RUNNING)
        _await(lambda: with_engine.count() == count and not any(map(_is_held, taken)), "the runs did not start")
        calls = self._calls("ListJobRuns")
        self._hang("ListJobRuns")
        JobRun.objects.filter(pk__in=taken).update(next_action_at=Now())
        _await(lambda: self._calls("ListJobRuns") > calls and all(map(_is_held, taken)), "nobody asked about them")
        for run in with_engine:
            self._stand_in.service.jobs[run.external_id].fault = JobFault(count=0)
        return taken

    def wait_for(self, run: int, *, since: float | None) -> float:
        """Seconds from then, or from when its row was made, to the run's first move after it."""
        row = JobRun.objects.get(pk=run)
        begin = row.created_at.timestamp() if since is None else since
        moves: list[float] = []

        def has_moved() -> bool:
            events = row.events.exclude(from_state="").order_by("id").values_list("at", flat=True)
            moves[:] = [at.timestamp() for at in events if at.timestamp() > begin]
            return bool(moves)

        _await(has_moved, f"run {run} has not moved on")
        return moves[0] - begin

    def await_ends(self) -> int:
        """How many runs there were, once none is active."""
        used = JobRun.objects.filter(pk__in=self._begun)
        _await(lambda: not used.active().exists(), "some runs have not ended")
        return len(self._begun)

    def succeeded(self) -> int:
        return JobRun.objects.filter(pk__in=self._begun, state=RunState.SUCCEEDED).count()

    def _use(self, run: int) -> int:
        self._begun.append(run)
        return run

    def _hang(self, operation: str) -> None:
        """The next such call has its effect, and its answer comes long after."""
        fault = {"kind": "lose_answer", "operation": operation, "how": "slow", "seconds": HANGS_SECONDS}
        self._stand_in.service.faults.add(fault)

    def _calls(self, operation: str) -> int:
        return sum(call.operation == operation for call in list(self._stand_in.calls))


def _session(owner: Any) -> AnalysisSession:
    """With one picked table and code that is ready to run."""
    group = Group.objects.create(name="bench")
    owner.groups.add(group)
    connection = example_connection(group)
    session = AnalysisSession.objects.create(owner=owner)
    pick_orders(session, connection, statistics=FEW_ROWS)
    operations.save_edit(session=session, transform=CODE, by=owner)
    return session


def _application(run: int) -> str:
    return JobRun.objects.values_list("application_id", flat=True).get(pk=run)


def _is_held(run: int) -> bool:
    return not JobRun.objects.free().filter(pk=run).exists()


def _await(happened: Callable[[], bool], else_say: str) -> None:
    give_up = time.monotonic() + MOST_SECONDS
    while not happened():
        if time.monotonic() > give_up:
            raise SystemExit(f"{else_say} within {MOST_SECONDS} s")
        time.sleep(0.05)
