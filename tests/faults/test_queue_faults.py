"""Redis or the web server goes away while somebody clicks Run: the row is the queue, and the page does not wait."""

from __future__ import annotations

import base64
import json
import os
import signal
import warnings
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import botocore.client
import pytest
import redis
from django.conf import settings as site
from django.test import Client

from catalog.models import AnalysisSession
from jobs import operations, tasks
from jobs.models import CodeVersion, JobRun, ResourceProfile
from jobs.states import RunState
from pgspark_site.celery import app
from pgspark_site.local_stack.processes import Supervisor
from pgspark_site.local_stack.redis_server import RedisServer, find_redis, start_redis
from tests.emr import StandIn, wait_for
from tests.faults.steps import KILLED, comes_due, history, in_a_process, start, wait
from tests.jobs.browsing import signed_in
from tests.jobs.conftest import People
from tests.jobs.factories import FEW_ROWS, example_connection, pick_orders

CODE = "def transform(spark, orders):\n    return orders.limit(5)\n"


class OwnRedis:
    """A Redis of the test's own: the broker and the cache of all that is done here."""

    def __init__(self, folder: Path) -> None:
        self._supervisor = Supervisor(folder / "log")
        self.url = start_redis(self._supervisor, RedisServer(find_redis(), folder / "redis", "of-this-test")).url

    @property
    def messages(self) -> list[tuple[str, list[Any]]]:
        """Of the usual queue: the task's name and its arguments, the oldest first."""
        with redis.Redis.from_url(self.url) as client:
            waiting = [json.loads(text) for text in reversed(client.lrange("celery", 0, -1))]
        bodies = [json.loads(base64.b64decode(message["body"])) for message in waiting]
        return [(one["headers"]["task"], body[0]) for one, body in zip(waiting, bodies, strict=True)]

    def lose_everything(self) -> None:
        (server,) = self._supervisor.running
        self._supervisor.running.remove(server)
        server.process.kill()
        server.process.wait()
        self._supervisor.start(server.service)

    def send(self, number: signal.Signals) -> None:
        self._supervisor.running[0].process.send_signal(number)

    def close(self) -> None:
        self.send(signal.SIGCONT)
        self._supervisor.stop_all()


@pytest.fixture
def own_redis(tmp_path: Path, settings: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[OwnRedis]:
    made = OwnRedis(tmp_path)
    monkeypatch.setenv("CELERY_BROKER_URL", made.url)
    monkeypatch.setattr(app.amqp, "_producer_pool", None)
    settings.CACHES = {"default": site.CACHES["default"] | {"LOCATION": made.url}}
    yield made
    made.close()


@pytest.fixture
def session(transactional_db: None, emr: StandIn, shared_session: AnalysisSession, people: People) -> AnalysisSession:
    """The owner's session with one picked table and code that is ready to run on EMR Serverless."""
    connection = example_connection(people.owner.groups.get())
    pick_orders(shared_session, connection, statistics=FEW_ROWS)
    # Tests that truncate their tables leave none of those that come with the migrations.
    if not ResourceProfile.objects.exists():
        ResourceProfile.objects.create(name="medium", label="Medium", is_default=True)
    operations.save_edit(session=shared_session, transform=CODE, by=people.owner)
    return shared_session


def click_run(client: Client, session: AnalysisSession) -> int:
    """What the button sends; the answer's status."""
    return client.post(f"/sessions/{session.uuid}/run/", {"transform": CODE, "target": "emr"}).status_code


def the_run() -> JobRun:
    return JobRun.objects.get()


def announced(own_redis: OwnRedis, run: JobRun) -> bool:
    return ("jobs.tasks.advance_run", [run.pk]) in own_redis.messages


def test_a_click_on_run_asks_nothing_of_aws(
    session: AnalysisSession, people: People, own_redis: OwnRedis, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The run's row and its message are all that a click makes; a worker does the rest."""
    asked: list[str] = []
    monkeypatch.setattr(botocore.client.BaseClient, "_make_api_call", lambda self, name, request: asked.append(name))
    assert click_run(signed_in(people.owner), session) == 302
    assert asked == []
    assert announced(own_redis, the_run())


def test_redis_loses_all_messages(run: JobRun, emr: StandIn, own_redis: OwnRedis) -> None:
    """Fault 7: the next sweep, or the one after it, announces the run again: within 10 s."""
    tasks.wake_run(run)
    assert announced(own_redis, run)
    own_redis.lose_everything()
    assert own_redis.messages == []

    for _ in range(2):
        comes_due(run)
        tasks.sweep()

    assert announced(own_redis, run)
    assert 2 * site.CELERY_BEAT_SCHEDULE["sweep"]["schedule"] + tasks.ANNOUNCED.total_seconds() < 10


def test_redis_hangs_when_run_is_clicked(
    session: AnalysisSession, people: People, emr: StandIn, own_redis: OwnRedis
) -> None:
    """Fault 8: it takes connections and never answers. The page comes, and the row is found by the sweep."""
    client = signed_in(people.owner)
    own_redis.send(signal.SIGSTOP)

    def click() -> None:
        assert click_run(client, session) == 302

    assert in_a_process(click) == 0
    own_redis.send(signal.SIGCONT)
    assert the_run().state == RunState.PENDING
    tasks.sweep()
    assert announced(own_redis, the_run())


def test_the_web_server_ends_between_commit_and_message(
    session: AnalysisSession, people: People, emr: StandIn, own_redis: OwnRedis
) -> None:
    """Fault 20: nobody announces the run but the sweep."""
    client = signed_in(people.owner)
    assert in_a_process(lambda: click_run(client, session), crash_at="before_publish") == KILLED
    run = the_run()
    assert (run.state, own_redis.messages) == (RunState.PENDING, [])
    tasks.sweep()
    assert announced(own_redis, run)


def test_a_worker_is_told_to_stop_while_it_hands_a_run_over(
    run: JobRun, version: CodeVersion, emr: StandIn, own_redis: OwnRedis
) -> None:
    """Fault 17: as at every deployment. It ends what it does, gives the lease back, and takes nothing new."""

    def work() -> None:
        warnings.simplefilter("ignore")  # Celery has one for whoever runs tests as root
        with suppress(SystemExit):  # how Celery's own command ends
            app.Worker(pool="solo", queues=["celery"], without_gossip=True, without_mingle=True).start()

    emr.pace(running=600)
    emr.fault("lose_answer", operation="StartJobRun", how="slow", seconds=2, count=1)
    tasks.wake_run(run)
    worker = start(work)
    wait_for(lambda: len(emr.jobs) == 1)
    os.kill(worker, signal.SIGTERM)
    assert wait(worker) == 0

    run.refresh_from_db()
    assert (run.state, run.lease_until) == (RunState.RUNNING, None)
    assert [job["id"] for job in emr.jobs] == [run.external_id]
    assert history(run) == ["SUBMITTING", "RUNNING"]
