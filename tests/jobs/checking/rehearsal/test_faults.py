"""What goes wrong with a rehearsal is said as a finding, each with its own words, and the next rehearsal works."""

from __future__ import annotations

import os
import signal
import socket
import threading
import time
from pathlib import Path
from typing import Any

import pytest

from jobs.checking.check import Checked, check
from jobs.checking.findings import Finding
from jobs.checking.rehearsal import client
from jobs.checking.rehearsal.sandbox import _family
from jobs.confinement import command
from tests.jobs.checking.rehearsal.conftest import Check, end_keepers, keeper_file, keeper_pid
from tests.jobs.checking.rehearsal.shop import SOURCES, transform

pytestmark = [pytest.mark.spark, pytest.mark.xdist_group("rehearsal")]

_ORDERS = [SOURCES["orders"]]


def _only(checked: Checked) -> Finding:
    assert len(checked.findings) == 1, checked.findings
    return checked.findings[0]


def _java(folder: Path) -> int:
    """The Java process of the folder's Spark."""
    family = _family(keeper_pid(folder))
    return next(pid for pid in family if Path(f"/proc/{pid}/comm").read_text().strip() == "java")


def test_a_transform_that_does_not_end_is_stopped_at_its_line(checked: Check, settings: Any) -> None:
    settings.PGSPARK_REHEARSAL_SECONDS = 1.0

    found = _only(checked("total = 0\nfor n in range(10**12):\n    total += n\nreturn orders", "orders"))

    assert (found.rule, found.severity) == ("rehearsal-time", "blocking")
    assert found.line in (3, 4)


def test_a_plan_that_spark_does_not_finish_is_advised(checked: Check, settings: Any) -> None:
    settings.PGSPARK_REHEARSAL_SECONDS = 1.0
    body = "for n in range(14):\n    orders = orders.join(orders.select('id'), 'id').union(orders)\nreturn orders"

    found = _only(checked(body, "orders"))

    assert (found.rule, found.severity) == ("rehearsal-time", "advisory")


def test_a_transform_that_eats_memory_is_stopped_at_its_line(checked: Check) -> None:
    found = _only(checked('words = "x" * 10\nmany = [words] * 10**10\nreturn orders', "orders"))

    assert (found.rule, found.severity, found.line) == ("rehearsal-memory", "blocking", 3)


def test_a_socket_in_a_default_argument_is_refused_and_opens_nothing(checked: Check) -> None:
    body = "import socket\ndef h(s=socket.create_connection(('192.0.2.1', 80))):\n    return s\nreturn orders"

    result = checked(body, "orders")

    assert result.rehearsal == {"state": "blocked"}
    assert {finding.rule for finding in result.findings if finding.severity == "blocking"} >= {"import"}


def test_ten_thousand_lines_are_refused_at_once(warm: Path) -> None:
    body = "\n".join(f'orders = orders.withColumn("c{n}", F.lit({n}))' for n in range(10_000)) + "\nreturn orders"
    began = time.monotonic()

    result = check(transform(body, ["orders"]), _ORDERS)

    assert time.monotonic() - began < 30
    assert [finding.rule for finding in result.findings] == ["too-long"]


def test_a_plan_of_many_steps_is_rehearsed(checked: Check) -> None:
    body = "for n in range(60):\n    orders = orders.withColumn('c' + str(n), F.lit(n) + F.col('id'))\nreturn orders"

    result = checked(body, "orders")

    assert not result.is_blocked
    assert len(result.rehearsal["schema"]) == 66


def test_two_at_once_both_get_their_own_answer(checked: Check) -> None:
    results: dict[str, Checked] = {}
    bodies = {"status": 'return orders.select("status")', "id": 'return orders.select("id")'}
    threads = [
        threading.Thread(target=lambda name=name, body=body: results.update({name: checked(body, "orders")}))
        for name, body in bodies.items()
    ]

    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)

    assert {name: one.rehearsal["schema"][0]["name"] for name, one in results.items()} == {
        "status": "status",
        "id": "id",
    }


def test_a_killed_spark_is_said_or_replaced_and_the_next_rehearsal_works(checked: Check, warm: Path) -> None:
    checked("return orders", "orders")
    os.kill(_java(warm), signal.SIGKILL)

    after = checked('return orders.select("id")', "orders")

    assert after.rehearsal["state"] == "done" or _only(after).rule == "not-rehearsed"
    assert checked('return orders.select("status")', "orders").rehearsal["state"] == "done"


def test_a_killed_keeper_takes_its_spark_along_and_another_one_starts(checked: Check, warm: Path) -> None:
    checked("return orders", "orders")
    keeper, java = keeper_pid(warm), _java(warm)

    os.kill(keeper, signal.SIGKILL)
    _wait_for_end(java)

    # Who does not wait is told that it starts, and draws no finding of it.
    assert check(transform("return orders", ["orders"]), _ORDERS, wait=0) == Checked([], {"state": "starting"})
    assert checked('return orders.select("id")', "orders").rehearsal["state"] == "done"
    assert keeper_pid(warm) != keeper


def test_a_keeper_that_ends_while_asked_is_gone_and_not_broken(warm: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def ending() -> socket.socket:
        ours, theirs = socket.socketpair()
        theirs.close()
        return ours

    monkeypatch.setattr(client, "_connect", ending)

    assert check(transform("return orders", ["orders"]), _ORDERS).rehearsal == {"state": "gone"}


def _wait_for_end(pid: int) -> None:
    deadline = time.monotonic() + 60
    while _is_running(pid):
        assert time.monotonic() < deadline, "the confined process outlives its keeper"
        time.sleep(0.05)


def _is_running(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


@pytest.fixture
def no_confinement(tmp_path: Path, settings: Any, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A machine on which no way of confining works."""
    settings.PGSPARK_REHEARSAL = True
    settings.PGSPARK_REHEARSAL_DIR = tmp_path / "rehearsal"
    monkeypatch.setattr(client, "WAYS", [])
    return tmp_path / "rehearsal"


def test_without_confinement_nothing_is_rehearsed_and_the_finding_says_why(no_confinement: Path) -> None:
    found = _only(check(transform("return orders", ["orders"]), _ORDERS))
    end_keepers(no_confinement)

    assert (found.rule, found.severity) == ("not-rehearsed", "advisory")
    assert "bubblewrap" in found.message
    assert "PGSPARK_REHEARSAL_UNCONFINED=1" in found.hint


def test_without_java_the_finding_says_so(warm: Path, settings: Any) -> None:
    settings.PGSPARK_JAVA_HOME = ""

    assert "Java 17 was not found" in _only(check(transform("return orders", ["orders"]), _ORDERS)).message


def test_a_java_that_does_not_start_is_said(tmp_path: Path, settings: Any) -> None:
    java = tmp_path / "java-home" / "bin" / "java"
    java.parent.mkdir(parents=True)
    java.write_text("#!/bin/sh\nexit 1\n")
    java.chmod(0o755)
    settings.PGSPARK_REHEARSAL = True
    settings.PGSPARK_REHEARSAL_DIR = tmp_path / "rehearsal"
    settings.PGSPARK_JAVA_HOME = str(tmp_path / "java-home")

    found = _only(check(transform("return orders", ["orders"]), _ORDERS))
    end_keepers(tmp_path / "rehearsal")

    assert "its Spark does not start" in found.message


def test_the_keeper_ends_when_its_folder_is_removed(no_confinement: Path) -> None:
    check(transform("return orders", ["orders"]), _ORDERS)
    keeper = keeper_pid(no_confinement)

    keeper_file(no_confinement, "keeper.sock").unlink()

    _wait_for_end(keeper)


@pytest.mark.parametrize(
    ("working", "unconfined", "expected"),
    [
        ({"bubblewrap", "namespaces"}, True, "bubblewrap"),
        ({"namespaces"}, True, "namespaces"),
        (set(), True, "unconfined"),
        (set(), False, None),
    ],
)
def test_the_strongest_way_that_works_is_taken(
    working: set[str], unconfined: bool, expected: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(command, "works", lambda way, seen: way in working)

    assert command.best_way(command.View((), ()), unconfined=unconfined) == expected
