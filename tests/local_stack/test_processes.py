from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from pgspark_site.local_stack.family import is_alive, mark_of
from pgspark_site.local_stack.portal import ROOT
from pgspark_site.local_stack.ports import free_port
from pgspark_site.local_stack.processes import Service, ServiceFailed, Supervisor

_LISTEN = "import socket, sys, time; s = socket.create_server(('127.0.0.1', int(sys.argv[1]))); time.sleep(600)"


def _python(name: str, code: str, *arguments: str, **options: object) -> Service:
    return Service(name, [sys.executable, "-c", code, *arguments], **options)  # type: ignore[arg-type]


def _listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


@pytest.fixture
def supervisor(tmp_path: Path) -> Iterator[Supervisor]:
    one = Supervisor(tmp_path / "log")
    yield one
    one.stop_all()


def test_start_returns_when_the_service_is_ready(supervisor: Supervisor) -> None:
    port = free_port()

    supervisor.start(_python("listener", _LISTEN, str(port), ready=lambda: _listens(port)))

    assert _listens(port)


def test_a_service_that_dies_while_starting_is_named_with_its_last_lines(supervisor: Supervisor) -> None:
    with pytest.raises(ServiceFailed) as caught:
        supervisor.start(_python("broken", "print('no such folder'); raise SystemExit(3)", ready=lambda: False))

    assert (caught.value.name, caught.value.problem) == ("broken", "ended with exit code 3")
    assert caught.value.last_lines == ("no such folder",)


def test_a_service_that_never_gets_ready_is_given_up(supervisor: Supervisor) -> None:
    with pytest.raises(ServiceFailed, match="slow was not ready after 0 s"):
        supervisor.start(_python("slow", "import time; time.sleep(600)", ready=lambda: False, ready_within=0.2))


def test_watch_names_the_service_that_died(supervisor: Supervisor) -> None:
    supervisor.start(_python("steady", "import time; time.sleep(600)"))
    supervisor.start(_python("victim", "import time; time.sleep(600)"))
    supervisor.running[1].process.kill()

    with pytest.raises(ServiceFailed, match="victim was ended by SIGKILL"):
        supervisor.watch()


def test_stop_ends_the_last_started_first_and_frees_their_ports(supervisor: Supervisor, tmp_path: Path) -> None:
    ports = [free_port() for _ in range(2)]
    told = tmp_path / "told"
    code = (
        "import signal, socket, sys, time\n"
        "def end(*_):\n open(sys.argv[2], 'a').write(sys.argv[3]); sys.exit()\n"
        "signal.signal(signal.SIGTERM, end)\n"
        "s = socket.create_server(('127.0.0.1', int(sys.argv[1])))\n"
        "time.sleep(600)"
    )
    for name, port in zip("ab", ports, strict=True):
        supervisor.start(_python(name, code, str(port), str(told), name, ready=lambda port=port: _listens(port)))

    supervisor.stop_all()

    assert told.read_text() == "ba"
    assert not any(map(_listens, ports))


def test_a_service_that_ignores_the_request_is_killed(supervisor: Supervisor) -> None:
    code = (
        "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('deaf', flush=True); time.sleep(600)"
    )
    deaf = _python("deaf", code, ready=lambda: "deaf" in supervisor.log_of("deaf").read_text(), stop_within=0.2)
    supervisor.start(deaf)
    process = supervisor.running[0].process

    supervisor.stop_all()

    assert process.returncode == -signal.SIGKILL


def test_call_returns_exit_code_and_output(supervisor: Supervisor) -> None:
    ended = supervisor.call(_python("once", "print('{}'); raise SystemExit(1)"))

    assert (ended.code, ended.output) == (1, "{}\n")


def test_must_names_the_command_that_failed(supervisor: Supervisor) -> None:
    with pytest.raises(ServiceFailed, match="once ended with exit code 1") as caught:
        supervisor.must(_python("once", "raise SystemExit('it broke')"))

    assert caught.value.last_lines == ("it broke",)


_STACK = """
import sys
from pathlib import Path
from pgspark_site.local_stack.processes import Service, StopRequested, Supervisor
s = Supervisor(Path(sys.argv[1]))
s.obey_signals()
orphan = "import os, subprocess, sys, time;" \\
    "p = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(600)'], start_new_session=True);" \\
    "print(p.pid, flush=True); time.sleep(0 if sys.argv[1] == 'gone' else 600)"
try:
    log = s.log_of("plain")
    s.start(Service("plain", [sys.executable, "-c", orphan, "stays"], ready=lambda: log.stat().st_size > 0))
    s.call(Service("parent", [sys.executable, "-c", orphan, "gone"]))
    print("up", s.running[0].process.pid, log.read_text().strip(),
          s.log_dir.joinpath("parent.out").read_text().strip(), flush=True)
    s.watch()
except StopRequested as stop:
    sys.exit(stop.number)
finally:
    s.stop_all()
"""


def _stack(tmp_path: Path) -> tuple[subprocess.Popen[str], list[int]]:
    """A supervisor as a process of its own, with the pids of what it started and of what those left behind."""
    process = subprocess.Popen(
        [sys.executable, "-c", _STACK, str(tmp_path / "log")], cwd=ROOT, stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    return process, [int(pid) for pid in process.stdout.readline().split()[1:]]


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_services_and_the_orphans_they_left(tmp_path: Path, number: signal.Signals) -> None:
    process, pids = _stack(tmp_path)
    with process:
        marks = [mark_of(pid) for pid in pids]

        process.send_signal(number)

        assert process.wait(30) == number
    assert len(marks) == 3
    assert not any(map(is_alive, marks))


def test_services_do_not_outlive_a_killed_supervisor(tmp_path: Path) -> None:
    process, pids = _stack(tmp_path)
    with process:
        service, *orphans = [mark_of(pid) for pid in pids]

        process.kill()

        process.wait(10)
    deadline = time.monotonic() + 10
    while is_alive(service) and time.monotonic() < deadline:
        time.sleep(0.02)
    assert not is_alive(service)
    for orphan in filter(is_alive, orphans):
        os.kill(orphan.pid, signal.SIGKILL)
