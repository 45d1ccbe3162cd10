"""The tick beside Run, what both runs' pages say of a repair, and who may stop it."""

from __future__ import annotations

import pytest
from django.urls import reverse
from pytest_django.fixtures import Settings

from jobs.models import RunRepair
from tests.jobs.browsing import html, signed_in
from tests.jobs.conftest import People
from tests.jobs.repairing import BROKEN, Start, advance, broken, written


def test_the_tick_is_there_where_a_model_is(start_repairable: Start, people: People, settings: Settings) -> None:
    session = start_repairable().session
    address = reverse("jobs:session", args=[session.uuid])
    assert 'name="repair"' in html(signed_in(people.owner), address)
    settings.PGSPARK_GENERATORS = ["builtin"]
    assert 'name="repair"' not in html(signed_in(people.owner), address)


@pytest.mark.parametrize(("ticked", "allowed"), [({"repair": "1"}, 3), ({}, 0)])
def test_the_tick_is_what_the_run_is_allowed(
    start_repairable: Start, people: People, ticked: dict[str, str], allowed: int
) -> None:
    session = start_repairable().session
    form = {"transform": BROKEN, "version": "1", **ticked}
    signed_in(people.owner).post(reverse("jobs:run", args=[session.uuid]), form)
    assert session.runs.first().repairs_left == allowed


def test_both_runs_say_what_became_of_the_repair(start_repairable: Start, people: People) -> None:
    run = broken(start_repairable())
    client, address = signed_in(people.owner), reverse("jobs:run_page", args=[run.uuid])
    assert 'data-repair="PENDING"' in html(client, address)
    repair = written(run)
    page = html(client, address)
    assert "Stop the repair" in page
    assert "Fix with AI" not in page
    again = advance(run).next_run
    assert f"Run #{again.pk}" in html(client, address)
    page = html(client, reverse("jobs:run_page", args=[again.uuid]))
    assert f"run #{run.pk}" in page
    assert "What the repair changed" in page
    history = html(client, reverse("jobs:runs"))
    assert f"#{again.pk}" in history
    assert "repair of" in history
    assert repair.number == 1


def test_only_the_owner_stops_a_repair(start_repairable: Start, people: People) -> None:
    run = broken(start_repairable())
    address = reverse("jobs:run_repair_stop", args=[run.uuid])
    assert signed_in(people.teammate).post(address).status_code == 403
    assert signed_in(people.outsider).post(address).status_code == 404
    assert signed_in(people.owner).get(address).status_code == 405
    assert RunRepair.objects.get(run=run).is_active
    assert signed_in(people.owner).post(address).status_code == 302
    assert not RunRepair.objects.get(run=run).is_active


def test_the_line_under_the_run_bar_tells_what_repairs_may_cost(start_repairable: Start, people: People) -> None:
    address = reverse("jobs:quote", args=[start_repairable().session.uuid])
    assert "at most 3 times" in html(signed_in(people.owner), f"{address}?repair=1")
    assert "at most 3 times" not in html(signed_in(people.owner), address)
