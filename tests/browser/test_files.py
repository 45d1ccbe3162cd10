"""Uploads in a real browser: progress, refusal in place, drag and drop, cancelling, and both themes clean."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import Page, Route, expect

from tests.browser.steps import new_session, violations
from tests.portal import Portal

pytestmark = pytest.mark.browser

SALES = "region;amount\n" + "".join(f"north {number};{number}\n" for number in range(40))
_DROP = """
(form) => {
  const files = new DataTransfer();
  files.items.add(new File(["a,b\\n1,2\\n"], "dropped.csv", { type: "text/csv" }));
  form.dispatchEvent(new DragEvent("dragenter", { bubbles: true, dataTransfer: files }));
  form.dispatchEvent(new DragEvent("drop", { bubbles: true, cancelable: true, dataTransfer: files }));
}
"""

_THEME = """
(theme) => {
  document.documentElement.dataset.bsTheme = theme;
  localStorage.setItem("pgspark-theme", theme);
}
"""


@pytest.fixture(autouse=True)
def file_panel(page: Page, portal: Portal) -> None:
    new_session(page)
    page.click("#tab-csv")
    expect(page.locator("#upload-file")).to_be_visible()


def _file(folder: Path, content: bytes, name: str = "sales.csv") -> str:
    (folder / name).write_bytes(content)
    return str(folder / name)


def test_upload_correct_and_use(page: Page, tmp_path: Path, complaints: list[str]) -> None:
    page.set_input_files("#upload-file", _file(tmp_path, SALES.encode()))

    expect(page.get_by_role("heading", name="sales.csv")).to_be_visible()
    expect(page.get_by_label("Type of amount")).to_have_value("bigint")
    # A choice made while the page still settles is taken away by it.
    page.wait_for_load_state("networkidle")
    page.get_by_label("Values are parted by").select_option(",")
    expect(page.get_by_text("of 40, 1 column")).to_be_visible()
    page.get_by_label("Values are parted by").select_option(";")
    expect(page.get_by_text("of 40, 2 columns")).to_be_visible()
    page.get_by_label("Type of region", exact=True).select_option("date")
    expect(page.get_by_text("40 of 40 values of region")).to_be_visible()
    page.get_by_label("Type of region").select_option("string")
    expect(page.locator(".ps-misfit")).to_have_count(0)
    page.get_by_role("button", name="Use this file").click()

    expect(page.locator(".ps-chip-table", has_text="sales.csv")).to_be_visible()
    assert complaints == []


def test_a_refusal_stands_beside_the_form(page: Page, tmp_path: Path) -> None:
    page.set_input_files("#upload-file", _file(tmp_path, b"\x89PNG\r\n\x1a\n" + b"\0" * 1000, "cat.csv"))

    expect(page.get_by_role("alert").get_by_text("cat.csv is a PNG picture")).to_be_visible()
    expect(page.locator("[data-upload-progress]")).to_be_hidden()
    page.set_input_files("#upload-file", _file(tmp_path, SALES.encode()))
    expect(page.get_by_role("heading", name="sales.csv")).to_be_visible()


def test_a_dropped_file_is_uploaded(page: Page, complaints: list[str]) -> None:
    page.locator("#upload-form").evaluate(_DROP)

    expect(page.get_by_role("heading", name="dropped.csv")).to_be_visible()
    assert complaints == []


def test_a_file_over_the_limit_is_not_sent(page: Page, tmp_path: Path) -> None:
    sent: list[str] = []
    page.on("request", lambda request: sent.append(request.url) if request.method == "POST" else None)
    page.locator("#upload-form").evaluate("(form) => { form.dataset.maxBytes = '10'; }")

    page.set_input_files("#upload-file", _file(tmp_path, SALES.encode()))

    expect(page.get_by_text("The file is larger than")).to_be_visible()
    assert [url for url in sent if "upload" in url] == []


def test_an_upload_can_be_cancelled(page: Page, tmp_path: Path) -> None:
    held: list[Route] = []
    page.route("**/files/upload/", lambda route: held.append(route))
    page.set_input_files("#upload-file", _file(tmp_path, SALES.encode()))
    expect(page.locator("[data-upload-progress]")).to_be_visible()

    page.get_by_role("button", name="Cancel").click()

    expect(page.locator("[data-upload-progress]")).to_be_hidden()
    expect(page.get_by_role("button", name="Upload", exact=True)).to_be_visible()
    page.unroute("**/files/upload/")


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_the_panels_and_the_page_are_accessible(page: Page, tmp_path: Path, theme: str) -> None:
    page.evaluate(_THEME, theme)
    page.get_by_role("link", name="pgspark-demo/samples/").click()
    expect(page.get_by_role("checkbox", name="Pick marketing_costs.csv")).to_be_visible()
    assert violations(page) == []
    page.click("#tab-glue")
    expect(page.get_by_role("checkbox", name="Pick web_events")).to_be_visible()
    assert violations(page) == []
    page.click("#tab-csv")
    page.set_input_files("#upload-file", _file(tmp_path, (SALES + "short\n").encode()))
    expect(page.get_by_role("heading", name="sales.csv")).to_be_visible()
    assert violations(page) == []


def test_the_panel_fits_a_phone(page: Page) -> None:
    page.set_viewport_size({"width": 360, "height": 780})
    page.evaluate("location.hash = 'rail'")

    expect(page.locator("#upload-form")).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
