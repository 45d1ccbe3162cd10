from __future__ import annotations

from pathlib import Path

import pytest

from jobs.execution.logs import read_chunk, redact


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
