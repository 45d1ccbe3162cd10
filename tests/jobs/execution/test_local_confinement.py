"""With the policy switched off, the confinement alone keeps a local run to its own; small commands stand for Spark."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from connections.errors import PortalError
from jobs.confinement.command import Way, works
from jobs.confinement.view import spark_view
from jobs.execution import local_confinement, local_runner
from jobs.execution.base import Access, Handle, Observation, Phase, Submission
from jobs.execution.local_confinement import OWN, Needs, confined
from jobs.execution.local_spark import LocalSpark
from tests.jobs.execution import trespasses

CANARY = "the-canary-that-nobody-may-see"
TOKEN = "run-1"
HANDLE = Handle(TOKEN, TOKEN)
WAYS = pytest.mark.parametrize("way", ["bubblewrap", "namespaces"])
SLEEP = "import time; time.sleep(600)"
STARTED = "print('started', flush=True)\n"


@pytest.fixture
def machine(tmp_path: Path, settings: Any) -> Iterator[dict[str, Any]]:
    """What a run may reach for: another run, the portal's settings, its worker's environment; and who listens."""
    settings.PGSPARK_LOCAL_RUNS_DIR = tmp_path / "runs"
    settings.PGSPARK_OBJECT_STORE_DIR = str(tmp_path / "store")
    files = {
        "other": "runs/run-2/stdout",
        "env": ".env",
        "object": "store/bucket/runs/other/output/part",
        "input": "in",
    }
    for name in files.values():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(CANARY)
    (tmp_path / "store/bucket/runs/own").mkdir(parents=True)
    worker = subprocess.Popen([sys.executable, "-c", SLEEP], env={**os.environ, "SECRET_KEY": CANARY})
    with socket.create_server(("127.0.0.1", 0)) as database:
        yield {name: str(tmp_path / file) for name, file in files.items()} | {
            "folder": str(tmp_path / "runs" / TOKEN),
            "output": str(tmp_path / "store/bucket/runs/own"),
            "worker": worker.pid,
            "port": database.getsockname()[1],
        }
    worker.kill()
    worker.wait()


@pytest.fixture
def java_home(settings: Any) -> Path:
    return Path(settings.PGSPARK_JAVA_HOME)


Start = Callable[..., Path]


@pytest.fixture
def start(machine: dict[str, Any], java_home: Path) -> Start:
    """Starts Python code as the engine starts Spark, in the given way; the run's folder."""

    def begin(way: Way, code: str, *arguments: str, timeout_seconds: float = 60) -> Path:
        if way != "unconfined" and not works(way, spark_view(java_home)):
            pytest.skip(f"this machine has no {way}: apt-get install bubblewrap, or allow user namespaces")
        folder = Path(machine["folder"])
        for name in OWN:
            (folder / name).mkdir(parents=True)
        needs = Needs(java_home, read=[Path(machine["input"])], write=[Path(machine["output"])])
        inner = [sys.executable, "-c", code, *arguments]
        command, env = confined(way, inner, {"PATH": os.environ["PATH"]}, folder, needs)
        job = {"command": command, "env": env, "timeout_seconds": timeout_seconds}
        (folder / "job.json").write_text(json.dumps(job))
        subprocess.run([sys.executable, "-I", local_runner.__file__, str(folder)], check=True, timeout=60)
        return folder

    return begin


def wait_for(condition: Callable[[], object]) -> None:
    give_up = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < give_up, "it did not happen in time"
        time.sleep(0.02)


def seen() -> Observation:
    return LocalSpark().observe([HANDLE])[TOKEN]


def ended() -> Observation:
    wait_for(lambda: seen().phase not in (Phase.WAITING, Phase.RUNNING))
    return seen()


def wait_for_start(folder: Path) -> None:
    wait_for(lambda: (folder / "stdout").exists() and (folder / "stdout").read_text())


def processes_of(folder: Path) -> dict[int, list[str]]:
    """The commands of the live processes that name the run's folder, by pid."""
    commands = {}
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            commands[int(path.parent.name)] = path.read_text(errors="replace").split("\0")
        except (FileNotFoundError, ProcessLookupError):
            continue
    return {pid: command for pid, command in commands.items() if str(folder) in " ".join(command)}


def attempt(start: Start, way: Way, machine: dict[str, Any]) -> dict[str, bool]:
    """What each of the trespasses got, by its name."""
    folder = start(way, trespasses.PROGRAM, json.dumps(machine))
    assert ended().phase == Phase.SUCCEEDED, (folder / "stderr").read_text()
    told: dict[str, bool] = json.loads((folder / "stdout").read_text())
    return told


@WAYS
def test_a_run_reaches_its_own_and_the_network_and_nothing_else(
    start: Start, way: Way, machine: dict[str, Any]
) -> None:
    got = attempt(start, way, machine)

    assert {name for name, worked in got.items() if worked} == trespasses.ALLOWED
    assert not Path(machine["folder"], "forged").exists()
    assert Path(machine["output"], "part").exists()


def test_the_same_attempts_succeed_where_nothing_confines_them(start: Start, machine: dict[str, Any]) -> None:
    """Else the test above would prove nothing."""
    got = attempt(start, "unconfined", machine)

    assert [name for name, worked in got.items() if not worked] == ["a forged end"]
    assert Path(machine["folder"], "forged").exists()


@WAYS
def test_a_run_that_is_killed_for_its_memory_is_seen_as_such(start: Start, way: Way, machine: dict[str, Any]) -> None:
    folder = start(way, STARTED + SLEEP, machine["folder"])
    wait_for_start(folder)
    inner = [pid for pid, command in processes_of(folder).items() if command[1:3] == ["-c", STARTED + SLEEP]]

    os.kill(*inner, signal.SIGKILL)

    assert ended().reason == "memory"


@WAYS
def test_the_code_of_a_run_s_end_comes_out(start: Start, way: Way) -> None:
    start(way, "import sys; print('so far'); sys.exit(3)")

    assert ended() == Observation(Phase.FAILED, "EXIT 3")
    assert LocalSpark().log(HANDLE, "stdout", start=0, limit=100).text == "so far\n"


@WAYS
def test_cancel_ends_all_that_a_run_started(start: Start, way: Way, machine: dict[str, Any]) -> None:
    away = f"import subprocess, sys\ncommand = [sys.executable, '-c', {SLEEP!r}, sys.argv[1]]\n"
    folder = start(way, f"{away}subprocess.Popen(command, start_new_session=True)\n{STARTED}{SLEEP}", machine["folder"])
    wait_for_start(folder)

    LocalSpark().cancel(HANDLE)

    assert ended().phase == Phase.CANCELLED
    wait_for(lambda: not processes_of(folder))


@WAYS
def test_a_run_ends_with_its_runner_and_is_lost(start: Start, way: Way, machine: dict[str, Any]) -> None:
    folder = start(way, STARTED + SLEEP, machine["folder"])
    wait_for_start(folder)
    (runner,) = [pid for pid, command in processes_of(folder).items() if command[2:3] == [local_runner.__file__]]

    os.kill(runner, signal.SIGKILL)

    assert ended().phase == Phase.LOST
    wait_for(lambda: not processes_of(folder))


def test_no_secret_is_in_a_command_that_all_users_may_read(machine: dict[str, Any], java_home: Path) -> None:
    Path(machine["folder"]).mkdir()
    for way in ("bubblewrap", "namespaces"):
        env = {"PATH": "/usr/bin", "AWS_SECRET_ACCESS_KEY": CANARY}
        command, given = confined(way, ["true"], env, Path(machine["folder"]), Needs(java_home, [], []))  # type: ignore[arg-type]
        assert CANARY not in json.dumps(command)
        assert given["AWS_SECRET_ACCESS_KEY"] == CANARY


def test_where_nothing_confines_a_setting_decides(
    monkeypatch: pytest.MonkeyPatch, settings: Any, java_home: Path
) -> None:
    monkeypatch.setattr(local_confinement, "WAYS", ())
    settings.PGSPARK_LOCAL_UNCONFINED = False
    with pytest.raises(PortalError, match="LOCAL_NOT_CONFINED"):
        local_confinement.way_here(java_home)

    settings.PGSPARK_LOCAL_UNCONFINED = True
    assert local_confinement.way_here(java_home) == "unconfined"


@pytest.mark.parametrize(
    ("address", "place"),
    [
        ("s3://bucket/a/b.csv", "a/b.csv"),
        ("s3://bucket/a/", "a"),
        ("s3://bucket/missing.csv", None),
        ("s3://bucket/../secret", None),
        ("s3://bucket/link", None),
        ("s3://../secret", None),
        ("file:///etc/passwd", None),
        ("", None),
    ],
)
def test_an_input_is_what_its_address_names_within_its_bucket(tmp_path: Path, address: str, place: str | None) -> None:
    (tmp_path / "store/bucket/a").mkdir(parents=True)
    (tmp_path / "store/bucket/a/b.csv").touch()
    (tmp_path / "secret").touch()
    (tmp_path / "store/secret").touch()
    (tmp_path / "store/bucket/link").symlink_to(tmp_path / "secret")

    found = local_confinement.inputs(tmp_path / "store", [address])

    assert found == ([tmp_path / "store/bucket" / place] if place else [])


def test_a_run_writes_to_its_own_folder_and_never_to_a_whole_bucket(tmp_path: Path) -> None:
    assert local_confinement.output(tmp_path, "s3://bucket/runs/1/output/") == [tmp_path / "bucket/runs/1"]
    assert local_confinement.output(tmp_path, "s3://bucket/output/") == []
    assert local_confinement.output(tmp_path, "") == []


@pytest.mark.spark
def test_code_that_speaks_to_java_gets_no_further(machine: dict[str, Any], tmp_path: Path) -> None:
    """The script that the engine starts is all hostile, as if there were neither policy nor approval."""
    (tmp_path / "store/bucket/in").mkdir()
    (tmp_path / "store/bucket/in/rows.csv").write_text("id\n1\n")
    job = Submission(
        token=TOKEN,
        name="hostile",
        script=trespasses.SCRIPT.format(told=machine),
        timeout=timedelta(minutes=2),
        output_uri="s3://bucket/runs/own/output/",
        access=Access(inputs=("s3://bucket/in/",)),
    )

    LocalSpark().submit(job)

    assert ended().phase == Phase.SUCCEEDED, LocalSpark().log(HANDLE, "stderr", start=0, limit=100_000).text
    got = json.loads((tmp_path / "store/bucket/runs/own/told.json").read_text())
    assert {name for name, worked in got.items() if worked} == {"an input"}
