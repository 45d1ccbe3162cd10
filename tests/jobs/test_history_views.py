"""The history of runs: filters, news, empty states."""

from __future__ import annotations

import pytest
from django.urls import reverse

from jobs.models import JobRun
from tests.jobs.browsing import html, signed_in
from tests.jobs.conftest import People
from tests.jobs.factories import RunFactory, SessionFactory

pytestmark = pytest.mark.django_db


def test_history_keeps_its_filters_in_the_address(people: People, running: JobRun, failed: JobRun) -> None:
    client, address = signed_in(people.owner), reverse("jobs:runs")

    active = html(client, f"{address}?state=active")
    by_text = html(client, f"{address}?q=customers&state=failed")

    assert (f'id="run-{running.pk}"' in active, f'id="run-{failed.pk}"' in active) == (True, False)
    assert (f'id="run-{running.pk}"' in by_text, f'id="run-{failed.pk}"' in by_text) == (False, True)
    assert 'value="customers"' in by_text
    assert "The code names a column" in by_text
    assert "Clear filters" in by_text


def test_history_asks_again_only_while_a_run_is_active(people: People, failed: JobRun) -> None:
    client, address = signed_in(people.owner), reverse("jobs:runs_rows")

    assert "data-poll" not in html(client, address)
    RunFactory(code_version=failed.code_version)
    assert "data-poll" in html(client, address)


def test_an_empty_history_tells_no_runs_from_no_match(people: People, failed: JobRun) -> None:
    address = reverse("jobs:runs")

    assert "No runs yet" in html(signed_in(people.outsider), address)
    assert "No run matches" in html(signed_in(people.owner), f"{address}?q=nothing-like-this")
    assert "No runs in your team yet" in html(signed_in(people.outsider), f"{address}?scope=team")


def test_team_shows_the_runs_of_shared_sessions(people: People, failed: JobRun) -> None:
    RunFactory(code_version__session=SessionFactory(owner=people.owner), title="Kept to myself")

    page = html(signed_in(people.teammate), reverse("jobs:runs") + "?scope=team")

    assert f'id="run-{failed.pk}"' in page
    assert "Kept to myself" not in page
