"""PostgreSQL and Redis for a benchmark, thrown away afterwards, and the portal's environment on them."""

from __future__ import annotations

import os
import shutil
import signal
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from pgspark_site.local_stack.portal import BUCKET, STAND_IN_ACCOUNT, manage
from pgspark_site.local_stack.postgres import THROW_AWAY, cluster, start_cluster
from pgspark_site.local_stack.processes import Running, Service, Supervisor
from pgspark_site.local_stack.redis_server import RedisServer, find_redis, start_redis
from pgspark_site.local_stack.unprivileged import reachable_folder, unprivileged_account

PASSWORD = "only-for-this-benchmark"
APPLICATIONS = ("00fexamplebench1", "00fexamplebench2")


@dataclass(frozen=True)
class QuickStack:
    supervisor: Supervisor
    env: dict[str, str]
    folder: Path

    @property
    def bucket(self) -> Path:
        return self.folder / "store" / BUCKET

    def kill(self, name: str) -> Service:
        """Kills a process with all of its group; what to start it again by."""
        one = self._running(name)
        self.supervisor.running.remove(one)
        os.killpg(one.process.pid, signal.SIGKILL)
        one.process.wait(30)
        return one.service

    def kill_pool(self) -> None:
        """Kills the worker's processes and not the worker itself, as a machine does that is out of memory."""
        worker = self._running("worker").process.pid
        for child in Path(f"/proc/{worker}/task/{worker}/children").read_text().split():
            os.kill(int(child), signal.SIGKILL)

    @contextmanager
    def halted(self, name: str) -> Iterator[None]:
        """A process and its group stand still."""
        group = self._running(name).process.pid
        os.killpg(group, signal.SIGSTOP)
        try:
            yield
        finally:
            os.killpg(group, signal.SIGCONT)

    def _running(self, name: str) -> Running:
        return next(one for one in self.supervisor.running if one.service.name == name)


def settings_for_emr(url: str) -> dict[str, str]:
    """For a portal whose runs go to the stand-in for EMR Serverless at `url`, with both `APPLICATIONS`."""
    return {
        "PGSPARK_TARGETS": "emr",
        "PGSPARK_EXECUTION_ROLE_ARN": "arn:aws:iam::123456789012:role/pgspark-job",
        "PGSPARK_EMR_APPLICATION_ID": APPLICATIONS[0],
        "PGSPARK_EMR_POSTGRES_APPLICATION_ID": APPLICATIONS[1],
        "PGSPARK_JDBC_DRIVER_URI": f"s3://{BUCKET}/jars/postgresql-42.7.13.jar",
        "AWS_ENDPOINT_URL_EMR_SERVERLESS": url,
    }


@contextmanager
def quick_stack(**settings: str) -> Iterator[QuickStack]:
    """The stack with a migrated database; `settings` are added to the environment."""
    folder = Path(tempfile.mkdtemp(prefix="pgspark-bench-"))
    folder.chmod(0o755)
    supervisor = Supervisor(folder / "log")
    supervisor.obey_signals()
    try:
        server = start_cluster(supervisor, cluster(folder, password=PASSWORD, options=THROW_AWAY))
        redis = start_redis(supervisor, RedisServer(find_redis(), folder / "redis", PASSWORD))
        env = _environment(folder, server.url(), redis.url) | settings
        (folder / "store" / BUCKET).mkdir(parents=True)
        supervisor.must(manage(env, "migrate", "--verbosity", "0"))
        yield QuickStack(supervisor, env, folder)
    finally:
        supervisor.stop_all()
        for used in {folder, reachable_folder(folder, unprivileged_account())}:
            shutil.rmtree(used, ignore_errors=True)


def _environment(folder: Path, database_url: str, redis_url: str) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "PGSPARK_"))}
    return kept | {
        "DJANGO_SETTINGS_MODULE": "pgspark_site.settings",
        "DATABASE_URL": database_url,
        "REDIS_URL": redis_url,
        "SECRET_KEY": "only-for-a-benchmark-and-long-enough-to-pass-the-check",
        **STAND_IN_ACCOUNT,
        "PGSPARK_HTTPS_ONLY": "0",
        "PGSPARK_LOG_JSON": "0",
        "PGSPARK_LOG_LEVEL": "ERROR",
        "PGSPARK_VAR_DIR": str(folder),
        "PGSPARK_S3_BUCKET": BUCKET,
        "PGSPARK_OBJECT_STORE_DIR": str(folder / "store"),
        "PGSPARK_STATIC_STORAGE": "django.contrib.staticfiles.storage.StaticFilesStorage",
    }
