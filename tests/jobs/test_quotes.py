"""What is said of a run before it starts: from past runs of like size, or that there were none."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.urls import reverse
from django.utils import timezone

from jobs.likeness import input_bytes, sources_key
from jobs.models import CodeVersion, JobRun
from jobs.quotes import Range, quote
from jobs.states import Target
from tests.jobs.browsing import html, signed_in
from tests.jobs.conftest import People
from tests.jobs.factories import RunFactory

pytestmark = pytest.mark.django_db

MB = 1024 * 1024


def source(table: str, size: int | None = MB, alias: str = "") -> dict[str, Any]:
    place = {"kind": "GLUE", "connection_id": None, "upload_id": None, "database": "analytics", "table": table}
    return {**place, "alias": alias or table, "schema": "", "uri": "", "statistics": {"size_bytes": size}}


def past(
    version: CodeVersion, *sources: dict[str, Any], seconds: int, cost: str | None = None, **fields: Any
) -> JobRun:
    facts = {"target": Target.EMR, "profile": "small", "state": "SUCCEEDED", **fields}
    run = RunFactory(code_version=version, sources_key=sources_key(sources), input_bytes=input_bytes(sources), **facts)
    now = timezone.now()
    JobRun.objects.filter(pk=run.pk).update(
        created_at=now - timedelta(seconds=seconds), finished_at=now, cost_usd=cost and Decimal(cost)
    )
    return run


def asked(*sources: dict[str, Any], **more: Any) -> Any:
    return quote(sources=sources, **{"target": Target.EMR, "profile": "small", "minutes": 10, **more})


def test_without_a_past_run_nothing_is_claimed() -> None:
    told = asked(source("web_events"))

    assert (told.basis, told.count, told.seconds, told.cost_usd) == ("", 0, None, None)


def test_runs_of_the_same_sources_give_median_and_range(version: CodeVersion) -> None:
    for seconds, cost in ((60, "0.01"), (120, "0.03"), (300, "0.02")):
        past(version, source("web_events"), seconds=seconds, cost=cost)

    told = asked(source("web_events"))

    assert (told.basis, told.count) == ("same", 3)
    assert told.seconds == Range(pytest.approx(60), pytest.approx(120), pytest.approx(300))
    assert told.cost_usd == Range(0.01, 0.02, 0.03)


def test_order_and_names_of_sources_do_not_matter(version: CodeVersion) -> None:
    past(version, source("web_events"), source("customers"), seconds=60)

    assert asked(source("customers", alias="c"), source("web_events")).basis == "same"


def test_else_runs_that_read_about_as_much_are_meant(version: CodeVersion) -> None:
    past(version, source("other", 100 * MB), seconds=60)
    past(version, source("tiny", MB), seconds=5)

    assert (asked(source("web_events", 150 * MB)).basis, asked(source("web_events", 150 * MB)).count) == ("like", 1)
    assert asked(source("web_events", 1000 * MB)).count == 0


def test_a_size_that_is_not_known_is_like_no_other(version: CodeVersion) -> None:
    past(version, source("other", None), seconds=60)

    assert asked(source("web_events", None)).count == 0


@pytest.mark.parametrize(
    "other", [{"state": "FAILED", "failure_code": "SPARK_FAILED"}, {"target": Target.LOCAL}, {"profile": "large"}]
)
def test_failed_runs_other_engines_and_other_sizes_say_nothing(version: CodeVersion, other: dict[str, Any]) -> None:
    past(version, source("web_events"), seconds=60, **other)

    assert asked(source("web_events")).count == 0


def test_costs_that_are_not_known_are_left_out_not_counted_as_nothing(version: CodeVersion) -> None:
    past(version, source("web_events"), seconds=60)
    assert asked(source("web_events")).cost_usd is None
    past(version, source("web_events"), seconds=60, cost="0.02")

    assert asked(source("web_events")).cost_usd == Range(0.02, 0.02, 0.02)


def test_the_most_that_it_can_cost_follows_from_size_and_time_limit() -> None:
    short, long, large = asked(minutes=10), asked(minutes=60), asked(minutes=10, profile="large")

    assert 0 < short.most_usd < long.most_usd
    assert short.most_usd < large.most_usd
    assert asked(target=Target.LOCAL, profile="").most_usd == 0


def test_a_quote_takes_three_statements_at_most(django_assert_max_num_queries: Any) -> None:
    with django_assert_max_num_queries(3):
        asked(source("web_events"))


def test_the_line_in_the_run_bar_says_what_it_stands_on(people: People, version: CodeVersion) -> None:
    version.session.sources.create(
        alias="sales", kind="CSV", table="sales.csv", uri="s3://lake/public/sales.csv", statistics={"size_bytes": MB}
    )
    client, address = signed_in(people.owner), reverse("jobs:quote", args=[version.session.uuid])
    assert "No past runs of this size" in html(client, address)
    picked = version.session.sources.values("kind", "table", "uri", "statistics")
    past(version, *picked, seconds=75, target=Target.LOCAL, profile="")

    assert "1 min 15 s the one time these sources were read." in " ".join(html(client, address).split())
    past(version, *picked, seconds=75, target=Target.LOCAL, profile="")
    assert "Usually 1 min 15 s: 2 past runs of the same sources." in " ".join(html(client, address).split())
    past(version, *picked, seconds=90, target=Target.LOCAL, profile="")
    assert "Usually 1 min 15 s, 1 min 15 s to 1 min 30 s: 3 past runs" in " ".join(html(client, address).split())


def test_the_line_and_the_runs_page_say_that_lambda_gives_less_time_than_was_chosen(
    people: People, version: CodeVersion, settings: Any
) -> None:
    settings.PGSPARK_TARGETS, settings.PGSPARK_LAMBDA_FUNCTION = ["lambda", "local"], "pgspark"
    version.session.sources.create(
        alias="sales", kind="CSV", table="sales.csv", uri="s3://lake/public/sales.csv", statistics={"size_bytes": MB}
    )
    client, address = signed_in(people.owner), reverse("jobs:quote", args=[version.session.uuid])
    said = "Its time limit is 5 min and not 60 min: Spark on Lambda gives no run more."

    assert said in html(client, f"{address}?timeout_minutes=60")
    assert "Its time limit" not in html(client, f"{address}?timeout_minutes=5")
    assert "Its time limit" not in html(client, f"{address}?timeout_minutes=60&target=local")

    runs = [RunFactory(code_version=version, target=target, timeout_minutes=5) for target in ("lambda", "local")]
    pages = [html(client, reverse("jobs:run_page", args=[run.uuid])) for run in runs]
    assert ["all that Spark on Lambda gives a run" in page for page in pages] == [True, False]


def test_the_line_is_for_the_owner_and_for_wishes_that_the_page_has(people: People, version: CodeVersion) -> None:
    address = reverse("jobs:quote", args=[version.session.uuid])

    assert signed_in(people.outsider).get(address).status_code == 404
    assert signed_in(people.teammate).get(address).status_code == 403
    assert signed_in(people.owner).get(address, {"target": "mainframe"}).status_code == 404
