"""A run that its owner wants repaired, and what workers do for its repair. Its fixtures are part of `conftest.py`."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest
from django.db.models.functions import Now
from pytest_django.fixtures import Settings

from catalog import drift
from catalog.models import AnalysisSession
from connections.errors import PortalError
from jobs import operations, repairs
from jobs.generation import advance_code
from jobs.models import JobRun, RunRepair
from jobs.states import RepairState, Target
from jobs.supervisor.endings import fail
from tests.converse import ConverseServer, called
from tests.jobs.factories import example_connection, pick_orders
from tests.jobs.fake_engine import use_engine

if TYPE_CHECKING:
    from tests.jobs.conftest import People

BROKEN = "def transform(spark, orders):\n    return orders.select('totl')\n"
FIXED = "def transform(spark, orders):\n    return orders.select('total')\n"

Start = Callable[..., JobRun]


@pytest.fixture
def repair_session(shared_session: AnalysisSession, people: People) -> AnalysisSession:
    connection = example_connection(people.owner.groups.get())
    pick_orders(
        shared_session,
        connection,
        columns=[{"name": "total", "type": "numeric", "nullable": True}],
    )
    return shared_session


@pytest.fixture
def start_repairable(
    repair_session: AnalysisSession,
    people: People,
    converse: ConverseServer,
    settings: Settings,
    monkeypatch: pytest.MonkeyPatch,
) -> Start:
    """Starts a run of broken code whose owner wants it repaired; a model is there that corrects it."""
    settings.PGSPARK_GENERATORS = ["bedrock", "builtin"]
    use_engine(monkeypatch, settings, Target.LOCAL)
    monkeypatch.setattr(drift, "report", lambda user, sources: drift.Report((), ()))
    converse.script(called(FIXED))
    version = operations.save_edit(session=repair_session, transform=BROKEN, by=people.owner, prompt="All totals")

    def begin(*, repair: bool = True, **wish: int) -> JobRun:
        return operations.start_run(version=version, by=people.owner, repair=repair, **wish)

    return begin


def broken(run: JobRun, code: str = "COLUMN_NOT_FOUND") -> JobRun:
    """The run when it has failed for that reason."""
    fail(run, PortalError(code, column="totl", minutes=10, action="s3:GetObject"))
    return run


def advance(run: JobRun) -> RunRepair:
    """What workers do for the run's repair, one step of each: ask, write, run again."""
    repair = RunRepair.objects.get(run=run)
    RunRepair.objects.filter(pk=repair.pk).update(next_action_at=Now())
    repairs.advance_repair(repair.pk)
    repair.refresh_from_db()
    return repair


def written(run: JobRun) -> RunRepair:
    """The repair, when its version is written and checked."""
    repair = advance(run)
    assert repair.state == RepairState.WRITING
    advance_code(repair.version.pk)
    repair.refresh_from_db()
    return repair
