"""Logs of EMR Serverless: packed objects, read by cursor, fetched once per change, redacted, found in either place."""

from __future__ import annotations

import gzip
import io
import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from connections.folder_store import FolderStore
from jobs.execution.base import Handle
from jobs.execution.emr_logs import read_log, unpack
from jobs.execution.logs import CUT

JOB = Handle("run-1-1", "00fjob", "00fapplication", None, "s3://pgspark-test/runs/1/logs/")
PLACE = "runs/1/logs/applications/00fapplication/jobs/00fjob"

Write = Callable[..., Path]


@pytest.fixture
def write(tmp_path: Path, settings: Any) -> Write:
    """Writes one stream's object: each text is a member of the gzip file."""
    settings.PGSPARK_OBJECT_STORE_DIR, settings.VAR_DIR = str(tmp_path / "store"), tmp_path / "var"

    def write(*texts: str, stream: str = "stderr", attempt: str = "", old: bool = False) -> Path:
        path = tmp_path / "store" / "pgspark-test" / PLACE / attempt / "SPARK_DRIVER" / f"{stream}.gz"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"".join(gzip.compress(text.encode()) for text in texts))
        if old:
            os.utime(path, (time.time() - 600,) * 2)
        return path

    return write


def read(start: int = 0, limit: int = 10_000, stream: Any = "stderr") -> str:
    return read_log(JOB, stream, start=start, limit=limit).text


def test_there_is_none_until_the_service_has_written_one(write: Write) -> None:
    assert read_log(JOB, "stderr", start=0, limit=100).size == 0
    assert read_log(Handle("t", "", "00fapplication", None, JOB.log_uri), "stderr", start=0, limit=100).size == 0


def test_all_members_are_one_log_and_more_comes_by_cursor(write: Write) -> None:
    write("one\n", "two\n")
    first = read_log(JOB, "stderr", start=0, limit=100)
    write("one\n", "two\n", "three\nfour")

    assert first.text == "one\ntwo\n"
    assert read(start=first.end) == "three\n"


def test_the_last_line_of_a_log_that_no_longer_grows_is_shown_without_its_end(write: Write) -> None:
    write("one\nTraceback", old=True)

    assert read() == "one\nTraceback"


def test_both_streams_are_apart(write: Write) -> None:
    write("Spark's\n")
    write("ours\n", stream="stdout")

    assert (read(), read(stream="stdout")) == ("Spark's\n", "ours\n")


@pytest.mark.parametrize("attempts", [["attempts/1"], ["attempts/1", "attempts/2", "attempts/10"]])
def test_the_last_attempts_log_is_found_in_its_folder(write: Write, attempts: list[str]) -> None:
    for attempt in attempts:
        write(f"{attempt}\n", attempt=attempt)

    assert read() == f"{attempts[-1]}\n"


def test_passwords_and_hosts_are_struck_out(write: Write) -> None:
    write("password=hunter2 jdbc:postgresql://db.internal.example:5432/shop\n")

    assert "hunter2" not in read() and "db.internal" not in read()


def test_an_object_is_fetched_once_until_it_changes(write: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    fetched: list[str] = []
    opened = FolderStore.open

    def counting(store: FolderStore, key: str) -> Any:
        fetched.append(key)
        return opened(store, key)

    monkeypatch.setattr(FolderStore, "open", counting)
    write("one\n")
    for _ in range(3):
        read()
    write("one\n", "two\n")
    for _ in range(3):
        assert read() == "one\ntwo\n"

    assert len(fetched) == 2


def test_only_the_newest_copy_is_kept_and_only_we_may_read_it(write: Write, settings: Any) -> None:
    for text in ("one\n", "one\ntwo\n"):
        write(text)
        read()

    copies = list((settings.VAR_DIR / "emr-logs").iterdir())
    assert [copy.read_text() for copy in copies] == ["one\ntwo\n"]
    assert (settings.VAR_DIR / "emr-logs").stat().st_mode & 0o077 == 0


@pytest.mark.parametrize(
    "tail", [b"not gzip", gzip.compress(b"lost")[:-12], b"\x1f\x8b"], ids=["no gzip", "half a member", "two bytes"]
)
def test_what_follows_a_torn_member_is_left_out(tail: bytes) -> None:
    out = io.BytesIO()

    unpack(io.BytesIO(gzip.compress(b"kept\n") + tail), out)

    assert out.getvalue().startswith(b"kept\n")


def test_a_log_without_end_is_cut_and_says_so() -> None:
    out = io.BytesIO()

    unpack(io.BytesIO(gzip.compress(b"x" * 5_000_000)), out, most=1000)

    assert out.getvalue() == b"x" * 1000 + CUT
