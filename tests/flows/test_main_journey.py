"""The main journey through the pages, without JavaScript: sign in, pick, ask, run, see, download; rows equal SQL's."""

from __future__ import annotations

import csv
import io
import re
import time
from html import unescape

import psycopg
import pytest

from tests.person import Person
from tests.portal import Portal
from tests.sessions import pick

pytestmark = pytest.mark.spark

QUESTION = "Join customers and orders and show the top 10 customers by total order amount"
IN_SQL = """
    SELECT c.id, c.name, sum(o.total_amount) FROM public.customers c JOIN public.orders o ON o.customer_id = c.id
    GROUP BY c.id, c.name ORDER BY 3 DESC, 1 LIMIT 10
"""


@pytest.fixture
def analyst(portal: Portal) -> Person:
    return Person(portal.url, "analyst", portal.accounts["analyst"])


def wait_for(analyst: Person, path: str, word: str, seconds: float = 120) -> str:
    """The page, once it holds the word."""
    give_up = time.monotonic() + seconds
    while word not in (page := analyst.get(path).text):
        assert time.monotonic() < give_up, f"{word} never came"
        time.sleep(0.3)
    return page


def rows_of(page: str) -> list[list[str]]:
    """The cells of the result's table, as shown."""
    body = re.search(r"<tbody>(.*?)</tbody>", page, re.S)
    assert body, "the page shows no table"
    found = []
    for row in re.findall(r"<tr.*?</tr>", body[1], re.S):
        cells = [unescape(re.sub(r"<[^>]+>", "", cell)).strip() for cell in re.findall(r"<td.*?</td>", row, re.S)]
        found.append(cells)
    return found


def test_from_sign_in_to_download(portal: Portal, analyst: Person) -> None:
    session = analyst.path_of(analyst.post("/sessions/new/"))
    pick(analyst, portal, session, "customers", "orders")
    assert "customers" in analyst.get(session).text

    asked = analyst.post(f"{session}generate/", {"prompt": QUESTION})
    page = wait_for(analyst, analyst.path_of(asked), "def transform(spark, customers, orders):")
    assert "customers.id" in page

    run = analyst.start_run(session)
    wait_for(analyst, f"{run}live/", 'data-run-state="SUCCEEDED"')
    answer = analyst.get(f"{run}result.csv")
    with psycopg.connect(portal_shop(portal)) as shop:
        expected = [[str(cell) for cell in row] for row in shop.execute(IN_SQL).fetchall()]
    header, *downloaded = csv.reader(io.StringIO(answer.text))
    assert downloaded == expected
    assert len(header) == 3
    shown = [[cell.replace("\u202f", "") for cell in row][-3:] for row in rows_of(analyst.get(f"{run}results/").text)]
    assert shown == expected
    assert "EMR Serverless" in analyst.get(run).text
    assert QUESTION in analyst.get("/runs/").text


def test_a_selection_survives_and_each_table_can_be_removed(portal: Portal, analyst: Person) -> None:
    session = analyst.path_of(analyst.post("/sessions/new/"))
    pick(analyst, portal, session, "customers", "orders", "products")
    elsewhere = Person(portal.url, "analyst", portal.accounts["analyst"])
    page = elsewhere.get(session).text
    removals = re.findall(rf'action="({session}sources/\d+/remove/)"', page)
    assert len(removals) == 3
    elsewhere.post(removals[1])
    assert len(re.findall(rf'action="({session}sources/\d+/remove/)"', analyst.get(session).text)) == 2


def test_a_question_that_cannot_be_told_is_asked_back(portal: Portal, analyst: Person) -> None:
    session = analyst.path_of(analyst.post("/sessions/new/"))
    pick(analyst, portal, session, "customers", "orders")
    asked = analyst.post(f"{session}generate/", {"prompt": "total sadness per mood"})
    page = wait_for(analyst, analyst.path_of(asked), "?", seconds=20)
    assert "sadness" in page
    assert "total sadness per mood" in page


@pytest.mark.parametrize(("prompt", "word"), [("", "The question is empty"), ("x" * 100_000, "at most")])
def test_a_bad_question_is_refused_in_words_and_kept(portal: Portal, analyst: Person, prompt: str, word: str) -> None:
    session = analyst.path_of(analyst.post("/sessions/new/"))
    pick(analyst, portal, session, "customers")
    token = analyst.http.cookies["csrftoken"]
    answer = analyst.http.post(
        f"{analyst.base}{session}generate/", data={"prompt": prompt, "csrfmiddlewaretoken": token}, timeout=60
    )
    assert answer.status_code == 400
    assert word in answer.text
    assert prompt in answer.text


def test_strangers_find_nothing(portal: Portal, analyst: Person) -> None:
    session = analyst.path_of(analyst.post("/sessions/new/"))
    outsider = Person(portal.url, "outsider", portal.accounts["outsider"])
    assert outsider.http.get(outsider.base + session, timeout=30).status_code == 404
    assert "demo" not in outsider.get("/connections/").text.replace("demonstration", "")


def portal_shop(portal: Portal) -> str:
    shop = portal.shop
    return f"host={shop.host} port={shop.port} dbname={shop.database} user={shop.user} password={shop.password}"
