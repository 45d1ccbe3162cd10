"""One session reads PostgreSQL, Glue tables and files of every format together; the limit is told exactly."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import duckdb
import psycopg
import pytest

import catalog.glue_operations
from catalog.models import AnalysisSession, SelectedSource
from connections.aws import client
from connections.models import DatabaseConnection
from jobs import operations
from jobs.models import JobRun
from tests.connections.factories import make_connection
from tests.jobs.conftest import People
from tests.jobs.running import finish
from tests.jobs.script.test_reading_postgres import pick, written

pytestmark = [pytest.mark.spark, pytest.mark.django_db(transaction=True)]

LAKE = "example-lake"
PARQUET = "org.apache.hadoop.hive.ql.io.parquet.serde.ParquetHiveSerDe"
OPEN_CSV = "org.apache.hadoop.hive.serde2.OpenCSVSerde"
PLACES = {"2024-01-01": "events/day=2024-01-01", "2024-01-02": "moved elsewhere"}


@pytest.fixture
def store(settings: Any, tmp_path: Path) -> Path:
    """A folder of buckets: the portal's own is made by the engine, the lake's is here."""
    settings.PGSPARK_OBJECT_STORE_DIR = str(tmp_path)
    settings.PGSPARK_GLUE_ENABLED = True
    settings.PGSPARK_S3_SOURCES = [f"s3://{LAKE}/"]
    (tmp_path / LAKE).mkdir()
    return tmp_path


@pytest.fixture
def connection(aws: str, people: People) -> DatabaseConnection:
    made = make_connection("mixed")
    made.groups.add(people.owner.groups.get())
    return made


def columns(*pairs: tuple[str, str]) -> list[dict[str, str]]:
    return [{"Name": name, "Type": type_} for name, type_ in pairs]


def make_glue_tables(store: Path) -> None:
    """`sales.events`, Parquet with one partition outside the table's folder; `sales.countries`, CSV with a header."""
    lake = store / LAKE
    for place in PLACES.values():
        (lake / place).mkdir(parents=True)
        duckdb.sql(
            f"COPY (SELECT n AS customer_id, (n % 5)::DECIMAL(9,2) AS amount FROM range(1, 101) t(n)) "
            f"TO '{lake / place}/part.parquet'"
        )
    (lake / "countries").mkdir()
    (lake / "countries" / "all.csv").write_text('code,"full name"\nUS,"United, States"\nPL,Polska\n', encoding="utf-8")
    glue = client("glue")
    glue.create_database(DatabaseInput={"Name": "sales"})
    events = {
        "Columns": columns(("customer_id", "bigint"), ("amount", "decimal(9,2)")),
        "Location": f"s3://{LAKE}/events",
    }
    serde = {"SerdeInfo": {"SerializationLibrary": PARQUET}}
    glue.create_table(
        DatabaseName="sales",
        TableInput={"Name": "events", "StorageDescriptor": events | serde, "PartitionKeys": columns(("day", "date"))},
    )
    for day, place in PLACES.items():
        glue.create_partition(
            DatabaseName="sales",
            TableName="events",
            PartitionInput={
                "Values": [day],
                "StorageDescriptor": events | serde | {"Location": f"s3://{LAKE}/{place}"},
            },
        )
    countries = {
        "Columns": columns(("code", "string"), ("name", "string")),
        "Location": f"s3a://{LAKE}/countries/",
        "SerdeInfo": {"SerializationLibrary": OPEN_CSV, "Parameters": {"separatorChar": ","}},
    }
    glue.create_table(
        DatabaseName="sales",
        TableInput={
            "Name": "countries",
            "StorageDescriptor": countries,
            "Parameters": {"skip.header.line.count": "1"},
        },
    )


def make_files(store: Path, session: AnalysisSession) -> None:
    lake = store / LAKE
    text = "id;Größe in €;note\n1;1,5;ä\n2;;'x;y'\n3;nichts;''\n"
    (lake / "odd [1]{a}.csv").write_text(text, encoding="windows-1252")
    (lake / "wide.csv").write_text('id\tnote\n1\t"two\nlines"\n', encoding="utf-16")
    (lake / "lines").mkdir()
    (lake / "lines" / "a.json").write_text('{"id": 1, "tags": ["x"]}\n{"id": 2}\n')
    (lake / "parts").mkdir()
    duckdb.sql(f"COPY (SELECT 7 AS id) TO '{lake}/parts/a.parquet'")

    def add(alias: str, key: str, pairs: list[tuple[str, str]], dialect: dict[str, Any]) -> None:
        SelectedSource.objects.create(
            session=session,
            kind="CSV",
            alias=alias,
            uri=f"s3://{LAKE}/{key}",
            table=key.rstrip("/"),
            columns=[{"name": name, "type": type_, "nullable": True} for name, type_ in pairs],
            read_options=dialect,
        )

    csv = {"format": "csv", "header": True}
    odd = csv | {"encoding": "windows-1252", "delimiter": ";", "quote": "'", "escape": "", "null_value": "nichts"}
    add("odd", "odd [1]{a}.csv", [("id", "int"), ("Größe in €", "string"), ("note", "string")], odd)
    wide = csv | {"encoding": "UTF-16", "delimiter": "\t", "multiline": True}
    add("wide", "wide.csv", [("id", "int"), ("note", "string")], wide)
    add("lines", "lines/", [("id", "bigint"), ("tags", "array<string>")], {"format": "json"})
    add("parts", "parts/", [("id", "int")], {"format": "parquet"})


TRANSFORM = """
def transform(spark, customers, events, countries, odd, wide, lines, parts):
    spent = events.groupBy("customer_id").agg(F.sum("amount").alias("spent"), F.countDistinct("day").alias("days"))
    joined = customers.join(spent, customers.id == spent.customer_id)
    joined = joined.join(countries, joined.country == countries.code)
    totals = joined.groupBy("name").agg(F.sum("spent").alias("spent"), F.max("days").alias("days"))
    told = totals.select(F.concat_ws("|", "name", "spent", "days").alias("text"))
    for frame in (odd, wide, lines, parts):
        shown = [F.coalesce(frame["`" + name + "`"].cast("string"), F.lit("NULL")) for name in frame.columns]
        told = told.union(frame.select(F.concat_ws("|", *shown)))
    return told.orderBy("text").select(F.monotonically_increasing_id().alias("k"), "text")
"""


def run(session: AnalysisSession, row_limit: int) -> JobRun:
    version = operations.save_edit(session=session, transform=TRANSFORM, by=session.owner)
    ended = finish(operations.start_run(version=version, by=session.owner, row_limit=row_limit))
    assert ended.state == "SUCCEEDED", ended.failure
    return ended


def test_sources_of_all_kinds_in_one_session(
    shared_session: AnalysisSession, connection: DatabaseConnection, store: Path
) -> None:
    with psycopg.connect(os.environ["DATABASE_URL"], dbname="postgres", autocommit=True) as database:
        database.execute("DROP SCHEMA IF EXISTS mixed CASCADE; CREATE SCHEMA mixed")
        database.execute(
            "CREATE TABLE mixed.customers AS SELECT n AS id, "
            "CASE WHEN n % 2 = 0 THEN 'US' ELSE 'PL' END::char(3) AS country FROM generate_series(1, 50) n"
        )
    make_glue_tables(store)
    pick(shared_session, connection, ("mixed", "customers"))
    catalog.glue_operations.add_tables(
        session=shared_session, user=shared_session.owner, database="sales", names=["events", "countries"]
    )
    make_files(store, shared_session)
    expected = [
        "1|1,5|ä",
        "1|[x]",
        "1|two\nlines",
        "2|NULL",
        "2|NULL|x;y",
        "3|NULL|",
        "7",
        *(
            f"{name}|{2 * sum(n % 5 for n in numbers)}.00|2"
            for name, numbers in (("Polska", range(1, 51, 2)), ("United, States", range(2, 51, 2)))
        ),
    ]
    ended = run(shared_session, len(expected))
    assert sorted(text for _, text in written(ended).fetchall()) == sorted(expected)
    assert ended.manifest
    assert (ended.manifest["rows"], ended.manifest["limit_reached"]) == (len(expected), False)
    assert ended.access["glue_tables"] == ["sales.countries", "sales.events"]
    assert ended.events.first().note.startswith("PostgreSQL, Glue and files picked")  # type: ignore[union-attr]
    cut = run(shared_session, len(expected) - 1)
    assert cut.manifest
    assert (cut.manifest["rows"], cut.manifest["limit_reached"]) == (len(expected) - 1, True)
