"""Runs: started, watched, stopped, and their rows."""

from __future__ import annotations

from typing import Any

import pytest
from django.conf import settings

from jobs.execution.base import LogSource
from jobs.models import Budget, CodeVersion, JobRun
from jobs.states import Target
from tests.api.client import ApiClient
from tests.jobs.conftest import StoreResult
from tests.jobs.factories import RunFactory
from tests.jobs.fake_engine import use_engine

pytestmark = pytest.mark.django_db


def start(owner: ApiClient, version: CodeVersion, status: int = 202, **more: Any) -> dict[str, Any]:
    body = {"session_id": str(version.session.uuid), "version": version.number, **more}
    return owner.post("/api/runs", body, status)


def test_a_run_is_accepted_and_is_where_the_answer_says(owner: ApiClient, version: CodeVersion) -> None:
    run = start(owner, version)["run"]
    assert (run["state"], run["target"], run["row_limit"]) == ("PENDING", "local", settings.PGSPARK_ROW_LIMIT)
    assert owner.get(run["url"])["run"]["id"] == run["id"]
    assert "arn:aws" not in str(run)


def test_limits_of_a_run_are_the_persons(owner: ApiClient, version: CodeVersion) -> None:
    run = start(owner, version, row_limit=0, timeout_minutes=7)["run"]
    assert (run["row_limit"], run["timeout_minutes"]) == (None, 7)
    for wrong in ({"row_limit": -1}, {"timeout_minutes": 100_000}, {"row_limit": "5"}, {"timeout_minutes": 2.5}):
        error = start(owner, version, 400, **wrong)["error"]
        assert [one["field"] for one in error["fields"]] == list(wrong)


def test_code_with_a_blocking_finding_does_not_run(owner: ApiClient, version: CodeVersion) -> None:
    CodeVersion.objects.update(transform="def transform(spark, customers, orders):\n    import os\n    return orders\n")
    assert start(owner, version, 409)["error"]["code"] == "CODE_BLOCKED"


def test_an_engine_that_is_not_offered_is_refused(owner: ApiClient, version: CodeVersion) -> None:
    assert start(owner, version, 409, execution_platform="lambda")["error"]["code"] == "TARGET_UNAVAILABLE"


def test_runs_are_listed_newest_first_and_filtered(
    owner: ApiClient, finished: JobRun, failed: JobRun, running: JobRun
) -> None:
    answer = owner.get("/api/runs")
    assert ([run["number"] for run in answer["runs"]], answer["count"]) == (
        [running.pk, failed.pk, finished.pk],
        3,
    )
    for states, expected in ((["ACTIVE"], [running]), (["FAILED", "SUCCEEDED"], [failed, finished])):
        found = owner.get("/api/runs", state=states)["runs"]
        assert [run["number"] for run in found] == [run.pk for run in expected]
    assert owner.get("/api/runs", search=f"#{failed.pk}")["count"] == 1
    assert owner.get("/api/runs", 400, state="DREAMING")["error"]["fields"][0]["field"] == "state.0"


def test_older_runs_follow_by_cursor(owner: ApiClient, version: CodeVersion) -> None:
    runs = [RunFactory(code_version=version) for _ in range(30)]
    first = owner.get("/api/runs")
    rest = owner.get("/api/runs", cursor=first["next_cursor"])
    numbers = [run["number"] for run in first["runs"] + rest["runs"]]
    assert numbers == [run.pk for run in reversed(runs)]
    assert rest["next_cursor"] is None


def test_a_failed_run_says_why_and_where(owner: ApiClient, failed: JobRun) -> None:
    failure = owner.get(f"/api/runs/{failed.uuid}")["run"]["failure"]
    assert (failure["code"], failure["line"]) == ("COLUMN_NOT_FOUND", 5)
    assert failure["hint"]
    assert failure["evidence"]


def test_cancelling_is_a_wish_until_the_engine_confirms(owner: ApiClient, running: JobRun, finished: JobRun) -> None:
    assert owner.post(f"/api/runs/{running.uuid}/cancel", status=202)["run"]["state"] == "RUNNING"
    running.refresh_from_db()
    assert running.cancel_requested_at
    assert owner.post(f"/api/runs/{finished.uuid}/cancel", status=409)["error"]["code"] == "RUN_FINISHED"


def test_a_run_again_is_a_run_of_its_own(owner: ApiClient, finished: JobRun) -> None:
    run = owner.post(f"/api/runs/{finished.uuid}/again", status=202)["run"]
    assert run["id"] != str(finished.uuid)
    assert run["version"] == finished.code_version.number


def test_rows_come_page_by_page(owner: ApiClient, finished: JobRun) -> None:
    path = owner.get(f"/api/runs/{finished.uuid}")["run"]["result"]["url"]
    first = owner.get(path, limit=2)
    rest = owner.get(path, limit=2, offset=first["next_offset"])
    assert [column["name"] for column in first["columns"]] == ["customer_id", "name", "company", "total"]
    assert [*first["rows"], *rest["rows"]] == [
        [20417, "Greta <script>", None, "98214.50"],
        [3388, "Adrien", "", "91870.25"],
        [51022, "Harper", "Kawa", "74006.10"],
    ]
    assert (first["total"], first["matched"], rest["next_offset"]) == (3, 3, None)


def test_rows_are_sorted_and_searched(owner: ApiClient, finished: JobRun) -> None:
    path = f"/api/runs/{finished.uuid}/result"
    rows = owner.get(path, sort="customer_id", descending="true")["rows"]
    assert [row[0] for row in rows] == [51022, 20417, 3388]
    assert owner.get(path, search="adri")["matched"] == 1
    assert owner.get(path, 404, sort="nope")["error"]["code"] == "NOT_FOUND"


def test_values_that_json_has_no_form_for_are_text(owner: ApiClient, store_result: StoreResult) -> None:
    types = ["double", "double", "date", "timestamp", "binary", "array<double>", "boolean", "bigint"]
    run = store_result(
        [(f"c{number}", type_) for number, type_ in enumerate(types)],
        "SELECT 'NaN'::DOUBLE, 1.5::DOUBLE, DATE '2026-11-23', TIMESTAMP '2026-11-23 14:00:00', 'AB'::BLOB, "
        "[1.0::DOUBLE, 'Infinity'::DOUBLE], TRUE, 9223372036854775807",
    )
    (row,) = owner.get(f"/api/runs/{run.uuid}/result")["rows"]
    assert row == [
        "NaN",
        1.5,
        "2026-11-23",
        "2026-11-23 14:00:00",
        "4142",
        [1.0, "Infinity"],
        True,
        9223372036854775807,
    ]


def test_the_whole_result_is_a_download(owner: ApiClient, finished: JobRun) -> None:
    path = owner.get(f"/api/runs/{finished.uuid}")["run"]["result"]["csv_url"]
    response = owner.http.get(path)
    assert response["Content-Type"] == "text/csv; charset=utf-8"
    lines = b"".join(response).decode().splitlines()
    assert lines[0] == "customer_id,name,company,total"
    assert len(lines) == 4


def test_a_result_that_is_not_there_yet_is_said(owner: ApiClient, running: JobRun) -> None:
    for path in ("result", "result.csv"):
        assert owner.get(f"/api/runs/{running.uuid}/{path}", 409)["error"]["code"] == "RESULT_NOT_READY"


def test_a_log_is_followed_by_its_cursor(owner: ApiClient, version: CodeVersion, settings: Any, tmp_path: Any) -> None:
    settings.PGSPARK_LOCAL_RUNS_DIR = tmp_path
    (tmp_path / "job-1").mkdir()
    log = tmp_path / "job-1" / "stderr"
    log.write_text("26/11/23 14:08:01 INFO SparkContext: Running\nplain\n")
    run = RunFactory(code_version=version, state="RUNNING", external_id="job-1")
    path = f"/api/runs/{run.uuid}/logs"
    first = owner.get(path)
    assert first["lines"] == [
        {"number": 1, "time": "14:08:01", "level": "INFO", "text": "SparkContext: Running"},
        {"number": 2, "time": "", "level": "", "text": "plain"},
    ]
    with log.open("a") as more:
        more.write("later\n")
    later = owner.get(path, cursor=first["next_cursor"])
    assert [(line["number"], line["text"]) for line in later["lines"]] == [(3, "later")]
    assert [line["number"] for line in owner.get(path, cursor="0:1")["lines"]] == [1, 2, 3]
    assert owner.get(path, cursor="999999:4")["lines"] == []
    assert later["ended"] is False


def test_a_log_says_where_it_is_looked_for_and_its_cursor_what_it_is_of(
    owner: ApiClient, version: CodeVersion, monkeypatch: pytest.MonkeyPatch, settings: Any
) -> None:
    engine = use_engine(monkeypatch, settings, Target.EMR)
    engine.log_source = LogSource(note="It is looked for in S3.")
    run = RunFactory(code_version=version, state="RUNNING", target=Target.EMR, external_id="job-1")
    path = f"/api/runs/{run.uuid}/logs"
    first = owner.get(path)
    assert (first["lines"], first["note"], first["next_cursor"]) == ([], "It is looked for in S3.", "0:1")

    engine.text, engine.log_source = "one\n", LogSource("s3")
    more = owner.get(path, cursor=first["next_cursor"])
    assert (more["next_cursor"], more["note"]) == ("4:2:s3", None)
    assert owner.get(path, cursor=more["next_cursor"])["lines"] == []
    assert engine.log_sources[-1] == "s3"


def test_a_failed_run_says_what_is_at_fault_and_what_to_do(owner: ApiClient, version: CodeVersion) -> None:
    failure = {"message": "Stopped.", "hint": "Narrow it.", "line": None, "quote": ["EXIT 1"], "evidence": ["EXIT 1"]}
    run = RunFactory(code_version=version, state="FAILED", failure_code="RUN_TIMEOUT", failure=failure)

    told = owner.get(f"/api/runs/{run.uuid}")["run"]["failure"]

    assert (told["culprit"], told["quote"]) == ("Time limit", ["EXIT 1"])
    wish = {"execution_platform": "", "size": "", "timeout_minutes": 30}
    assert told["action"] == {"kind": "longer", "label": "Run again with 30 min", "again": wish, "text": ""}
    started = owner.post(f"/api/runs/{run.uuid}/again?timeout_minutes=30", status=202)["run"]
    assert started["timeout_minutes"] == 30


def test_a_list_of_runs_asks_no_question_for_each_failure(owner: ApiClient, version: CodeVersion) -> None:
    RunFactory(code_version=version, state="FAILED", failure_code="RUN_TIMEOUT", failure={"message": "", "hint": ""})

    (told,) = owner.get("/api/runs")["runs"]

    assert (told["failure"]["culprit"], told["failure"]["action"]) == ("Time limit", None)


def test_a_time_limit_that_the_engine_cannot_give_is_told_before_and_after(
    owner: ApiClient, version: CodeVersion, settings: Any
) -> None:
    settings.PGSPARK_TARGETS, settings.PGSPARK_LAMBDA_FUNCTION = ["lambda", "local"], "pgspark"
    version.session.sources.all().delete()
    version.session.sources.create(
        alias="sales", kind="CSV", table="sales.csv", uri="s3://lake/public/sales.csv", statistics={"size_bytes": 1024}
    )
    address = f"/api/sessions/{version.session.uuid}/quote"
    told = {minutes: owner.get(address, timeout_minutes=minutes)["quote"] for minutes in (5, 60)}
    runs = [RunFactory(code_version=version, target=target, timeout_minutes=5) for target in ("lambda", "local")]

    assert [told[minutes]["timeout_minutes"] for minutes in (5, 60)] == [5, 5]
    assert (told[5]["timeout_note"], told[5]["most_usd"]) == (None, told[60]["most_usd"])
    assert "5 min and not 60 min: Spark on Lambda" in told[60]["timeout_note"]
    assert [owner.get(f"/api/runs/{run.uuid}")["run"]["is_engines_limit"] for run in runs] == [True, False]


def test_before_a_run_its_quote_and_the_months_spending_are_told(owner: ApiClient, version: CodeVersion) -> None:
    address = f"/api/sessions/{version.session.uuid}/quote"
    Budget.objects.create(user=version.session.owner, soft_usd=5, hard_usd=10)

    told = owner.get(address)

    quote = {"basis": "", "count": 0, "seconds": None, "cost_usd": None, "most_usd": 0.0}
    quote |= {"timeout_minutes": 10, "timeout_note": None}
    assert told["quote"] == quote
    assert (told["spent"]["warn_from_usd"], told["spent"]["refuse_beyond_usd"]) == (5.0, 10.0)
    owner.get(address, 400, timeout_minutes=0)
    version.session.sources.all().delete()
    assert owner.get(address)["quote"] is None, "nothing is picked"
