"""Free ports on loopback."""

from __future__ import annotations

import errno
import socket
from collections.abc import Callable

from pgspark_site.local_stack.processes import Service, ServiceFailed, Supervisor

_TRIES = 5


def free_port(usual: int = 0) -> int:
    """The usual port if nobody listens there, else any free one."""
    for port in (usual, 0):
        with socket.socket() as probe:
            # A port in TIME_WAIT is free for a listener; without this it would look taken after a restart.
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError as error:
                if error.errno not in (errno.EADDRINUSE, errno.EACCES):
                    raise
                continue
            return int(probe.getsockname()[1])
    raise OSError(errno.EADDRINUSE, "no free port on 127.0.0.1")


def start_on_free_port(supervisor: Supervisor, service_on: Callable[[int], Service], usual: int = 0) -> int:
    """Starts `service_on(port)` and returns the port: the usual one, else another that is free.

    A port may be taken between the question and the service's own bind: then another one is tried.
    Raises ServiceFailed when it does not start for another reason.
    """
    for _ in range(_TRIES - 1):
        port = free_port(usual)
        try:
            supervisor.start(service_on(port))
        except ServiceFailed as failed:
            if not any("address already in use" in line.lower() for line in failed.last_lines):
                raise
            usual = 0
        else:
            return port
    port = free_port()
    supervisor.start(service_on(port))
    return port
