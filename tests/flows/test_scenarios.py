"""The specification's integration scenarios (section 10.2) on EMR Serverless; results equal SQL's.

The service is a stand-in that runs the very scripts on Spark.

The second, a join, is the main journey's (`test_main_journey.py`); the fifth's failures while picking are in
`tests/jobs/test_run_job.py`.
"""

from __future__ import annotations

import csv
import io
from pathlib import Path

import psycopg
import pytest

from tests.flows.test_main_journey import portal_shop, wait_for
from tests.person import Person
from tests.portal import Portal
from tests.sessions import ready_session

pytestmark = pytest.mark.spark


@pytest.fixture
def analyst(portal: Portal) -> Person:
    return Person(portal.url, "analyst", portal.accounts["analyst"])


def rows(portal: Portal, query: str) -> list[tuple[object, ...]]:
    with psycopg.connect(portal_shop(portal)) as shop:
        return shop.execute(query).fetchall()  # type: ignore[call-overload,no-any-return]


WHOLE = "def transform(spark, orders):\n    return orders.select('id', 'status', 'total_amount')\n"
SAME_IN_SQL = "SELECT id, status, total_amount FROM public.orders WHERE total_amount > 100 ORDER BY id"


def test_one_large_table_read_in_parts_as_a_person_wants(portal: Portal, analyst: Person) -> None:
    """Scenario 1. What is read in parts, with a filter, is every row once."""
    session = ready_session(analyst, portal, WHOLE, "orders")
    page = analyst.get(session).text
    reading = page.split('/reading/"')[0].rpartition('"')[2] + "/reading/"
    analyst.post(reading, {"partition_column": "id", "partitions": "4", "row_filter": "total_amount > 100"})
    assert "4 ranges of id" in analyst.get(session).text
    run = analyst.start_run(session)
    wait_for(analyst, f"{run}live/", 'data-run-state="SUCCEEDED"')
    _, *found = csv.reader(io.StringIO(analyst.get(f"{run}result.csv").text))
    got = sorted((int(number), status, amount) for number, status, amount in found)
    assert got == [(number, status, str(amount)) for number, status, amount in rows(portal, SAME_IN_SQL)]


MIXED = """
def transform(spark, customers, web_events, regions):
    visits = web_events.groupBy("customer_id").agg(F.count("*").alias("visits"))
    known = customers.join(visits, customers.id == visits.customer_id).join(regions, "country")
    return known.groupBy("region").agg(F.sum("visits").alias("visits")).orderBy("region")
"""


def test_postgresql_glue_and_a_file_in_one_question(portal: Portal, tmp_path: Path) -> None:
    """Scenarios 3 and 4: a join across PostgreSQL, a Glue table and an uploaded CSV."""
    countries = [
        str(country) for (country,) in rows(portal, "SELECT DISTINCT country FROM public.customers ORDER BY 1")
    ]
    region_of = {country: f"Region {number % 3}" for number, country in enumerate(countries)}
    upload = tmp_path / "regions.csv"
    upload.write_text("country;region\n" + "".join(f"{country};{name}\n" for country, name in region_of.items()))
    transform = tmp_path / "transform.py"
    transform.write_text(MIXED)
    place = ["--connection", "demo", "--table", f"{portal.shop.database}.public.customers"]
    other = ["--glue", "analytics.web_events", "--csv", str(upload), "--transform", str(transform)]
    answer = portal.run_job("--user", "analyst", *place, *other)
    assert (answer["state"], answer["target"]) == ("SUCCEEDED", "emr"), answer["failure"]
    country_of = dict(rows(portal, "SELECT id, country FROM public.customers"))
    expected: dict[str, int] = {}
    for number in range(1, 1201):
        country = country_of.get(number * 7919 % 500 + 1)
        if country is not None:
            region = region_of[str(country)]
            expected[region] = expected.get(region, 0) + 1
    assert answer["rows"] == [[region, str(expected[region])] for region in sorted(expected)]


ROTATE = """
import json
from django.contrib.auth.models import Group
from connections.aws import client
from connections.models import DatabaseConnection
secrets = client("secretsmanager")
known = json.loads(secrets.get_secret_value(SecretId="spark/postgres/demo")["SecretString"])
change = {change!r}
name = "spark/postgres/later-broken"
try:
    arn = secrets.create_secret(Name=name, SecretString=json.dumps(known))["ARN"]
    made = DatabaseConnection.objects.create(name="later-broken", secret_arn=arn, tls_mode="disable")
    made.groups.add(Group.objects.get(name="analytics"))
except secrets.exceptions.ResourceExistsException:
    secrets.put_secret_value(SecretId=name, SecretString=json.dumps(known | change))
"""


def test_a_connection_that_fails_when_the_job_reads_is_explained(portal: Portal, analyst: Person) -> None:
    """Scenario 5: a password that was changed after picking; the words name the remedy and no secret."""
    portal.manage("shell", "-c", ROTATE.format(change={}))
    session = analyst.path_of(analyst.post("/sessions/new/"))
    place = [("connection", "later-broken"), ("database", portal.shop.database), ("schema", "public")]
    analyst.post(f"{session}picker/", place)
    analyst.post(f"{session}picker/selection/", [*place, ("shown", "orders"), ("table", "orders")])
    analyst.post(f"{session}code/", {"transform": "def transform(spark, orders):\n    return orders\n"})
    portal.manage("shell", "-c", ROTATE.format(change={"password": "not-the-password"}))
    run = analyst.start_run(session)
    wait_for(analyst, f"{run}live/", 'data-run-state="FAILED"')
    page = analyst.get(run).text
    assert "RUN_AUTHENTICATION_FAILED" in page
    assert "not-the-password" not in page
    assert portal.shop.password not in analyst.get(f"{run}logs/").text
