"""EMR Serverless in the pages: the run bar's choices, the application's state, and the Spark UI; for whom, and not."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from django.core.cache import cache
from django.test import Client
from django.urls import reverse

from catalog.models import AnalysisSession, SelectedSource
from jobs.execution.emr_serverless import EmrServerless
from jobs.models import CodeVersion, JobRun
from jobs.states import Target
from tests.emr import STANDARD, StandIn
from tests.jobs.browsing import html, signed_in
from tests.jobs.conftest import People
from tests.jobs.execution.submissions import submission
from tests.jobs.factories import RunFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def session(shared_session: AnalysisSession, settings: Any) -> Iterator[AnalysisSession]:
    """A Glue table is picked in it."""
    settings.PGSPARK_GLUE_ENABLED = True
    cache.clear()
    SelectedSource.objects.create(
        session=shared_session, alias="web_events", kind="GLUE", database="analytics", table="web_events"
    )
    yield shared_session
    cache.clear()


@pytest.fixture
def on_emr(emr: StandIn, version: CodeVersion) -> JobRun:
    job = submission(application_id=STANDARD)
    return RunFactory(
        code_version=version,
        state="RUNNING",
        target=Target.EMR,
        application_id=STANDARD,
        client_token=job.token,
        external_id=EmrServerless().submit(job),
        profile="medium",
    )


# The run bar


def test_the_run_bar_offers_engines_and_sizes(emr: StandIn, session: AnalysisSession, people: People) -> None:
    page = html(signed_in(people.owner), reverse("jobs:session", args=[session.uuid]))

    assert "Glue picked: runs on EMR Serverless, standard application" in page
    assert '<option value="">EMR Serverless</option><option value="local">Local Spark</option>' in page
    assert '<option value="medium" selected>Medium, 6 vCPU</option>' in page


def test_a_portal_with_one_engine_asks_neither(session: AnalysisSession, people: People) -> None:
    page = html(signed_in(people.owner), reverse("jobs:session", args=[session.uuid]))

    assert 'id="run-size"' not in page and 'id="run-engine"' not in page
    assert "Local Spark" in page


def run_it(client: Client, session: AnalysisSession, **choices: str) -> JobRun | None:
    text = "def transform(spark, web_events):\n    return web_events\n"
    client.post(reverse("jobs:run", args=[session.uuid]), {"transform": text, **choices})
    return session.runs.first()


def test_the_choices_reach_the_run(emr: StandIn, session: AnalysisSession, people: People) -> None:
    run = run_it(signed_in(people.owner), session, size="large")

    assert run is not None
    assert (run.target, run.profile, run.application_id) == (Target.EMR, "large", STANDARD)


def test_a_wish_reaches_the_run(emr: StandIn, session: AnalysisSession, people: People) -> None:
    run = run_it(signed_in(people.owner), session, target="local", size="large")

    assert run is not None and (run.target, run.profile) == (Target.LOCAL, "")


def test_a_size_that_is_gone_is_refused_in_place(emr: StandIn, session: AnalysisSession, people: People) -> None:
    text = "def transform(spark, web_events):\n    return web_events\n"
    answer = signed_in(people.owner).post(
        reverse("jobs:run", args=[session.uuid]), {"transform": text, "size": "enormous"}
    )

    assert answer.status_code == 400
    assert "There is no size “enormous” to choose." in answer.content.decode()
    assert not session.runs.exists()


# The application


def test_the_line_asks_for_the_applications_state(emr: StandIn, session: AnalysisSession, people: People) -> None:
    client = signed_in(people.owner)
    address = reverse("jobs:engine_state", args=[session.uuid])

    assert f'hx-get="{address}"' in html(client, reverse("jobs:engine_line", args=[session.uuid]))
    assert "The application is down (CREATED)" in html(client, address)
    assert "Start it now" in html(client, address)


def test_only_the_owner_may_start_it(emr: StandIn, session: AnalysisSession, people: People) -> None:
    address = reverse("jobs:engine_start", args=[session.uuid])

    assert "Start it now" not in html(signed_in(people.teammate), reverse("jobs:engine_state", args=[session.uuid]))
    assert signed_in(people.teammate).post(address).status_code == 403
    for user in (people.outsider, people.staff):
        assert signed_in(user).post(address).status_code == 404
        assert signed_in(user).get(reverse("jobs:engine_state", args=[session.uuid])).status_code == 404
    assert Client().post(address).status_code == 302
    assert emr.calls("StartApplication") == []
    assert signed_in(people.owner).get(address).status_code == 405


def test_the_owner_starts_it_with_scripts_and_without(emr: StandIn, session: AnalysisSession, people: People) -> None:
    address = reverse("jobs:engine_start", args=[session.uuid])

    plain = signed_in(people.owner).post(address)
    fragment = signed_in(people.owner).post(address, headers={"HX-Request": "true"})

    assert plain["Location"] == reverse("jobs:session", args=[session.uuid])
    assert "The application is" in fragment.content.decode()
    assert len(emr.calls("StartApplication")) == 1


def test_the_days_limit_is_told_in_place(emr: StandIn, session: AnalysisSession, people: People, settings: Any) -> None:
    settings.PGSPARK_EMR_PRESTARTS_PER_DAY = 0
    address = reverse("jobs:engine_start", args=[session.uuid])

    answer = signed_in(people.owner).post(address, headers={"HX-Request": "true"}).content.decode()

    assert "PGSPARK_EMR_PRESTARTS_PER_DAY" in answer
    assert "Start it now" not in answer


def test_where_nothing_runs_on_emr_there_is_no_state(session: AnalysisSession, people: People) -> None:
    address = reverse("jobs:engine_state", args=[session.uuid])

    assert html(signed_in(people.owner), address) == ""


# The Spark UI


def spark_ui(run: JobRun) -> str:
    return reverse("jobs:run_spark_ui", args=[run.uuid])


def test_all_who_see_the_run_may_open_its_spark_ui(emr: StandIn, on_emr: JobRun, people: People) -> None:
    emr.await_state(on_emr.external_id, "RUNNING", "SUCCESS")
    for user in (people.owner, people.teammate):
        client = signed_in(user)
        answer = client.post(spark_ui(on_emr))

        assert spark_ui(on_emr) in html(client, reverse("jobs:run_page", args=[on_emr.uuid]))
        assert answer["Refresh"].startswith(f"0; url={emr.url}/dashboard/{on_emr.external_id}?authToken=")
        assert answer["Cache-Control"] == "no-store"
        assert answer["Referrer-Policy"] == "no-referrer"


def test_nobody_else_may(emr: StandIn, on_emr: JobRun, people: People) -> None:
    for user in (people.outsider, people.staff):
        assert signed_in(user).post(spark_ui(on_emr)).status_code == 404
    assert Client().post(spark_ui(on_emr)).status_code == 302
    assert signed_in(people.owner).get(spark_ui(on_emr)).status_code == 405
    assert emr.calls("GetDashboardForJobRun") == []


def test_the_address_is_kept_nowhere(
    emr: StandIn, on_emr: JobRun, people: People, caplog: pytest.LogCaptureFixture, capsys: pytest.CaptureFixture[str]
) -> None:
    emr.await_state(on_emr.external_id, "RUNNING", "SUCCESS")
    answer = signed_in(people.owner).post(spark_ui(on_emr))
    secret = answer["Refresh"].partition("authToken=")[2]

    shown = capsys.readouterr()
    assert secret and secret not in caplog.text + shown.out + shown.err
    on_emr.refresh_from_db()
    assert secret not in str(vars(on_emr)) + str(list(on_emr.events.values()))


def test_it_is_never_opened_over_a_plain_connection(
    emr: StandIn, on_emr: JobRun, people: People, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(EmrServerless, "spark_ui", lambda self, handle: "http://dashboard.example/?authToken=x")

    answer = signed_in(people.owner).post(spark_ui(on_emr))

    assert "Refresh" not in answer and "authToken" not in answer.content.decode()


def test_a_run_of_another_engine_has_none(emr: StandIn, running: JobRun, people: People) -> None:
    client = signed_in(people.owner)

    assert spark_ui(running) not in html(client, reverse("jobs:run_page", args=[running.uuid]))
    assert client.post(spark_ui(running))["Location"] == reverse("jobs:run_page", args=[running.uuid])


def test_a_job_that_has_not_begun_says_so(emr: StandIn, version: CodeVersion, people: People) -> None:
    emr.fault("job", stuck="PENDING")
    job = submission(application_id=STANDARD)
    waiting = RunFactory(
        code_version=version,
        state="RUNNING",
        target=Target.EMR,
        application_id=STANDARD,
        client_token=job.token,
        external_id=EmrServerless().submit(job),
    )

    page = signed_in(people.owner).post(spark_ui(waiting), follow=True).content.decode()

    assert "The Spark UI of this run cannot be opened now." in page
