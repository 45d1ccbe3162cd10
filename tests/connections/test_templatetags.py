"""How values look on the pages."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
import time_machine
from django.contrib.auth.models import User
from django.template import Context, Template

from connections.templatetags import portal
from jobs.models import JobRun
from jobs.states import RunState

NOW = datetime(2026, 11, 23, 14, 0, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (None, "–"),
        (0, "0"),
        (999, "999"),
        (48_212, "48\u202f212"),
        (-1_000, "-1\u202f000"),
        (Decimal("1234.50"), "1\u202f234.50"),
    ],
)
def test_numbers_are_parted_by_narrow_no_break_spaces(value: Any, shown: str) -> None:
    assert portal.number(value) == shown


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (None, "–"),
        (0, "0"),
        (999_999, "999\u202f999"),
        (3_000_000, "3.0\u00a0M"),
        (999_949_999, "999.9\u00a0M"),
        (999_950_000, "1.0\u00a0bn"),
    ],
)
def test_row_counts_are_exact_below_a_million(value: int | None, shown: str) -> None:
    assert portal.compact(value) == shown


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (None, "–"),
        (0, "0\u00a0B"),
        (999, "999\u00a0B"),
        (2_100, "2.1\u00a0kB"),
        (64_000, "64\u00a0kB"),
        (999_600, "1.0\u00a0MB"),
        (3_400_000, "3.4\u00a0MB"),
        (412_000_000, "412\u00a0MB"),
    ],
)
def test_sizes_have_decimal_units(value: int | None, shown: str) -> None:
    assert portal.size(value) == shown


@pytest.mark.parametrize(
    ("value", "text", "table"),
    [
        (None, "–", "–"),
        (0.02, "20\u00a0ms", "0:00"),
        (0.81, "0.8\u00a0s", "0:00"),
        (9.97, "10\u00a0s", "0:09"),
        (46, "46\u00a0s", "0:46"),
        (59.7, "1\u00a0min 0\u00a0s", "0:59"),
        (timedelta(seconds=108), "1\u00a0min 48\u00a0s", "1:48"),
        (3723, "1\u00a0h 2\u00a0min", "1:02:03"),
        (-5, "0.0\u00a0s", "0:00"),
    ],
)
def test_durations_in_text_and_in_tables(value: Any, text: str, table: str) -> None:
    assert (portal.duration(value), portal.clock(value)) == (text, table)


def test_zero_is_a_value_and_nothing_is_a_dash() -> None:
    assert [portal.dash(value) for value in (0, None, "")] == [0, "–", "–"]


@pytest.mark.parametrize(
    ("age", "words"),
    [
        (timedelta(seconds=20), "just now"),
        (timedelta(minutes=3), "3\u00a0min ago"),
        (timedelta(hours=2), "12:00"),
        (timedelta(days=1), "yesterday 14:00"),
        (timedelta(days=3), "2026-11-20 14:00"),
    ],
)
@time_machine.travel(NOW, tick=False)
def test_times_are_relative_with_the_exact_one_in_the_title(age: timedelta, words: str) -> None:
    shown = portal.ago(NOW - age)
    assert f">{words}</time>" in shown
    assert f'title="{NOW - age:%Y-%m-%d %H:%M:%S} UTC"' in shown


@time_machine.travel(NOW, tick=False)
def test_elapsed_time_says_where_it_started_for_the_clock() -> None:
    shown = portal.elapsed(NOW - timedelta(seconds=108))
    assert 'data-elapsed-from="2026-11-23T13:58:12.000+00:00"' in shown
    assert "1\u00a0min 48\u00a0s" in shown


def test_times_that_are_missing_are_dashes() -> None:
    assert (portal.ago(None), portal.elapsed(None)) == ("–", "–")


def test_source_colours_come_round_after_four() -> None:
    assert [portal.source_class(n) for n in (1, 4, 5)] == ["ps-source-1", "ps-source-4", "ps-source-1"]


@pytest.mark.parametrize("state", list(RunState))
def test_every_run_state_has_icon_tone_and_its_own_word(state: RunState) -> None:
    look = portal.run_look(state.value)
    assert look.word == state.label
    assert look.icon
    assert look.tone in {"ok", "bad", "warn", "idle", "live"}


def test_a_wish_to_cancel_shows_before_the_engine_has_heard_it() -> None:
    wished = JobRun(state=RunState.RUNNING, cancel_requested_at=NOW)
    assert portal.run_look(wished).word == "Cancelling…"


def test_a_wish_to_cancel_does_not_change_how_a_run_ended() -> None:
    ended = JobRun(state=RunState.SUCCEEDED, cancel_requested_at=NOW)
    assert portal.run_look(ended).word == "Succeeded"


def test_initials_are_of_the_full_name_else_of_the_user_name() -> None:
    named = User(username="mara", first_name="Mara", last_name="Lindqvist")
    assert (portal.initials(named), portal.initials(User(username="analyst"))) == ("ML", "an")


def test_an_icon_is_decoration_unless_it_has_a_label() -> None:
    template = Template('{% load portal %}{% icon "check" %}{% icon "check" label=label %}')
    plain, labelled = template.render(Context({"label": "Done & <b>"})).split("</svg>")[:2]
    assert 'aria-hidden="true"' in plain
    assert 'aria-label="Done &amp; &lt;b&gt;"' in labelled


def test_demonstration_accounts_come_from_the_setting_only(settings: Any) -> None:
    settings.PGSPARK_DEMO_ACCOUNTS = ["analyst:example:words"]
    assert portal.demo_accounts() == [("analyst", "example:words")]


def test_a_failure_is_shown_escaped() -> None:
    template = Template('{% include "partials/error_card.html" %}')
    page = template.render(Context({"error": {"code": "X", "message": "<script>", "hint": "a & b"}}))
    assert "<script>" not in page
    assert "a &amp; b" in page
