"""The specification's join scenario (section 10.2) by the API alone, on EMR Serverless; the rows equal SQL's."""

from __future__ import annotations

import csv
import io
import time
from typing import Any

import psycopg
import pytest
import requests

from tests.person import Person
from tests.portal import Portal

pytestmark = pytest.mark.spark

QUESTION = "Join customers and orders and show the top 10 customers by total order amount"
IN_SQL = """
    SELECT c.id, c.name, sum(o.total_amount) FROM public.customers c JOIN public.orders o ON o.customer_id = c.id
    GROUP BY c.id, c.name ORDER BY 3 DESC, 1 LIMIT 10
"""


JOIN = """def transform(spark, customers, targets):
    joined = customers.join(targets, customers.id == targets.customer_id)
    return joined.select(customers.id, customers.name, targets.target)
"""


def sql_rows(portal: Portal, query: str) -> list[tuple[Any, ...]]:
    shop = portal.shop
    with psycopg.connect(
        host=shop.host, port=shop.port, dbname=shop.database, user=shop.user, password=shop.password
    ) as connection:
        return connection.execute(query).fetchall()


class Script:
    """What a program with a token does; every answer is JSON of the envelope."""

    def __init__(self, base: str, token: str) -> None:
        self.base = base
        self.http = requests.Session()
        self.http.trust_env = False
        self.http.headers["Authorization"] = f"Bearer {token}"

    def get(self, path: str, **query: str) -> dict[str, Any]:
        return self._told(self.http.get(self.base + path, params=query, timeout=60))

    def post(self, path: str, body: Any = None) -> dict[str, Any]:
        return self._told(self.http.post(self.base + path, json=body, timeout=60))

    def wait(self, path: str, what: str, seconds: float = 120) -> dict[str, Any]:
        """The version or run at `path`, once it is no longer active."""
        give_up = time.monotonic() + seconds
        while (found := self.get(path)[what])["is_active"]:
            assert time.monotonic() < give_up, f"{path} never ended"
            time.sleep(0.3)
        return dict(found)

    def _told(self, answer: requests.Response) -> dict[str, Any]:
        told: dict[str, Any] = answer.json()
        assert told["success"], told
        return told


@pytest.fixture
def script(portal: Portal) -> Script:
    """With a token that the analyst made on the page."""
    analyst = Person(portal.url, "analyst", portal.accounts["analyst"])
    page = analyst.post("/accounts/tokens/new/", {"name": f"script {time.time_ns()}", "days": "30"}).text
    token = page.partition("pgs_")[2].partition("<")[0]
    return Script(portal.url, f"pgs_{token}")


def test_from_a_token_to_the_rows(portal: Portal, script: Script) -> None:
    shop = portal.shop
    (connection,) = [one for one in script.get("/api/postgres/connections")["connections"] if one["name"] == "demo"]
    assert shop.database in script.get("/api/postgres/demo/databases")["databases"]
    assert "public" in script.get(f"/api/postgres/demo/schemas/{shop.database}")["schemas"]
    tables = script.get(f"/api/postgres/demo/tables/{shop.database}/public", search="o")["tables"]
    picks = [
        {"database": shop.database, "schema": table["schema"], "table": table["name"]}
        for table in tables
        if table["name"] in ("customers", "orders")
    ]

    session = script.post("/api/sessions", {"title": "By the API"})["session"]["id"]
    selection = {"connection_name": connection["name"], "tables": picks}
    selected = script.post(f"/api/sessions/{session}/select-postgres-tables", selection)["selected_tables"]
    assert [table["alias"] for table in selected] == ["customers", "orders"]

    asked = script.post("/api/spark/generate", {"prompt": QUESTION, "session_id": session})["version"]
    version = script.wait(asked["url"], "version")
    assert (version["state"], version["is_runnable"]) == ("READY", True)

    started = script.post("/api/runs", {"session_id": session, "version": version["number"]})["run"]
    run = script.wait(started["url"], "run")
    assert (run["state"], run["target"], run["result"]["rows"]) == ("SUCCEEDED", "emr", 10)

    expected = sql_rows(portal, IN_SQL)
    page = script.get(run["result"]["url"])
    assert page["rows"] == [[number, name, str(total)] for number, name, total in expected]
    downloaded = script.http.get(portal.url + run["result"]["csv_url"], timeout=60).text
    assert list(csv.reader(io.StringIO(downloaded)))[1:] == [[str(cell) for cell in row] for row in expected]
    assert run["id"] in {one["id"] for one in script.get("/api/runs", state="SUCCEEDED")["runs"]}
    log = script.get(f"{run['url']}/logs", stream="stdout")
    assert "pgspark: 10 rows written" in {line["text"] for line in log["lines"]}


def test_an_uploaded_file_joins_a_table(portal: Portal, script: Script) -> None:
    """Scenario 4: PostgreSQL and CSV."""
    content = "customer_id,target\n" + "".join(f"{number},{number * 10}\n" for number in range(1, 6))
    address = f"{portal.url}/api/uploads?name=targets.csv"
    sent = script.http.post(address, content, headers={"Content-Type": "text/csv"}, timeout=60).json()
    place = {"database": portal.shop.database, "schema": "public", "table": "customers"}
    session = script.post("/api/sessions", {})["session"]["id"]
    script.post(f"/api/sessions/{session}/select-postgres-tables", {"connection_name": "demo", "tables": [place]})
    script.post(f"/api/sessions/{session}/select-files", {"files": [{"file": sent["upload"]["file"]}]})

    version = script.post(f"/api/sessions/{session}/code", {"transform": JOIN})["version"]
    assert version["findings"] == []
    started = script.post("/api/runs", {"session_id": session, "version": version["number"]})["run"]
    run = script.wait(started["url"], "run")
    assert (run["state"], run["target"]) == ("SUCCEEDED", "emr"), run["failure"]
    names = dict(sql_rows(portal, "SELECT id, name FROM public.customers WHERE id <= 5"))
    expected = [[number, names[number], number * 10] for number in range(1, 6)]
    assert script.get(run["result"]["url"], sort=run["result"]["columns"][0]["name"])["rows"] == expected


@pytest.mark.parametrize(
    ("path", "code"),
    [
        ("/api/postgres/demo/schemas/nowhere", "DATABASE_NOT_FOUND"),
        ("/api/postgres/nowhere/databases", "NOT_FOUND"),
    ],
)
def test_what_fails_is_told_in_the_envelope(script: Script, path: str, code: str) -> None:
    answer = script.http.get(script.base + path, timeout=60)
    assert (answer.status_code, answer.json()["error"]["code"]) == (404, code)
