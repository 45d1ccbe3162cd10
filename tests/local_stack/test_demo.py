"""`make demo` itself, as a person starts it: everything up, the sample's rows, one instance, nothing left behind.

The tests share one demonstration and run in this order; the last one ends it.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
import pytest

from pgspark_site.local_stack.family import ProcessMark, is_alive
from pgspark_site.local_stack.portal import ROOT, answers
from pgspark_site.local_stack.unprivileged import reachable_folder, unprivileged_account

pytestmark = [pytest.mark.spark, pytest.mark.xdist_group("demo"), pytest.mark.timeout(400)]

_COMMAND = [sys.executable, "-m", "pgspark_site.local_stack", "demo", "--json"]
_TOP_TEN = """
    SELECT c.id::text, c.name, sum(o.total_amount)::text FROM customers AS c JOIN orders AS o ON o.customer_id = c.id
    GROUP BY c.id ORDER BY sum(o.total_amount) DESC LIMIT 10
"""


@dataclass(frozen=True)
class Demo:
    process: subprocess.Popen[bytes]
    var: Path
    env: dict[str, str]

    @property
    def answer(self) -> dict[str, Any]:
        lines = (self.var / "answer").read_text().splitlines()
        assert len(lines) == 1
        return dict(json.loads(lines[0]))

    @property
    def record(self) -> dict[str, Any]:
        return dict(json.loads((self.var / "stack.json").read_text()))

    def said(self) -> str:
        return (self.var / "said").read_text()


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demo]:
    """The demonstration after its sample job; its folder is closed to other accounts, like a clone below /root."""
    var = tmp_path_factory.mktemp("demo")
    env = {name: value for name, value in os.environ.items() if not name.startswith("PGSPARK_")}
    env["PGSPARK_VAR_DIR"] = str(var)
    with (var / "answer").open("w") as answer, (var / "said").open("w") as said:
        process = subprocess.Popen(_COMMAND, cwd=ROOT, env=env, stdout=answer, stderr=said)
    with process:
        try:
            started = Demo(process, var, env)
            _wait_until_up(started)
            yield started
        finally:
            process.terminate()
    for folder in (reachable_folder(var, unprivileged_account()), var):
        shutil.rmtree(folder, ignore_errors=True)


def _wait_until_up(demo: Demo) -> None:
    deadline = time.monotonic() + 300
    while "Ctrl-C stops it." not in demo.said():
        assert demo.process.poll() is None and time.monotonic() < deadline, demo.said()
        time.sleep(0.2)


def _postgres_port(demo: Demo) -> int:
    pid = next(pid for name, pid, _ in demo.record["processes"] if name == "postgres")
    words = Path(f"/proc/{pid}/cmdline").read_text().split("\0")
    return int(words[words.index("-p") + 1])


def test_the_sample_job_gives_the_rows_that_sql_gives(demo: Demo) -> None:
    password = json.loads((demo.var / "secrets.json").read_text())["shop_reader"]
    port = _postgres_port(demo)
    with psycopg.connect(host="127.0.0.1", port=port, dbname="shop", user="shop_reader", password=password) as reader:
        expected = [list(row) for row in reader.execute(_TOP_TEN)]

    assert demo.answer["state"] == "SUCCEEDED"
    assert demo.answer["rows"] == expected


def test_the_portal_stays_up_at_the_printed_address(demo: Demo) -> None:
    assert f"The portal is at {demo.record['url']}" in demo.said()
    assert answers(f"{demo.record['url']}healthz")


def test_the_accounts_are_printed(demo: Demo) -> None:
    accounts = json.loads((demo.var / "secrets.json").read_text())["accounts"]

    assert all(f"{name:<10}{password}" in demo.said() for name, password in accounts.items())


def test_a_second_one_is_refused_with_the_address_of_the_first(demo: Demo) -> None:
    second = subprocess.run(_COMMAND, cwd=ROOT, env=demo.env, capture_output=True, text=True, timeout=60)

    assert second.returncode == 1
    assert demo.record["url"] in second.stderr
    assert answers(f"{demo.record['url']}healthz")


def test_sigterm_ends_everything(demo: Demo) -> None:
    marks = [ProcessMark(pid, started) for _, pid, started in demo.record["processes"]]

    demo.process.send_signal(signal.SIGTERM)

    assert demo.process.wait(60) == 0
    assert len(marks) == 6
    assert not any(map(is_alive, marks))
    assert not (demo.var / "stack.json").exists()
