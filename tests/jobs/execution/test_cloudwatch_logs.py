"""Logs in CloudWatch: found by what the service calls them, read on by token, and S3 where they are not to be had."""

from __future__ import annotations

import gzip
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from connections.aws import client, forget_clients
from jobs.execution import cloudwatch_logs
from jobs.execution.base import Handle, LogChunk
from jobs.execution.emr_log_sources import read_log
from jobs.execution.logs import CUT
from tests.cloudwatch import ADDRESS_VARIABLE, LogServer, log_server

GROUP = "/pgspark/emr"
JOB = Handle("run-1-1", "00fjob", "00fapplication", None, "s3://pgspark-test/runs/1/logs/")
STREAM = "run-1-1/applications/00fapplication/jobs/00fjob/SPARK_DRIVER/stderr"

pytestmark = pytest.mark.usefixtures("no_waiting")


@pytest.fixture(scope="module")
def server() -> Iterator[LogServer]:
    with log_server() as listening:
        yield listening


@pytest.fixture(name="logs")
def empty_server(
    server: LogServer, tmp_path: Path, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> Iterator[LogServer]:
    """Has the log group, and nothing in it."""
    settings.PGSPARK_OBJECT_STORE_DIR, settings.VAR_DIR = str(tmp_path / "store"), tmp_path / "var"
    settings.PGSPARK_EMR_LOG_GROUP = GROUP
    settings.PGSPARK_EXECUTION_ROLE_ARN = "arn:aws:iam::123456789012:role/jobs"
    monkeypatch.setattr(cloudwatch_logs, "FRESH_SECONDS", 0.0)
    monkeypatch.setattr(cloudwatch_logs, "PATIENCE_SECONDS", 120.0)  # a busy machine is no refusal
    monkeypatch.setenv(ADDRESS_VARIABLE, server.url)
    server.end()
    server.calls.clear()
    server.service.groups[GROUP] = {}
    forget_clients()
    yield server
    forget_clients()


def write_to_s3(tmp_path: Path, text: str) -> None:
    place = tmp_path / "store/pgspark-test/runs/1/logs/applications/00fapplication/jobs/00fjob/SPARK_DRIVER"
    place.mkdir(parents=True, exist_ok=True)
    (place / "stderr.gz").write_bytes(gzip.compress(text.encode()))


def read(start: int = 0, limit: int = 10_000, source: str = "") -> LogChunk:
    return read_log(JOB, "stderr", start=start, limit=limit, source=source)


def test_lines_come_by_cursor_as_they_are_written(logs: LogServer) -> None:
    logs.service.write(GROUP, STREAM, "one", "two")
    first = read()
    logs.service.write(GROUP, STREAM, "three")
    more = read(first.end, source=first.source.name)

    assert (first.text, first.source.name, first.source.note) == ("one\ntwo\n", "cloudwatch", "")
    assert (more.text, more.start, more.size) == ("three\n", first.end, 14)
    assert read(more.end).text == ""
    assert read(-1, limit=9).text == "three\n"


def test_another_service_that_has_the_same_api_is_read_as_well(
    aws: str, tmp_path: Path, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The stand-in here is our own idea of the service; this one is not."""
    settings.VAR_DIR, settings.PGSPARK_EMR_LOG_GROUP = tmp_path, GROUP
    monkeypatch.setattr(cloudwatch_logs, "FRESH_SECONDS", 0.0)
    logs, place = client("logs"), {"logGroupName": GROUP, "logStreamName": STREAM}
    logs.create_log_group(logGroupName=GROUP)
    logs.create_log_stream(**place)
    for number, text in enumerate(("one", "two")):
        now = int(time.time() * 1000) + number
        logs.put_log_events(**place, logEvents=[{"timestamp": now, "message": text}])

        assert read().text == "one\ntwo\n"[: 4 * (number + 1)]


def test_what_is_known_is_not_read_again(logs: LogServer) -> None:
    logs.service.page = 2
    logs.service.write(GROUP, STREAM, *(f"line {number}" for number in range(9)))
    read()
    asked = logs.asked("GetLogEvents")
    read()

    assert logs.asked("GetLogEvents") - asked == 1
    assert logs.asked("DescribeLogStreams") == 1


def test_many_viewers_in_one_moment_are_one_question(logs: LogServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cloudwatch_logs, "FRESH_SECONDS", 3600.0)
    logs.service.write(GROUP, STREAM, "one")
    texts = {read().text for _ in range(5)}

    assert (texts, logs.asked("GetLogEvents")) == ({"one\n"}, 2)


@pytest.mark.parametrize("code", ["", "AccessDeniedException"])
def test_many_viewers_of_what_cannot_be_found_are_one_question(
    logs: LogServer, monkeypatch: pytest.MonkeyPatch, code: str
) -> None:
    monkeypatch.setattr(cloudwatch_logs, "FRESH_SECONDS", 3600.0)
    if code:
        logs.service.faults.add({"kind": "error", "code": code, "status": 400, "count": 100})
    notes = {read().source.note for _ in range(5)}

    assert (len(notes), logs.asked("DescribeLogStreams")) == (1, 1)
    assert ("logs:DescribeLogStreams" in notes.pop()) == bool(code)


def test_pages_without_lines_are_not_the_end(logs: LogServer) -> None:
    logs.service.page, logs.service.empty_pages = 1, 2
    logs.service.write(GROUP, STREAM, "one", "two")

    assert read().text == "one\ntwo\n"


def test_no_more_pages_are_read_than_are_asked_for(logs: LogServer) -> None:
    logs.service.page = 1
    logs.service.write(GROUP, STREAM, *(["x" * 99] * 50))

    assert read(limit=200).text == f"{'x' * 99}\n" * 2
    assert logs.asked("GetLogEvents") == 3


def test_after_a_day_the_token_is_forgotten_and_the_cursor_is_still_good(logs: LogServer) -> None:
    logs.service.write(GROUP, STREAM, "one")
    first = read()
    logs.service.generation += 1
    logs.service.write(GROUP, STREAM, "two")

    assert read(first.end).text == "two\n"


def test_what_a_killed_process_has_added_is_cut_off(logs: LogServer, settings: Any) -> None:
    logs.service.write(GROUP, STREAM, "one")
    first = read()
    (copy,) = (settings.VAR_DIR / "emr-logs").glob("*.cloudwatch")
    with copy.open("ab") as file:
        file.write(b"tw")
    logs.service.write(GROUP, STREAM, "two")

    assert read(first.end).text == "two\n"


def test_the_jobs_own_stream_is_found_among_others(logs: LogServer) -> None:
    for name in ("run-1-1/x/jobs/00fjob/SPARK_EXECUTOR/1/stderr", "run-1-10/x/jobs/00fother/SPARK_DRIVER/stderr"):
        logs.service.write(GROUP, name, "another's")
    for number in range(60):
        logs.service.write(GROUP, f"run-1-1/a/{number}", "another's")
    logs.service.write(GROUP, STREAM.replace("stderr", "stdout"), "ours")
    assert read().size == 0
    logs.service.write(GROUP, STREAM, "the log")

    assert read().text == "the log\n"
    assert read_log(JOB, "stdout", start=0, limit=100).text == "ours\n"


def test_the_last_attempts_stream_counts(logs: LogServer) -> None:
    for attempt in (9, 10):
        logs.service.write(GROUP, STREAM.replace("SPARK", f"attempts/{attempt}/SPARK"), f"attempt {attempt}")

    assert read().text == "attempt 10\n"


def test_passwords_are_struck_out(logs: LogServer) -> None:
    logs.service.write(GROUP, STREAM, "password=hunter2 jdbc:postgresql://db.internal.example:5432/shop")

    assert "hunter2" not in read().text and "db.internal" not in read().text


@pytest.mark.parametrize("code", ["ThrottlingException", "ServiceUnavailableException", "AccessDeniedException"])
def test_a_service_that_refuses_hides_nothing_that_was_read(logs: LogServer, code: str) -> None:
    logs.service.write(GROUP, STREAM, "one")
    first = read()
    logs.service.faults.add({"kind": "error", "code": code, "status": 400, "count": 100})
    again, more = read(), read(first.end, source="cloudwatch")

    assert (again.text, more.text, more.end) == ("one\n", "", first.end)
    assert again.source.note


def test_s3_is_read_where_cloudwatch_may_not_be(logs: LogServer, tmp_path: Path) -> None:
    logs.service.faults.add({"kind": "error", "code": "AccessDeniedException", "status": 400, "count": 100})
    write_to_s3(tmp_path, "of S3\n")
    chunk = read()

    assert (chunk.text, chunk.source.name) == ("of S3\n", "s3")
    assert "logs:GetLogEvents" in chunk.source.note


def test_a_cursor_stays_in_the_source_that_it_is_of(logs: LogServer, tmp_path: Path) -> None:
    write_to_s3(tmp_path, "of S3\n")
    first = read()
    logs.service.write(GROUP, STREAM, "a longer one", "of CloudWatch")

    assert first.source.name == "s3"
    assert read(first.end, source="s3").text == ""
    assert read().text == "a longer one\nof CloudWatch\n"


@pytest.mark.parametrize(
    ("group", "words"),
    [
        (GROUP, ["CloudWatch", GROUP, "S3"]),
        ("/none", ["There is no log group /none", "S3"]),
        ("", ["S3", "PGSPARK_EMR_LOG_GROUP is not set"]),
    ],
)
def test_while_nothing_is_there_it_is_told_where_it_is_looked_for(
    logs: LogServer, settings: Any, group: str, words: list[str]
) -> None:
    settings.PGSPARK_EMR_LOG_GROUP = group
    chunk = read()

    assert (chunk.size, chunk.source.name) == (0, "")
    assert [word for word in words if word not in chunk.source.note] == []
    assert chunk.source.lag.total_seconds() > 60


def test_a_log_without_end_is_cut_and_says_so_once(logs: LogServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cloudwatch_logs, "MOST_BYTES", 50)
    logs.service.page = 2
    logs.service.write(GROUP, STREAM, *(["x" * 9] * 100))
    texts = [read().text for _ in range(2)]

    assert texts == [f"{'x' * 9}\n" * 6 + CUT.decode()] * 2


def test_readers_at_once_share_one_copy(logs: LogServer) -> None:
    logs.service.page = 10
    logs.service.write(GROUP, STREAM, *map(str, range(100)))
    with ThreadPoolExecutor(4) as readers:
        texts = list(readers.map(lambda number: read().text, range(4)))

    assert texts == ["".join(f"{number}\n" for number in range(100))] * 4
