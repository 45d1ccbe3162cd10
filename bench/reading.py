"""Reading a PostgreSQL table as the specification writes it (no fetch size, one partition) against the read plan.

    make bench-reading

One table of 240 MB and one with a skewed key, in a database of the bench's own; both ways in turn in one Spark process.
Then each way alone in a heap of 512 MB, where the specification's way is expected to run out of memory.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import psycopg

from bench.report import Report
from pgspark_site.local_stack import demo, portal
from pgspark_site.local_stack.processes import Supervisor
from pgspark_site.local_stack.state import kept_secrets, only_instance

VAR = portal.ROOT / "var" / "bench"
ROWS = 2_000_000
PARTS = 8
ROUNDS = 3
SMALL_HEAP, LARGE_HEAP = "512m", "3g"
# A heap that is too small may also end in collecting garbage for ever.
GIVE_UP_SECONDS = 60

_TABLES = f"""
DROP SCHEMA IF EXISTS bench_reading CASCADE;
CREATE SCHEMA bench_reading;
CREATE TABLE bench_reading.wide AS
SELECT n::bigint AS id, n % 1000 AS customer, (n % 99999)::numeric(12,2) / 7 AS total, repeat('x', 55) || n AS note,
       timestamptz '2024-01-01' + n * interval '1 second' AS placed_at
FROM generate_series(1, {ROWS}) n;
ALTER TABLE bench_reading.wide ADD PRIMARY KEY (id);
CREATE TABLE bench_reading.skewed AS
SELECT CASE WHEN n % 20 = 0 THEN n::bigint * 50000 ELSE n END AS id, 'x' AS note FROM generate_series(1, 400000) n;
CREATE UNIQUE INDEX ON bench_reading.skewed (id);
GRANT USAGE ON SCHEMA bench_reading TO shop_reader;
GRANT SELECT ON ALL TABLES IN SCHEMA bench_reading TO shop_reader;
"""

_NAIVE = """
def _read_naive(spark):
    login = _login({arn!r}, "shop", "disable")
    reader = spark.read.format("jdbc").option("driver", "org.postgresql.Driver").option("url", login["url"])
    reader = reader.option("dbtable", "bench_reading.wide").option("user", login["user"])
    return reader.option("password", login["password"]).load()


def _read_stride(spark):
    login = _login({arn!r}, "shop", "disable")
    reader = spark.read.format("jdbc").option("driver", "org.postgresql.Driver").option("url", login["url"])
    reader = reader.option("dbtable", "bench_reading.skewed").option("user", login["user"])
    reader = reader.option("partitionColumn", "id").option("lowerBound", 1).option("upperBound", 400000 * 50000)
    return reader.option("password", login["password"]).option("numPartitions", {parts}).load()
"""

_MAIN = """
def _whole(frame):
    import time

    began = time.monotonic()
    frame.write.format("noop").mode("overwrite").save()
    return time.monotonic() - began


def _imbalance(frame):
    sizes = [row["count"] for row in frame.groupBy(F.spark_partition_id()).count().collect()]
    return max(sizes) * frame.rdd.getNumPartitions() / sum(sizes)


if __name__ == "__main__":
    import json
    import sys

    from pyspark.sql import SparkSession

    spark = SparkSession.builder.getOrCreate()
    what, rounds = sys.argv[1], int(sys.argv[2])
    ways = {"naive": _read_naive, "plan": _read_wide}
    seconds = {name: [] for name in ways if what in (name, "both")}
    for _ in range(rounds):
        for name in seconds:
            seconds[name].append(_whole(ways[name](spark)))
    told = {"seconds": seconds}
    if what == "both":
        told["imbalance"] = {"stride": _imbalance(_read_stride(spark)), "plan": _imbalance(_read_skewed(spark))}
    print("bench: " + json.dumps(told))
"""


def main() -> int:
    report = Report("reading")
    VAR.mkdir(parents=True, exist_ok=True)
    with only_instance(VAR) as instance:
        supervisor = Supervisor(VAR / "log", changed=instance.runs)
        supervisor.obey_signals()
        try:
            _measure(supervisor, report)
        finally:
            supervisor.stop_all()
    return report.end()


def _measure(supervisor: Supervisor, report: Report) -> None:
    env = demo.start_backends(supervisor, VAR, kept_secrets(VAR))
    os.environ |= env
    print(f"Making a table of {ROWS:,} rows")
    size = _make_tables()
    report.note("table_megabytes", size / 1024**2)
    script = VAR / "reading.py"
    script.write_text(_script())
    print("The whole table, seconds, in turn")
    both = _run(env, script, "both", ROUNDS, LARGE_HEAP)
    if both is None:
        raise SystemExit("Spark failed; see " + str(VAR / "log"))
    naive, plan = (min(both["seconds"][name]) for name in ("naive", "plan"))
    report.note("naive_seconds", naive)
    report.note("plan_seconds", plan)
    report.at_most("plan_over_naive", plan / naive, 0.8)
    print("Largest part against the mean, skewed key")
    report.note("imbalance_equal_distances", both["imbalance"]["stride"])
    report.at_most("imbalance_plan", both["imbalance"]["plan"], 1.5)
    print(f"In a heap of {SMALL_HEAP}: 1 means failed")
    report.note("naive_fails_in_small_heap", float(_run(env, script, "naive", 1, SMALL_HEAP) is None))
    report.at_most("plan_fails_in_small_heap", float(_run(env, script, "plan", 1, SMALL_HEAP) is None), 0)


def _make_tables() -> int:
    """The size of the wide table in bytes."""
    with psycopg.connect(_admin(), autocommit=True) as admin:
        for statement in filter(str.strip, _TABLES.split(";")):
            admin.execute(statement)
        admin.execute("VACUUM ANALYZE bench_reading.wide, bench_reading.skewed")
        row = admin.execute("SELECT pg_relation_size('bench_reading.wide')").fetchone()
        return int(row[0]) if row else 0


def _admin() -> str:
    """The server of the bench, as its owner."""
    port = psycopg.conninfo.conninfo_to_dict(os.environ["DATABASE_URL"])["port"]
    return f"host=127.0.0.1 port={port} dbname=shop user=postgres password={kept_secrets(VAR).postgres}"


def _script() -> str:
    """The readers as a run would have them, the specification's beside them, and what times them."""
    import django

    django.setup()
    from django.contrib.auth.models import User

    import catalog.operations
    from catalog.types import TableRef
    from connections.models import DatabaseConnection
    from jobs.reading import set_read_options
    from jobs.script.assemble import ScriptJob, assemble
    from jobs.script_building import build_sources, snapshot

    analyst = User.objects.get(username="analyst")
    connection = DatabaseConnection.objects.get(name="demo")
    connection.max_parallel_reads = 2 * PARTS
    connection.save(update_fields=["max_parallel_reads"])
    session = catalog.operations.create_session(owner=analyst, title="Benchmark of reading")
    refs = [TableRef("shop", "bench_reading", name) for name in ("wide", "skewed")]
    _, skewed = catalog.operations.add_sources(session=session, user=analyst, connection=connection, refs=refs)
    set_read_options(session=session, source_id=skewed.pk, by=analyst, options={"partitions": PARTS})
    sources = build_sources(snapshot(session, analyst), analyst)
    whole = assemble(ScriptJob("bench", 1, sources, "", "s3://none/", "s3://none", None)).text
    session.delete()
    head = whole.split("# --- transform", 1)[0]
    print("  " + next(line.strip() for line in head.splitlines() if "ranges of" in line))
    return head + _NAIVE.format(arn=connection.secret_arn, parts=PARTS) + _MAIN


def _run(env: dict[str, str], script: Path, what: str, rounds: int, heap: str) -> dict[str, Any] | None:
    """What the script told; None when it failed."""
    own = {"JAVA_HOME": env["PGSPARK_JAVA_HOME"], "PYSPARK_PYTHON": sys.executable, "SPARK_LOCAL_IP": "127.0.0.1"}
    command = [
        str(Path(sys.executable).with_name("spark-submit")),
        *("--master", "local[2]", "--driver-memory", heap, "--jars", env["PGSPARK_JDBC_DRIVER_PATH"]),
        *("--conf", "spark.ui.enabled=false", "--conf", "spark.driver.host=127.0.0.1"),
        *(str(script), what, str(rounds)),
    ]
    log = VAR / "log" / f"reading-{what}-{heap}"
    limit = GIVE_UP_SECONDS if heap == SMALL_HEAP else 300
    try:
        done = subprocess.run(command, env=env | own, capture_output=True, text=True, timeout=limit, cwd=VAR)
    except subprocess.TimeoutExpired:
        return None
    log.write_text(done.stdout + done.stderr)
    told = [line.removeprefix("bench: ") for line in done.stdout.splitlines() if line.startswith("bench: ")]
    result: dict[str, Any] | None = json.loads(told[-1]) if done.returncode == 0 and told else None
    return result


if __name__ == "__main__":
    sys.exit(main())
