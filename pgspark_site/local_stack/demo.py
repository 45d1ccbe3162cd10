"""The demonstration: everything up, the sample job through the real pipeline, then the portal until Ctrl-C."""

from __future__ import annotations

import json
import shutil
import time
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import psycopg

from pgspark_site.local_stack import portal
from pgspark_site.local_stack.confinement import ensure_bubblewrap
from pgspark_site.local_stack.java import find_java_home
from pgspark_site.local_stack.jdbc import find_driver
from pgspark_site.local_stack.ports import start_on_free_port
from pgspark_site.local_stack.postgres import Cluster, cluster, ensure_database, ensure_role, start_cluster
from pgspark_site.local_stack.processes import Supervisor, last_lines
from pgspark_site.local_stack.provision import say
from pgspark_site.local_stack.redis_server import RedisServer, find_redis, start_redis
from pgspark_site.local_stack.shop import Shop, ensure_shop
from pgspark_site.local_stack.state import Instance, Secrets, kept_secrets, only_instance
from pgspark_site.local_stack.table import as_table

PROMPT = "Join customers and orders and show the top 10 customers by total order amount"
TABLES = ("shop.public.customers", "shop.public.orders")
_JOB_SECONDS = 600


@dataclass(frozen=True, slots=True)
class Options:
    """`once` ends after the sample job; `as_json` makes its answer the only line of standard output.

    With `on_aws` jobs take the way of an AWS account, with stand-ins for its services.
    """

    once: bool = False
    as_json: bool = False
    on_aws: bool = False


def run(var: Path, options: Options) -> int:
    """The exit code. Raises Missing, AlreadyRunning, ServiceFailed, StopRequested."""
    with only_instance(var) as instance:
        supervisor = Supervisor(var / "log", changed=instance.runs)
        supervisor.obey_signals()
        try:
            return _story(var, options, instance, supervisor)
        finally:
            say("Stopping ...")
            supervisor.stop_all()


def _story(var: Path, options: Options, instance: Instance, supervisor: Supervisor) -> int:
    began = time.monotonic()
    secrets = kept_secrets(var)
    env = start_backends(supervisor, var, secrets)
    if options.on_aws:
        env = start_engines(supervisor, env)
    url = start_portal(supervisor, env)
    instance.serves_at(url)
    say(f"Everything is up after {time.monotonic() - began:.1f} s.\n")
    succeeded = _sample_job(supervisor, env, as_json=options.as_json)
    if options.once:
        return 0 if succeeded else 1
    welcome = _welcome(url, secrets)
    if options.as_json:
        say(welcome)
    else:
        print(welcome, flush=True)
    return supervisor.watch()


def start_backends(supervisor: Supervisor, var: Path, secrets: Secrets) -> dict[str, str]:
    """PostgreSQL with the shop, Redis and the AWS stand-in; returns the portal's environment, its data prepared."""
    # Found before anything starts, so that what is missing is said at once.
    ensure_bubblewrap()
    java_home, jdbc_driver, redis_program = find_java_home(), find_driver(var / "jdbc"), find_redis()
    say("Starting PostgreSQL ...")
    server = start_cluster(supervisor, cluster(var, password=secrets.postgres), usual=5432)
    say("Starting Redis and the AWS stand-in ...")
    redis = start_redis(supervisor, RedisServer(redis_program, var / "redis", secrets.redis), usual=6379)
    aws_port = start_on_free_port(supervisor, portal.aws_stand_in, usual=5000)
    say("Looking after the data ...")
    shop = _databases(server, secrets)
    database_url = server.url(user="pgspark", password=secrets.portal, database="pgspark")
    backends = portal.Backends(database_url, redis.url, f"http://127.0.0.1:{aws_port}", java_home, jdbc_driver)
    env = portal.environment(backends, var=var, secret_key=secrets.secret_key, accounts=secrets.accounts)
    if "PGSPARK_LOCAL_UNCONFINED" in env:
        say(
            "This machine has neither bubblewrap nor user namespaces: jobs run unconfined (PGSPARK_LOCAL_UNCONFINED=1)."
        )
    prepare(supervisor, env, var, secrets.accounts, shop)
    return env


def start_engines(supervisor: Supervisor, env: Mapping[str, str]) -> dict[str, str]:
    """The stand-ins for EMR Serverless and Lambda, with the JDBC driver where jobs look for it; the new environment."""
    say("Starting the stand-ins for EMR Serverless and Lambda ...")
    emr = start_on_free_port(supervisor, partial(portal.emr_stand_in, env), usual=5001)
    functions = start_on_free_port(supervisor, partial(portal.lambda_stand_in, env), usual=5002)
    addresses = {"emr_url": f"http://127.0.0.1:{emr}", "lambda_url": f"http://127.0.0.1:{functions}"}
    on_engines = portal.on_engines(env, **addresses)
    driver = Path(env["PGSPARK_OBJECT_STORE_DIR"]) / on_engines["PGSPARK_JDBC_DRIVER_URI"].removeprefix("s3://")
    driver.parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(env["PGSPARK_JDBC_DRIVER_PATH"], driver)
    return on_engines


def _databases(server: Cluster, secrets: Secrets) -> Shop:
    with psycopg.connect(server.url(), autocommit=True) as admin:
        ensure_role(admin, "pgspark", secrets.portal)
        ensure_database(admin, "pgspark", owner="pgspark")
        # The sample's reader shall see the shop and nothing else.
        admin.execute("REVOKE CONNECT ON DATABASE postgres, template1 FROM PUBLIC")
    return ensure_shop(server.url(), password=secrets.shop_reader)


def prepare(supervisor: Supervisor, env: Mapping[str, str], var: Path, accounts: Mapping[str, str], shop: Shop) -> None:
    """Migrates, and makes accounts, bucket, secret and connection; the passwords travel in a file of our own."""
    sample = var / "sample.json"
    sample.touch(mode=0o600)
    try:
        sample.write_text(json.dumps({"accounts": dict(accounts), "secret": shop.secret("demo")}))
        supervisor.must(portal.prepare(env, sample))
    finally:
        sample.unlink()


def start_portal(supervisor: Supervisor, env: Mapping[str, str]) -> str:
    """The web server, the worker and beat; returns the portal's address."""
    say("Starting the portal ...")
    portal.collect_static(supervisor, env)
    port = start_on_free_port(supervisor, partial(portal.web, env), usual=8000)
    supervisor.start(portal.worker(env, supervisor.log_of("worker")))
    supervisor.start(portal.beat(env))
    return f"http://127.0.0.1:{port}/"


def _sample_job(supervisor: Supervisor, env: Mapping[str, str], *, as_json: bool) -> bool:
    """Runs the sample question as `analyst` and shows its rows; whether it SUCCEEDED."""
    say(f"Asking: {PROMPT}")
    tables = [part for table in TABLES for part in ("--table", table)]
    arguments = ["--connection", "demo", *tables, "--prompt", PROMPT, "--user", "analyst", "--json"]
    ended = supervisor.call(portal.manage(env, "run_job", *arguments, within=_JOB_SECONDS))
    answer = _last_object(ended.output)
    if answer is None:
        say("The sample job gave no answer:\n" + "\n".join(last_lines(supervisor.log_of("run_job"))))
        return False
    print(json.dumps(answer) if as_json else _report(answer), flush=True)
    return ended.code == 0 and answer.get("state") == "SUCCEEDED"


def _last_object(output: str) -> dict[str, Any] | None:
    """The JSON object on the last line, if there is one."""
    lines = output.strip().splitlines()
    try:
        found = json.loads(lines[-1]) if lines else None
    except json.JSONDecodeError:
        return None
    return found if isinstance(found, dict) else None


def _report(answer: Mapping[str, Any]) -> str:
    stages = "  ".join(f"{name} {seconds:.1f} s" for name, seconds in answer.get("seconds", {}).items())
    rows = as_table([str(name) for name in answer.get("columns", [])], answer.get("rows", []))
    return f"\n{rows}\n\n{answer.get('state')} on {answer.get('target')}   {stages}\n"


def _welcome(url: str, secrets: Secrets) -> str:
    accounts = "\n".join(f"    {name:<10}{password}" for name, password in secrets.accounts.items())
    return f"The portal is at {url}\n\n  Accounts of this demonstration:\n{accounts}\n\nCtrl-C stops it."
