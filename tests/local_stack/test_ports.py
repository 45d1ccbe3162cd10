from __future__ import annotations

import socket
import sys
from pathlib import Path

import pytest

from pgspark_site.local_stack.ports import free_port, start_on_free_port
from pgspark_site.local_stack.processes import Service, ServiceFailed, Supervisor


def test_the_usual_port_is_taken_when_nobody_listens_there() -> None:
    usual = free_port()

    assert free_port(usual) == usual


def test_another_port_is_taken_when_somebody_listens_on_the_usual_one() -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        taken = other.getsockname()[1]

        assert free_port(taken) != taken


def _listener(port: int) -> Service:
    program = (
        f"import socket, time; s = socket.create_server(('127.0.0.1', {port})); print('up', flush=True); time.sleep(60)"
    )
    return Service("listener", [sys.executable, "-c", program])


def test_a_port_taken_between_question_and_bind_is_no_failure(tmp_path: Path) -> None:
    thieves: list[socket.socket] = []
    supervisor = Supervisor(tmp_path)

    def service_on(port: int) -> Service:
        if not thieves:
            thieves.append(socket.create_server(("127.0.0.1", port)))
        service = _listener(port)
        return Service(service.name, service.command, ready=lambda: "up" in supervisor.log_of("listener").read_text())

    port = start_on_free_port(supervisor, service_on)

    assert port != thieves[0].getsockname()[1]
    assert [one.service.name for one in supervisor.running] == ["listener"]
    supervisor.stop_all()
    thieves[0].close()


def test_a_service_that_fails_for_another_reason_is_tried_once(tmp_path: Path) -> None:
    tried: list[int] = []
    supervisor = Supervisor(tmp_path)

    def service_on(port: int) -> Service:
        tried.append(port)
        return Service("broken", [sys.executable, "-c", "raise SystemExit(3)"], ready=lambda: False)

    with pytest.raises(ServiceFailed):
        start_on_free_port(supervisor, service_on)

    assert len(tried) == 1 and supervisor.running == []


def test_what_another_program_answers_on_the_port_is_not_taken_for_the_service(tmp_path: Path) -> None:
    """Two portals that start at once find the same usual port free."""
    with socket.create_server(("127.0.0.1", 0)) as other:
        taken = other.getsockname()[1]
        slow = Service("slow", [sys.executable, "-c", "import time; time.sleep(60)"], port=taken, ready_within=1)
        supervisor = Supervisor(tmp_path)

        with pytest.raises(ServiceFailed, match="not ready"):
            supervisor.start(slow)
