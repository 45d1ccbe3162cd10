"""Free ports on loopback."""

from __future__ import annotations

import errno
import socket


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
