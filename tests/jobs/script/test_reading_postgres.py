"""What a job reads of PostgreSQL equals what COPY gives, or the page said beforehand how it differs."""

from __future__ import annotations

import csv
import io
import os

import duckdb
import psycopg
import pytest
from django.conf import settings

import catalog.operations
from catalog.models import AnalysisSession
from catalog.types import TableRef
from connections.models import DatabaseConnection
from jobs import operations
from jobs.models import JobRun
from jobs.reading import readings, set_read_options
from jobs.script.postgres_types import delivered_type
from tests.connections.factories import make_connection
from tests.jobs.conftest import People
from tests.jobs.running import finish
from tests.jobs.script.every_type import CASES, table

pytestmark = [pytest.mark.spark, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def connection(aws: str, people: People) -> DatabaseConnection:
    made = make_connection("types")
    made.groups.add(people.owner.groups.get())
    return made


def pick(session: AnalysisSession, connection: DatabaseConnection, *tables: tuple[str, str]) -> None:
    refs = [TableRef("postgres", schema, name) for schema, name in tables]
    catalog.operations.add_sources(session=session, user=session.owner, connection=connection, refs=refs)


def run(session: AnalysisSession, transform: str) -> JobRun:
    version = operations.save_edit(session=session, transform=transform, by=session.owner)
    ended = finish(operations.start_run(version=version, by=session.owner))
    assert ended.state == "SUCCEEDED", ended.failure
    return ended


def written(run: JobRun) -> duckdb.DuckDBPyRelation:
    folder = f"{settings.PGSPARK_OBJECT_STORE_DIR}/{settings.PGSPARK_S3_BUCKET}/runs/{run.uuid}/output"
    return duckdb.sql(f"SELECT * FROM '{folder}/*.parquet' ORDER BY k")


def shown(name: str, type_: str) -> str:
    if type_ == "BLOB":
        return rf"CASE WHEN {name} IS NOT NULL THEN '\x' || lower(hex({name})) END"
    if type_ == "TIMESTAMP WITH TIME ZONE":
        return f"CAST(CAST({name} AS TIMESTAMP) AS VARCHAR)"
    return f"CAST({name} AS VARCHAR)"


def test_every_type_arrives_or_its_note_says_how_it_differs(
    shared_session: AnalysisSession, connection: DatabaseConnection
) -> None:
    with psycopg.connect(os.environ["DATABASE_URL"], dbname="postgres", autocommit=True) as database:
        database.execute(table())
        with database.cursor().copy("COPY every_type.all_types TO STDOUT (FORMAT csv, NULL '<null>')") as copy:
            text = b"".join(bytes(part) for part in copy).decode()
    copied = [[None if cell == "<null>" else cell for cell in row] for row in csv.reader(io.StringIO(text))]
    pick(shared_session, connection, ("every_type", "all_types"))
    (reading,) = readings(list(shared_session.sources.all()))
    ended = run(shared_session, "def transform(spark, all_types):\n    return all_types\n")
    result = written(ended)
    columns = ", ".join(shown(name, str(type_)) for name, type_ in zip(result.columns, result.types, strict=True))
    rows = result.project(columns).fetchall()
    wrong = []
    for number, case in enumerate(CASES, start=1):
        got = [row[number] for row in rows]
        expected = [row[number] for row in copied]
        if case.written is not None:
            expected = [*case.written, *[None] * (len(rows) - len(case.written))]
        if got != expected:
            wrong.append((case.type, got, expected))
        notes = [note for note in reading["notes"] if f"c{number}" in note.split(":")[0].split(", ")]
        if not any(case.note in note for note in notes) if case.note else notes and case.written is None:
            wrong.append((case.type, "notes", notes))
        delivered = ended.manifest["columns"][number]["type"] if ended.manifest else ""
        if not case.type.startswith("every_type.p") and delivered != delivered_type(case.type):
            wrong.append((case.type, delivered, delivered_type(case.type)))
    assert not wrong, "\n".join(map(str, wrong))


RANGES = """
DROP SCHEMA IF EXISTS ranges CASCADE;
CREATE SCHEMA ranges;
CREATE TABLE ranges.dense AS SELECT n AS id, n % 7 AS v FROM generate_series(1, 5000) n;
CREATE TABLE ranges.skewed AS
SELECT CASE WHEN n % 20 = 0 THEN n::bigint * 1000000 ELSE n END AS id, 1.5::numeric(9,2) AS v
FROM generate_series(1, 5000) n;
CREATE TABLE ranges.dated AS
SELECT CASE WHEN n % 9 > 0 THEN date '2020-01-01' + n % 400 END AS "The ""day\"\"", n AS v
FROM generate_series(1, 5000) n;
CREATE TABLE ranges.random AS SELECT md5(n::text)::uuid AS id, 1 AS v FROM generate_series(1, 5000) n;
CREATE TABLE ranges.keyless AS SELECT n AS v, time '10:00' AS at FROM generate_series(1, 5000) n;
ALTER TABLE ranges.dense ADD PRIMARY KEY (id);
CREATE UNIQUE INDEX ON ranges.skewed (id);
CREATE INDEX ON ranges.dated ("The ""day\"\"");
ALTER TABLE ranges.random ADD PRIMARY KEY (id);
VACUUM ANALYZE ranges.dense, ranges.skewed, ranges.dated, ranges.random, ranges.keyless;
"""
COUNTED = """
def transform(spark, dense, skewed, dated, random, keyless):
    def told(number, frame, name):
        parts = frame.groupBy(F.spark_partition_id().alias("part")).agg(F.count("*").alias("n"))
        sizes = parts.agg(F.max("n").alias("largest"), F.count("*").alias("parts"))
        total = frame.agg(F.count("*").alias("rows"), F.sum("v").cast("double").alias("total"))
        return total.crossJoin(sizes).select(F.lit(number).alias("k"), F.lit(name).alias("name"), "*")

    first = told(1, dense, "dense").union(told(2, skewed, "skewed")).union(told(3, dated, "dated"))
    return first.union(told(4, random, "random")).union(told(5, keyless, "keyless"))
"""


def test_every_way_of_cutting_reads_every_row_once_in_parts_of_like_size(
    shared_session: AnalysisSession, connection: DatabaseConnection
) -> None:
    names = ("dense", "skewed", "dated", "random", "keyless")
    with psycopg.connect(os.environ["DATABASE_URL"], dbname="postgres", autocommit=True) as database:
        for statement in filter(str.strip, RANGES.split(";")):
            database.execute(statement)  # type: ignore[call-overload]
        expected = [
            (name, *database.execute(f"SELECT count(*), sum(v)::float FROM ranges.{name}").fetchone())  # type: ignore[misc]
            for name in names
        ]
    connection.max_parallel_reads = 20
    connection.save(update_fields=["max_parallel_reads"])
    pick(shared_session, connection, *(("ranges", name) for name in names))
    for source in shared_session.sources.all():
        options = {"partitions": 4, "row_filter": "v > 100" if source.table == "dated" else ""}
        set_read_options(session=shared_session, source_id=source.pk, by=shared_session.owner, options=options)
    expected[2] = ("dated", 4900, float(sum(range(101, 5001))))
    ended = run(shared_session, COUNTED)
    assert "ctid" in ended.script
    assert "SET TRANSACTION SNAPSHOT" in ended.script
    rows = written(ended).fetchall()
    assert [(name, count, total) for _, name, count, total, _, _ in rows] == expected
    assert [parts for *_, parts in rows] == [4, 4, 4, 4, 4]
    assert all(largest * parts / count <= 1.5 for _, _, count, _, largest, parts in rows[:2] + rows[3:])
