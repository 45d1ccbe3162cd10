"""A real portal for tests, made of the very processes of `make demo`."""

from __future__ import annotations

import json
import os
import signal
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import psycopg
from psycopg import sql

from pgspark_site.local_stack import demo, portal
from pgspark_site.local_stack.ports import start_on_free_port
from pgspark_site.local_stack.processes import Ended, Running, Service, Supervisor
from pgspark_site.local_stack.redis_server import RedisServer, find_redis, start_redis
from pgspark_site.local_stack.shop import Shop
from pgspark_site.local_stack.state import ACCOUNTS


@dataclass(slots=True)
class Portal:
    """`url` has no slash at its end; `accounts` are passwords by name; `env` is what its processes see."""

    url: str
    env: Mapping[str, str]
    accounts: Mapping[str, str]
    var: Path
    shop: Shop
    _supervisor: Supervisor
    _services: dict[str, Service]

    @classmethod
    def start(cls, var: Path, shop: Shop, database: str, settings: Mapping[str, str] | None = None) -> Portal:
        """`settings` are the test's own, on top of what every portal of the local stack has.

        Its jobs go where an AWS account would have them go, to stand-ins that run them on Spark; or on local Spark.
        """
        supervisor = Supervisor(var / "log")
        accounts = {name: f"{name}-of-the-tests" for name in ACCOUNTS}
        try:
            return cls._start(supervisor, var, shop, database, accounts, settings or {})
        except BaseException:
            supervisor.stop_all()
            raise

    @classmethod
    def _start(
        cls,
        supervisor: Supervisor,
        var: Path,
        shop: Shop,
        database: str,
        accounts: Mapping[str, str],
        settings: Mapping[str, str],
    ) -> Portal:
        redis = start_redis(supervisor, RedisServer(find_redis(), var / "redis", "only-for-this-test-run"))
        backends = _backends(supervisor, redis, database)
        # A second Spark that gets warm beside each portal would slow all of these tests; the rehearsal has its own.
        own = {"PGSPARK_REHEARSAL": "0"} | dict(settings)
        env = portal.environment(backends, var=var, secret_key="k" * 50, accounts=accounts) | own
        demo.prepare(supervisor, env, var, accounts, shop)
        env = demo.start_engines(supervisor, env) | own
        portal.collect_static(supervisor, env)
        web_port = start_on_free_port(supervisor, partial(portal.web, env))
        services = {
            "redis": redis.service(),
            "web": portal.web(env, web_port),
            "worker": portal.worker(env, supervisor.log_of("worker")),
            "beat": portal.beat(env),
        }
        for name in ("worker", "beat"):
            supervisor.start(services[name])
        return cls(f"http://127.0.0.1:{web_port}", env, accounts, var, shop, supervisor, services)

    def log_of(self, name: str) -> Path:
        return self._supervisor.log_of(name)

    def manage(self, command: str, *arguments: str, within: float = 120) -> Ended:
        """Runs a management command in the portal's environment."""
        return self._supervisor.call(portal.manage(self.env, command, *arguments, within=within))

    def run_job(self, *arguments: str, within: float = 300) -> dict[str, object]:
        """The JSON answer of `manage.py run_job`."""
        ended = self.manage("run_job", *arguments, "--json", within=within)
        answer: dict[str, object] = json.loads(ended.output.strip().splitlines()[-1])
        return answer

    def kill(self, name: str, number: signal.Signals = signal.SIGKILL) -> None:
        """Kills `web`, `worker`, `beat` or `redis` with all processes of its group; it stays down until `restart`."""
        one = self._running(name)
        self._supervisor.running.remove(one)
        os.killpg(one.process.pid, number)
        one.process.wait(30)

    def restart(self, name: str) -> None:
        """Starts it again after `kill`, with the same port; returns when it is ready."""
        self._supervisor.start(self._services[name])

    def end_leases(self) -> None:
        """As if the time had passed for which a killed worker's rows are kept for it: the sweep finds them free."""
        with psycopg.connect(self.env["DATABASE_URL"]) as database:
            for table in ("jobs_jobrun", "jobs_codeversion"):
                free = "UPDATE {} SET lease_until = now(), next_action_at = now() WHERE lease_until IS NOT NULL"
                database.execute(sql.SQL(free).format(sql.Identifier(table)))

    def is_running(self, name: str) -> bool:
        return any(one.service.name == name and one.process.poll() is None for one in self._supervisor.running)

    def stop(self) -> None:
        self._supervisor.stop_all()
        # The rehearsal's keeper outlives those who started it, but not its socket.
        for keeper in self.var.glob("rehearsal/*/keeper.sock"):
            keeper.unlink()

    def _running(self, name: str) -> Running:
        matches: Callable[[Running], bool] = lambda one: one.service.name == name  # noqa: E731
        return next(filter(matches, self._supervisor.running))


def _backends(supervisor: Supervisor, redis: RedisServer, database: str) -> portal.Backends:
    """What the portal stands on; its database is new, on the tests' server."""
    aws_port = start_on_free_port(supervisor, portal.aws_stand_in)
    return portal.Backends(
        _empty_database(f"{urlsplit(os.environ['DATABASE_URL']).path[1:]}_{database}"),
        redis.url,
        f"http://127.0.0.1:{aws_port}",
        Path(os.environ["PGSPARK_JAVA_HOME"]),
        Path(os.environ["PGSPARK_JDBC_DRIVER_PATH"]),
    )


def _empty_database(name: str) -> str:
    """The address of a new, empty database on the tests' server."""
    server = os.environ["DATABASE_URL"]
    with psycopg.connect(server, autocommit=True) as admin:
        admin.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))
        admin.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
    return urlunsplit(urlsplit(server)._replace(path=f"/{name}"))
