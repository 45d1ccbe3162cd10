"""PostgreSQL, Redis and the settings' environment for a test run; loaded before Django reads its settings.

What the environment names is used; what it does not is started here, once, by the process that leads the run.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import pytest

from pgspark_site.local_stack.confinement import settings_for_unconfined
from pgspark_site.local_stack.java import QUICK_START, find_java_home
from pgspark_site.local_stack.jdbc import find_driver
from pgspark_site.local_stack.portal import STAND_IN_ACCOUNT
from pgspark_site.local_stack.ports import free_port
from pgspark_site.local_stack.postgres import THROW_AWAY, cluster, start_cluster
from pgspark_site.local_stack.processes import Supervisor
from pgspark_site.local_stack.redis_server import RedisServer, find_redis, start_redis
from pgspark_site.local_stack.unprivileged import reachable_folder, unprivileged_account

_PASSWORD = "only-for-this-test-run"
_ROOT = Path(__file__).resolve().parent.parent

_DEFAULTS = {
    "DJANGO_SETTINGS_MODULE": "pgspark_site.settings",
    "SECRET_KEY": "only-for-tests-and-long-enough-to-pass-the-check",
    "PGSPARK_HTTPS_ONLY": "0",
    "PGSPARK_LOG_JSON": "0",
    "PGSPARK_STATIC_STORAGE": "django.contrib.staticfiles.storage.StaticFilesStorage",
    "PGSPARK_S3_BUCKET": "pgspark-test",
    # What a page shows of a slow database is for the tests of that; elsewhere the machine may be slow.
    "PGSPARK_PATIENCE_SECONDS": "20",
    # Every job of a test is a short one.
    "PGSPARK_LOCAL_JAVA_OPTIONS": QUICK_START,
    # Tests that want one turn it on: a rehearsal takes a second Spark.
    "PGSPARK_REHEARSAL": "0",
}


class Services:
    """What this run started; `close` ends it."""

    def __init__(self) -> None:
        self._folder = Path(tempfile.mkdtemp(prefix="pgspark-tests-"))
        self._folder.chmod(0o755)
        self._supervisor = Supervisor(self._folder / "log")

    def set_environment(self) -> None:
        os.environ.setdefault("PGSPARK_VAR_DIR", str(self._folder))
        os.environ.setdefault("PGSPARK_OBJECT_STORE_DIR", str(self._folder / "store"))
        # Empty, and not the clone's own: whether that exists depends on what ran before.
        (self._folder / "static").mkdir()
        os.environ.setdefault("PGSPARK_STATIC_ROOT", str(self._folder / "static"))
        if "DATABASE_URL" not in os.environ:
            os.environ["DATABASE_URL"] = self._start_postgres()
        if "REDIS_URL" not in os.environ:
            os.environ["REDIS_URL"] = self._start_redis()
        host = urlsplit(os.environ["DATABASE_URL"]).hostname
        os.environ.setdefault("PGSPARK_DATABASE_HOSTS", f"127.0.0.1,localhost,*.invalid,*.example,{host}")
        os.environ.setdefault("PGSPARK_JAVA_HOME", str(find_java_home()))
        for name, value in settings_for_unconfined(Path(os.environ["PGSPARK_JAVA_HOME"])).items():
            os.environ.setdefault(name, value)
        os.environ.setdefault("PGSPARK_JDBC_DRIVER_PATH", str(find_driver(_ROOT / "var" / "jdbc")))

    def _start_postgres(self) -> str:
        made = cluster(self._folder, password=_PASSWORD, options=THROW_AWAY)
        return start_cluster(self._supervisor, made).url()

    def _start_redis(self) -> str:
        return start_redis(self._supervisor, RedisServer(find_redis(), self._folder / "redis", _PASSWORD)).url

    def close(self) -> None:
        self._supervisor.stop_all()
        refuge = reachable_folder(self._folder, unprivileged_account())
        for folder in {self._folder, refuge}:
            shutil.rmtree(folder, ignore_errors=True)


def _set_aws() -> None:
    """No test reaches an AWS account: each process has an address of its own for the stand-in that `aws` starts."""
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        del os.environ[name]
    os.environ |= STAND_IN_ACCOUNT | {"AWS_ENDPOINT_URL": f"http://127.0.0.1:{free_port()}"}


def _take_own_redis_database(worker: str) -> None:
    """Tests empty their cache; with one database for all, each would empty the others' in mid-test."""
    address = urlsplit(os.environ["REDIS_URL"])
    os.environ["REDIS_URL"] = urlunsplit(address._replace(path=f"/{int(worker.removeprefix('gw')) + 1}"))


def _prepare() -> Services | None:
    for name, value in _DEFAULTS.items():
        os.environ.setdefault(name, value)
    _set_aws()
    if "PYTEST_XDIST_WORKER" in os.environ:
        _take_own_redis_database(os.environ["PYTEST_XDIST_WORKER"])
        return None
    services = Services()
    try:
        services.set_environment()
    except BaseException:
        services.close()
        raise
    return services


_services = _prepare()


@pytest.hookimpl(trylast=True)
def pytest_unconfigure() -> None:
    if _services is not None:
        _services.close()
