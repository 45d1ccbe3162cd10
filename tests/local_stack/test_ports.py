from __future__ import annotations

import socket

from pgspark_site.local_stack.ports import free_port


def test_the_usual_port_is_taken_when_nobody_listens_there() -> None:
    usual = free_port()

    assert free_port(usual) == usual


def test_another_port_is_taken_when_somebody_listens_on_the_usual_one() -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        taken = other.getsockname()[1]

        assert free_port(taken) != taken
