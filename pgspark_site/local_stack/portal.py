"""The portal's own processes and the stand-in for AWS: how each is started, and with which environment."""

from __future__ import annotations

import hashlib
import os
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from pgspark_site.local_stack.confinement import settings_for_unconfined
from pgspark_site.local_stack.java import QUICK_START
from pgspark_site.local_stack.processes import Service, Supervisor

ROOT = Path(__file__).resolve().parents[2]
BUCKET = "pgspark-demo"
# What stands for an AWS account: its keys open nothing, and whatever the person has who starts it is not looked at.
STAND_IN_ACCOUNT = {
    "AWS_REGION": "us-east-1",
    "AWS_ACCESS_KEY_ID": "stand-in",
    "AWS_SECRET_ACCESS_KEY": "stand-in",
    "AWS_EC2_METADATA_DISABLED": "true",
    "AWS_CONFIG_FILE": os.devnull,
    "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
}
_READY_LINE = " ready."


def answers(url: str) -> bool:
    """Whether a GET on loopback is answered with 200."""
    try:
        with urllib.request.urlopen(url, timeout=2) as answer:  # noqa: S310  (a loopback address of ours)
            return bool(answer.status == 200)
    except (urllib.error.URLError, OSError):
        return False


def aws_stand_in(port: int) -> Service:
    """moto server; it keeps everything in memory, so that each start needs its data again."""
    return Service(
        name="aws",
        command=[sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", str(port)],
        ready=lambda: answers(f"http://127.0.0.1:{port}/moto-api/"),
        port=port,
    )


@dataclass(frozen=True, slots=True)
class Backends:
    """What a portal on this machine stands on."""

    database_url: str
    redis_url: str
    aws_url: str
    java_home: Path
    jdbc_driver: Path


def environment(backends: Backends, *, var: Path, secret_key: str, accounts: Mapping[str, str]) -> dict[str, str]:
    """The portal's environment. Nothing of a real AWS account gets in: not a profile, not a key, not an endpoint."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "PGSPARK_"))}
    return kept | {
        "DJANGO_SETTINGS_MODULE": "pgspark_site.settings",
        "DATABASE_URL": backends.database_url,
        "REDIS_URL": backends.redis_url,
        "SECRET_KEY": secret_key,
        "DEBUG": "0",
        "ALLOWED_HOSTS": "localhost,127.0.0.1",
        **STAND_IN_ACCOUNT,
        "AWS_ENDPOINT_URL": backends.aws_url,
        "PGSPARK_DATABASE_HOSTS": f"127.0.0.1,localhost,{urlsplit(backends.database_url).hostname}",
        "PGSPARK_HTTPS_ONLY": "0",
        "PGSPARK_LOG_JSON": "0",
        "PGSPARK_VAR_DIR": str(var),
        "PGSPARK_S3_BUCKET": BUCKET,
        "PGSPARK_OBJECT_STORE_DIR": str(var / "store"),
        "PGSPARK_GLUE_ENABLED": "1",
        "PGSPARK_S3_SOURCES": f"s3://{BUCKET}/samples/",
        "PGSPARK_JAVA_HOME": str(backends.java_home),
        "PGSPARK_JDBC_DRIVER_PATH": str(backends.jdbc_driver),
        "PGSPARK_LOCAL_JAVA_OPTIONS": QUICK_START,
        "PGSPARK_DEMO_ACCOUNTS": ",".join(f"{name}:{password}" for name, password in accounts.items()),
        **settings_for_unconfined(backends.java_home),
    }


# Applications of the stand-in for EMR Serverless.
_STANDARD, _DATABASE = "00fdemostandard", "00fdemopostgres"


def emr_stand_in(env: Mapping[str, str], port: int) -> Service:
    """A stand-in for EMR Serverless that runs the scripts on Spark of this machine."""
    return _stand_in("emr", env, port, "--application", _STANDARD, "--application", _DATABASE)


_FUNCTION = "pgspark-demo"


def lambda_stand_in(env: Mapping[str, str], port: int) -> Service:
    """A stand-in for AWS Lambda whose function runs the scripts on Spark of this machine."""
    return _stand_in("lambda", env, port, "--function", _FUNCTION)


def _stand_in(name: str, env: Mapping[str, str], port: int, *has: str) -> Service:
    return Service(
        name=name,
        command=[
            *(sys.executable, "-m", f"pgspark_site.local_stack.{name}_stand_in"),
            *("--port", str(port), "--spark", *has),
        ],
        ready=lambda: answers(f"http://127.0.0.1:{port}/control/ready"),
        port=port,
        env=env,
        cwd=ROOT,
    )


def on_engines(env: Mapping[str, str], *, emr_url: str, lambda_url: str) -> dict[str, str]:
    """The environment of a portal that runs its jobs on EMR Serverless and Lambda, which are at these addresses."""
    driver = Path(env["PGSPARK_JDBC_DRIVER_PATH"])
    return dict(env) | {
        "AWS_ENDPOINT_URL_EMR_SERVERLESS": emr_url,
        "AWS_ENDPOINT_URL_LAMBDA": lambda_url,
        "PGSPARK_TARGETS": "emr,lambda,local",
        "PGSPARK_LAMBDA_FUNCTION": _FUNCTION,
        "PGSPARK_EMR_APPLICATION_ID": _STANDARD,
        "PGSPARK_EMR_POSTGRES_APPLICATION_ID": _DATABASE,
        "PGSPARK_EXECUTION_ROLE_ARN": "arn:aws:iam::123456789012:role/pgspark-job",
        "PGSPARK_JDBC_DRIVER_URI": f"s3://{BUCKET}/jars/{driver.name}",
    }


def web(env: Mapping[str, str], port: int) -> Service:
    options = ["--worker-class", "gthread", "--workers", "2", "--threads", "8", "--graceful-timeout", "5"]
    return Service(
        name="web",
        command=[
            *(sys.executable, "-m", "gunicorn", "pgspark_site.wsgi:application"),
            *("--bind", f"127.0.0.1:{port}", "--access-logfile", "-", "--no-control-socket", *options),
        ],
        ready=lambda: answers(f"http://127.0.0.1:{port}/healthz"),
        port=port,
        env=env,
        cwd=ROOT,
    )


def worker(env: Mapping[str, str], log: Path) -> Service:
    """`log` is where its output goes: that it takes work is nowhere else to be seen without another process."""
    return Service(
        name="worker",
        command=_celery("worker", "--concurrency", "2", "--without-gossip", "--without-mingle"),
        ready=lambda: _READY_LINE in log.read_text(errors="replace"),
        env=env,
        cwd=ROOT,
    )


def beat(env: Mapping[str, str]) -> Service:
    return Service(name="beat", command=_celery("beat", "--pidfile="), env=env, cwd=ROOT)


def _celery(*arguments: str) -> list[str]:
    return [sys.executable, "-m", "celery", "-A", "pgspark_site", *arguments, "--loglevel", "INFO"]


def manage(env: Mapping[str, str], name: str, *arguments: str, within: float = 120) -> Service:
    """A management command as something to `call`."""
    command = [sys.executable, str(ROOT / "manage.py"), name, *arguments]
    return Service(name=name, command=command, env=env, cwd=ROOT, ready_within=within)


def prepare(env: Mapping[str, str], sample: Path) -> Service:
    """Migrates and fills the portal; see `portal_data.py`."""
    command = [sys.executable, "-m", "pgspark_site.local_stack.portal_data", str(sample)]
    return Service(name="prepare", command=command, env=env, cwd=ROOT, ready_within=180)


def collect_static(supervisor: Supervisor, env: Mapping[str, str]) -> None:
    """Gathers the pages' assets once per change, because compressing them takes seconds.

    Old files stay: a portal that started before still names them.
    """
    stamp = ROOT / "staticfiles" / ".stamp"
    digest = _assets_digest()
    if stamp.exists() and stamp.read_text() == digest:
        return
    supervisor.must(manage(env, "collectstatic", "--noinput", "--verbosity", "0"))
    stamp.write_text(digest)


def _assets_digest() -> str:
    return hashlib.sha256("\n".join(_assets()).encode()).hexdigest()


def _assets() -> Iterator[str]:
    yield (ROOT / "requirements" / "base.txt").read_text()
    for path in sorted((ROOT / "static").rglob("*")):
        if path.is_file():
            yield f"{path} {path.stat().st_size} {path.stat().st_mtime_ns}"
