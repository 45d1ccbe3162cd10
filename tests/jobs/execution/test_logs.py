from __future__ import annotations

import os
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.utils import timezone

from jobs.execution.base import Handle
from jobs.execution.local_spark import LocalSpark
from jobs.execution.logs import copies_folder, prune_copies, read_chunk, redact


@pytest.mark.parametrize(
    "line",
    [
        "password=hunter2",
        'user "x", password: "hunter2"',
        "url jdbc:postgresql://hunter2:5432/shop?user=a",
        "AWS_SECRET_ACCESS_KEY = hunter2",
        "jdbc:postgresql://hunter2/shop",
        "&password=hunter2&x=1",
    ],
)
def test_secrets_and_hosts_are_struck_out(line: str) -> None:
    assert "hunter2" not in redact(line)
    assert "•••" in redact(line)


def test_an_ordinary_line_stays_as_it_is() -> None:
    line = "INFO TaskSetManager: Finished task 0.0 in stage 0.0 (TID 0) in 120 ms"
    assert redact(line) == line


def test_a_chunk_ends_at_a_whole_line_while_the_job_runs(tmp_path: Path) -> None:
    log = tmp_path / "stderr"
    log.write_bytes(b"one\ntwo\nthr")
    chunk = read_chunk(log, start=0, limit=100, final=False)
    assert (chunk.text, chunk.end, chunk.size) == ("one\ntwo\n", 8, 11)


def test_a_final_log_gives_its_last_line_without_a_line_end(tmp_path: Path) -> None:
    log = tmp_path / "stderr"
    log.write_bytes(b"one\ntwo")
    assert read_chunk(log, start=4, limit=100, final=True).text == "two"


def test_the_tail_starts_at_a_whole_line(tmp_path: Path) -> None:
    log = tmp_path / "stderr"
    log.write_bytes(b"first\nsecond\nthird\n")
    chunk = read_chunk(log, start=-1, limit=9, final=True)
    assert (chunk.text, chunk.start) == ("third\n", 13)


def test_a_missing_log_is_empty(tmp_path: Path) -> None:
    assert read_chunk(tmp_path / "stderr", start=0, limit=10, final=False).size == 0


def test_a_line_longer_than_the_limit_is_given_in_pieces(tmp_path: Path) -> None:
    log = tmp_path / "stderr"
    log.write_bytes(b"x" * 50 + b"\n")
    first = read_chunk(log, start=0, limit=20, final=False)
    assert first.end == 20


def test_copies_of_logs_go_with_the_days_of_results(settings: Any, tmp_path: Path) -> None:
    settings.VAR_DIR = tmp_path
    old, new = copies_folder() / "old.cloudwatch", copies_folder() / "new.cloudwatch"
    for path in (old, new):
        path.touch()
    a_month_ago = (timezone.now() - timedelta(days=31)).timestamp()
    os.utime(old, (a_month_ago, a_month_ago))
    gone = copies_folder() / "gone.part"  # listed, and not there any more
    gone.symlink_to(tmp_path / "nowhere")

    assert prune_copies(timezone.now() - timedelta(days=30)) == 1
    assert sorted(copies_folder().iterdir()) == [gone, new]


def test_a_log_of_this_machine_that_is_not_there_yet_says_where_it_will_be(settings: Any, tmp_path: Path) -> None:
    settings.PGSPARK_LOCAL_RUNS_DIR = tmp_path
    chunk = LocalSpark().log(Handle("run-1", "run-1"), "stderr", start=0, limit=100)

    assert (chunk.size, "on the machine that runs the job" in chunk.source.note) == (0, True)
