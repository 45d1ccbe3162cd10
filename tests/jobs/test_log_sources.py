"""What a page and the API say of where a log is read, and how a cursor stays where it is of."""

from __future__ import annotations

import re
from datetime import timedelta
from html import unescape
from typing import Any

import pytest
from django.urls import reverse
from django.utils import timezone

from jobs import run_log
from jobs.execution.base import LogSource
from jobs.models import CodeVersion, JobRun
from jobs.states import RunState, Target
from tests.jobs.browsing import html, signed_in
from tests.jobs.conftest import People
from tests.jobs.factories import RunFactory
from tests.jobs.fake_engine import FakeEngine, use_engine

pytestmark = pytest.mark.django_db

LAG = timedelta(minutes=3)
NOWHERE = LogSource("", LAG, "It is looked for in S3.")


@pytest.fixture
def engine(monkeypatch: pytest.MonkeyPatch, settings: Any) -> FakeEngine:
    return use_engine(monkeypatch, settings, Target.EMR)


@pytest.fixture
def run(version: CodeVersion) -> JobRun:
    return RunFactory(code_version=version, state=RunState.RUNNING, target=Target.EMR, external_id="job-1")


def ended(run: JobRun, ago: timedelta) -> JobRun:
    JobRun.objects.filter(pk=run.pk).update(state=RunState.CANCELLED, finished_at=timezone.now() - ago)
    run.refresh_from_db()
    return run


def logs_page(people: People, run: JobRun) -> str:
    return unescape(html(signed_in(people.owner), reverse("jobs:run_tab", args=[run.uuid, "logs"])))


def test_while_nothing_is_there_the_page_says_where_it_is_looked_for(
    engine: FakeEngine, run: JobRun, people: People
) -> None:
    engine.log_source = NOWHERE

    assert "lines appear here as they come. It is looked for in S3." in logs_page(people, run)


def test_that_it_is_read_elsewhere_than_it_should_be_is_said_below_its_lines(
    engine: FakeEngine, run: JobRun, people: People
) -> None:
    engine.text, engine.log_source = "one\n", LogSource("s3", LAG, "The portal may not read the log group.")
    page = logs_page(people, run)

    assert page.index(">one<") < page.index("The portal may not read the log group.")


def test_the_page_asks_on_in_the_same_source(engine: FakeEngine, run: JobRun, people: People) -> None:
    engine.text, engine.log_source = "one\n", LogSource("s3", LAG)
    asks = re.search(r'id="log-next"[^>]* hx-get="([^"]+)"', logs_page(people, run))
    assert asks is not None
    engine.text += "two\n"
    more = html(signed_in(people.owner), asks[1])

    assert (">two<" in more, ">one<" in more, engine.log_sources[-1]) == (True, False, "s3")


def test_a_log_that_comes_late_is_waited_for_after_the_end(engine: FakeEngine, run: JobRun, people: People) -> None:
    engine.log_source = NOWHERE
    soon, late = ended(run, LAG / 3), logs_page(people, run)
    assert not run_log.tail(soon, "stderr").ended
    assert not run_log.following(soon, "stderr", start=0, line=1).ended
    assert "data-poll" in late.partition('id="log-next"')[2][:200]

    over = ended(run, LAG * 2)
    assert run_log.tail(over, "stderr").ended
    assert run_log.following(over, "stderr", start=0, line=1).ended
    assert "There is nothing of stderr. It is looked for in S3." in logs_page(people, over)


def test_a_source_that_cannot_be_read_now_is_not_begun_anew(engine: FakeEngine, run: JobRun) -> None:
    engine.text, engine.log_source = "", LogSource("cloudwatch", LAG, "It takes no more requests.")
    part = run_log.following(run, "stderr", start=700, line=9, source="cloudwatch")

    assert (part.end, part.next_line, part.lines) == (700, 9, ())


def test_all_of_it_is_downloaded_from_one_source(engine: FakeEngine, run: JobRun) -> None:
    engine.text, engine.log_source = "one\ntwo\n", LogSource("cloudwatch", LAG)

    assert b"".join(run_log.whole(run, "stderr")) == b"one\ntwo\n"
    assert engine.log_sources == ["", "cloudwatch"]
