"""The run page, its fragments and downloads, each for those who may and those who may not."""

from __future__ import annotations

from pathlib import Path

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from jobs.models import CodeVersion, JobRun
from tests.jobs.browsing import html, signed_in
from tests.jobs.conftest import COLUMNS, People, StoreResult
from tests.jobs.factories import RunFactory, passed_through

pytestmark = pytest.mark.django_db

TABS = ("results", "files", "code", "logs")


def url(name: str, run: JobRun, *rest: str) -> str:
    return reverse(f"jobs:{name}", args=[run.uuid, *rest])


def readable(run: JobRun) -> list[str]:
    names = ("run_page", "run_live", "run_log", "run_csv", "run_script")
    return [
        *(url(name, run) for name in names),
        *(url("run_tab", run, tab) for tab in TABS),
        url("run_log_file", run, "stderr"),
    ]


# Who may look


def test_owner_and_teammate_may_read_everything_of_a_run(people: People, finished: JobRun) -> None:
    for user in (people.owner, people.teammate):
        for address in readable(finished):
            assert signed_in(user).get(address).status_code in (200, 204), address


def test_a_run_of_others_is_not_there_for_outsiders_and_staff(people: People, finished: JobRun) -> None:
    for user in (people.outsider, people.staff):
        for address in readable(finished):
            assert signed_in(user).get(address).status_code == 404, address


def test_anonymous_readers_are_sent_to_the_login(finished: JobRun) -> None:
    for address in [*readable(finished), reverse("jobs:runs"), reverse("jobs:runs_rows")]:
        response = Client().get(address)
        assert (response.status_code, response["Location"].partition("?")[0]) == (302, "/accounts/login/")


# Who may write


@pytest.mark.parametrize("name", ["run_cancel", "run_again"])
def test_writes_are_refused_to_all_but_the_owner(people: People, running: JobRun, name: str) -> None:
    address = url(name, running)

    assert signed_in(people.teammate).post(address).status_code == 403
    assert signed_in(people.outsider).post(address).status_code == 404
    assert signed_in(people.staff).post(address).status_code == 404
    assert Client().post(address)["Location"].startswith("/accounts/login/")
    running.refresh_from_db()
    assert (running.cancel_requested_at, JobRun.objects.count()) == (None, 1)


@pytest.mark.parametrize("name", ["run_cancel", "run_again"])
def test_writes_need_post_and_the_csrf_token(people: People, running: JobRun, name: str) -> None:
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(people.owner)

    assert strict.get(url(name, running)).status_code == 405
    assert strict.post(url(name, running)).status_code == 403


def test_cancel_notes_the_wish_and_returns_to_the_run(people: People, running: JobRun) -> None:
    response = signed_in(people.owner).post(url("run_cancel", running))

    assert response["Location"] == url("run_page", running)
    running.refresh_from_db()
    assert running.cancel_requested_at is not None


def test_cancelling_a_run_that_has_just_ended_says_so(people: People, failed: JobRun) -> None:
    response = signed_in(people.owner).post(url("run_cancel", failed), follow=True)

    assert "The run has already ended." in response.content.decode()


def test_run_again_that_is_refused_says_why_on_the_old_run(people: People, version: CodeVersion) -> None:
    CodeVersion.objects.filter(pk=version.pk).update(transform="def transform(spark:")

    response = signed_in(people.owner).post(url("run_again", RunFactory(code_version=version)), follow=True)

    assert "blocking finding" in response.content.decode()
    assert JobRun.objects.count() == 1


# The page


def test_the_overview_of_a_succeeded_run_shows_the_first_rows(people: People, finished: JobRun) -> None:
    page = html(signed_in(people.owner), url("run_page", finished))

    assert "3 rows × 4 columns" in page
    assert "98\u202f214.50" in page
    assert "Greta &lt;script&gt;" in page
    assert "ps-null" in page
    assert "empty text" in page
    assert "data-poll" not in page


def test_the_overview_of_an_active_run_asks_for_news_and_may_be_closed(people: People, running: JobRun) -> None:
    page = html(signed_in(people.owner), url("run_page", running))

    assert "You can close this page" in page
    assert "every 1s" in page
    assert "Cancel run" in page
    assert "Results open when the run ends" in page


def test_a_teammate_sees_no_buttons_that_change_something(people: People, running: JobRun) -> None:
    page = html(signed_in(people.teammate), url("run_page", running))

    assert url("run_cancel", running) not in page
    assert "analyst may change it" in page


def test_a_failure_comes_first_with_its_line_and_its_evidence(people: People, failed: JobRun) -> None:
    page = html(signed_in(people.owner), url("run_page", failed))

    assert page.index("failure-cause") < page.index("timeline-title")
    assert "COLUMN_NOT_FOUND" in page
    assert page.count("ps-code-bad") == 1
    assert page.count("ps-code-line") == 6
    assert "AnalysisException: totl" in page
    assert "Compare the name with the columns" in page


def test_a_failure_without_a_line_shows_no_code(people: People, version: CodeVersion) -> None:
    run = RunFactory(code_version=version, state="FAILED", failure={"message": "Spark stopped.", "line": None})

    assert "ps-code-line" not in html(signed_in(people.owner), url("run_page", run))


def test_a_result_without_rows_is_a_success_that_says_so(people: People, store_result: StoreResult) -> None:
    run = store_result(COLUMNS)

    for address in (url("run_page", run), url("run_tab", run, "results")):
        assert "The job worked and returned no rows" in html(signed_in(people.owner), address)


def test_lost_files_are_said_on_the_page_that_needs_them(people: People, finished: JobRun, bucket: Path) -> None:
    next(bucket.rglob("*.parquet")).unlink()
    client = signed_in(people.owner)

    assert "no longer in the result store" in html(client, url("run_page", finished))
    assert "no longer in the result store" in html(client, url("run_tab", finished, "results"), status=404)
    assert client.get(url("run_csv", finished)).status_code == 404


def test_every_tab_opens_in_every_state(people: People, version: CodeVersion, bucket: Path) -> None:
    client = signed_in(people.owner)
    for state in ("PENDING", "SUBMITTING", "RUNNING", "COLLECTING", "CANCELLING", "FAILED", "CANCELLED"):
        run = RunFactory(code_version=version, state=state)
        for address in (url("run_page", run), *(url("run_tab", run, tab) for tab in TABS), url("run_live", run)):
            assert client.get(address).status_code == 200, (state, address)


def test_an_unknown_tab_is_not_found(people: People, running: JobRun) -> None:
    assert signed_in(people.owner).get(url("run_tab", running, "chart")).status_code == 404


# Live


def test_live_brings_the_header_only_when_the_state_is_news(people: People, running: JobRun) -> None:
    client = signed_in(people.owner)

    same = html(client, url("run_live", running) + "?tab=overview&seen=RUNNING")
    news = html(client, url("run_live", running) + "?tab=overview&seen=PENDING")

    assert "run-header" not in same
    assert "every 1s" in same
    assert "run-header" in news
    assert "#announcer" in news


def test_live_stops_by_coming_back_without_a_trigger(people: People, finished: JobRun) -> None:
    fragment = html(signed_in(people.owner), url("run_live", finished) + "?tab=overview&seen=RUNNING")

    assert "hx-trigger" not in fragment
    assert "3 rows × 4 columns" in fragment
    assert "Succeeded, 3 rows" in fragment


def test_an_old_run_is_asked_less_often(people: People, version: CodeVersion) -> None:
    client = signed_in(people.owner)
    for age, interval in ((5, "every 1s"), (60, "every 3s"), (900, "every 10s")):
        run = passed_through(
            RunFactory(code_version=version, state="RUNNING"), begun=timezone.now() - timezone.timedelta(seconds=age)
        )
        assert interval in html(client, url("run_live", run))


# Results


def test_results_sort_search_and_page_by_the_address(people: People, finished: JobRun) -> None:
    client, address = signed_in(people.owner), url("run_tab", finished, "results")

    by_total = html(client, f"{address}?sort=total")
    found = html(client, f"{address}?q=harper")

    assert by_total.index("Harper") < by_total.index("Adrien") < by_total.index("Greta")
    assert 'aria-sort="ascending"' in by_total
    assert "Adrien" not in found
    assert "1 of 3 rows contain" in found
    assert "No row matches" in html(client, f"{address}?q=nobody")
    assert "Harper" in html(client, f"{address}?page=99")
    html(client, f"{address}?sort=nonsense", status=404)


def test_the_pager_offers_the_sizes_and_the_neighbours(people: People, store_result: StoreResult) -> None:
    run = store_result([("n", "bigint")], "SELECT i::BIGINT AS n FROM range(120) AS t(i)")

    page = html(signed_in(people.owner), url("run_tab", run, "results") + "?page=2")

    assert "51–100 of 120" in page
    assert 'rel="prev"' in page
    assert 'rel="next"' in page
    assert "?page=2&amp;per=200" not in page


def test_a_reached_limit_is_said(people: People, store_result: StoreResult) -> None:
    run = store_result([("n", "bigint")], "SELECT 1::BIGINT AS n", limit_reached=True)

    for address in (url("run_page", run), url("run_tab", run, "results")):
        assert "The row limit was reached" in html(signed_in(people.owner), address)


def test_csv_is_streamed_under_the_runs_title(people: People, finished: JobRun) -> None:
    response = signed_in(people.owner).get(url("run_csv", finished))

    assert response.streaming
    assert f'filename="top-10-customers-by-total-order-amount-{finished.pk}.csv"' in response["Content-Disposition"]
    lines = response.getvalue().decode().split("\r\n")
    assert lines[:3] == ["customer_id,name,company,total", "20417,Greta <script>,,98214.50", '3388,Adrien,"",91870.25']


def test_csv_before_there_is_a_result_is_refused_in_words(people: People, running: JobRun) -> None:
    assert "no result yet" in html(signed_in(people.owner), url("run_csv", running), status=409)


def test_the_script_is_downloaded_byte_for_byte(people: People, finished: JobRun) -> None:
    response = signed_in(people.owner).get(url("run_script", finished))

    assert response.getvalue().decode() == finished.script


def test_odd_addresses_do_no_harm(people: People, finished: JobRun) -> None:
    client = signed_in(people.owner)

    for query in ("?before=x", "?before=99999999999999999999", "?q=%00", "?state=x&state=", "?scope=all"):
        assert client.get(reverse("jobs:runs") + query).status_code == 200, query
    for query in ("?page=-1", "?page=x", "?per=7", "?q=%00", "?desc=1", "?stream=x"):
        assert client.get(url("run_tab", finished, "results") + query).status_code == 200, query
