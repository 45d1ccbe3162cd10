"""Files through the pages, without a script: upload, correct, pick beside Glue and S3, run; rows equal the file's."""

from __future__ import annotations

import csv
import io
import re
from html import unescape

import pytest

from tests.flows.test_main_journey import wait_for
from tests.person import Person
from tests.portal import Portal

pytestmark = pytest.mark.spark

# Latin-1, semicolons, decimal commas in quotes, a line end inside a value, a short row and a code with leading zeros.
SALES = (
    "code;Größe;note;day\n"
    '00123;5;"zwei\nZeilen";2024-05-01\n'
    '00456;7;"ein ""Zitat""; mit Semikolon";2024-05-02\n'
    "00789;9\n"
).encode("latin-1")
MIXED = """
def transform(spark, web_events, marketing_costs, sales):
    orders = web_events.where(F.col("event_type") == "order").agg(F.count("*").alias("orders"))
    costs = marketing_costs.agg(F.sum("clicks").alias("clicks"))
    return sales.crossJoin(orders).crossJoin(costs).orderBy("code")
"""
AS_TEXT = """
def transform(spark, sales):
    return sales.orderBy("code")
"""


@pytest.fixture
def analyst(portal: Portal) -> Person:
    return Person(portal.url, "analyst", portal.accounts["analyst"])


def upload(person: Person, session: str, content: bytes, name: str = "sales.csv") -> str:
    """The page of the file, as the plain form leads to it."""
    answer = person.http.post(
        f"{person.base}{session}files/upload/",
        data={"csrfmiddlewaretoken": person.http.cookies["csrftoken"]},
        files={"file": (name, content, "text/csv")},
        timeout=60,
    )
    answer.raise_for_status()
    return answer.text


def form_of(page: str) -> list[tuple[str, str]]:
    """What the page's form would send as it stands."""
    form = re.search(r'<form id="file-reading".*?</form>', page, re.S)
    assert form, "the page has no form"
    fields = []
    for tag in re.findall(r"<input[^>]*>|<select.*?</select>", form[0], re.S):
        name = re.search(r'name="([^"]+)"', tag)
        if not name or name[1] == "csrfmiddlewaretoken" or ('type="checkbox"' in tag and " checked" not in tag):
            continue
        chosen = re.search(r'<option(?: value="([^"]*)")? selected>(.*?)</option>', tag, re.S)
        plain = re.search(r'value="([^"]*)"', tag)
        value = (chosen[1] if chosen[1] is not None else chosen[2]) if chosen else plain[1] if plain else ""
        fields.append((name[1], unescape(value)))
    return fields


def rows_of_run(analyst: Person, session: str, transform: str) -> list[list[str]]:
    page = analyst.get(session).text
    version = re.search(r'name="version"[^>]*value="(\d+)"', page)
    fields = {"transform": transform, **({"version": version[1]} if version else {})}
    run = analyst.path_of(analyst.post(f"{session}run/", fields))
    wait_for(analyst, f"{run}live/", 'data-run-state="SUCCEEDED"')
    return list(csv.reader(io.StringIO(analyst.get(f"{run}result.csv").text)))[1:]


def test_an_upload_is_read_as_it_was_shown_beside_glue_and_s3(portal: Portal, analyst: Person) -> None:
    session = analyst.path_of(analyst.post("/sessions/new/"))
    page = upload(analyst, session, SALES)
    assert "windows-1252" in page
    assert "line 5 has 2" in page
    analyst.post(f"{session}files/use/", form_of(page))
    glue = {"database": "analytics", "name": "web_events", "pick": "1"}
    analyst.post(f"{session}picker/glue/pick/", glue)
    costs = {"file": "s3://pgspark-demo/samples/marketing_costs.csv", "pick": "1"}
    analyst.post(f"{session}picker/files/pick/", costs)

    rows = rows_of_run(analyst, session, MIXED)

    clicks = sum((month * 1327 * place) % 9000 + 40 for month in range(1, 13) for place in range(1, 5))
    orders = sum(n * 31 % 6 == 5 for n in range(1, 1201))
    assert [row[-2:] for row in rows] == [[str(orders), str(clicks)]] * 3
    assert [row[:-2] for row in rows] == [
        ["00123", "5", "zwei\nZeilen", "2024-05-01"],
        ["00456", "7", 'ein "Zitat"; mit Semikolon', "2024-05-02"],
        ["00789", "9", "", ""],
    ]


def test_a_file_deleted_after_picking_fails_the_run_in_words(portal: Portal, analyst: Person) -> None:
    session = analyst.path_of(analyst.post("/sessions/new/"))
    page = upload(analyst, session, SALES)
    analyst.post(f"{session}files/use/", form_of(page))
    reference = dict(form_of(page))["file"]
    analyst.post(f"{session}files/delete/", {"file": reference})

    answer = analyst.http.post(
        f"{analyst.base}{session}run/",
        data={"transform": AS_TEXT, "csrfmiddlewaretoken": analyst.http.cookies["csrftoken"]},
        timeout=60,
    )

    assert answer.status_code == 409
    assert "sales.csv was deleted after it was picked" in unescape(answer.text)


def test_strangers_find_no_upload(portal: Portal, analyst: Person) -> None:
    session = analyst.path_of(analyst.post("/sessions/new/"))
    reference = dict(form_of(upload(analyst, session, SALES)))["file"]
    teammate = Person(portal.url, "teammate", portal.accounts["teammate"])
    own = teammate.path_of(teammate.post("/sessions/new/"))

    assert teammate.http.get(f"{teammate.base}{own}files/?file={reference}", timeout=30).status_code == 404
    assert teammate.http.get(f"{teammate.base}{session}files/?file={reference}", timeout=30).status_code == 404
