"""The main journey in a real browser, and what only a browser shows: scripts, policy, focus, themes."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.browser.steps import looks, new_session, pick, violations
from tests.portal import Portal

pytestmark = [pytest.mark.browser, pytest.mark.spark]

QUESTION = "Join customers and orders and show the top 10 customers by total order amount"
SPARK_MS = 120_000


def test_the_journey(page: Page, portal: Portal, complaints: list[str]) -> None:
    new_session(page)
    pick(page, portal, "customers", "orders")
    page.fill("textarea[name=prompt]", QUESTION)
    page.get_by_role("button", name="Generate").click()
    expect(page.locator("#code-panel")).to_contain_text("Ready")
    page.reload()
    expect(page.locator("#sources")).to_contain_text("orders")
    expect(page.locator("#code-panel")).to_contain_text("def transform")
    page.get_by_role("button", name="Run", exact=False).last.click()
    page.wait_for_url("**/runs/**")
    page.reload()  # in the middle of the run
    expect(page.locator("#run-header")).to_have_attribute("data-run-state", "SUCCEEDED", timeout=SPARK_MS)
    expect(page.locator("table tbody tr")).to_have_count(10)
    with page.expect_download() as download:
        page.get_by_role("link", name="Download CSV").first.click()
    assert Path(download.value.path()).read_text().count("\n") == 11
    assert complaints == []


def test_an_edit_that_is_not_allowed_is_marked_and_not_run(page: Page, portal: Portal) -> None:
    new_session(page)
    pick(page, portal, "customers")
    page.fill("textarea[name=prompt]", "List customers")
    page.get_by_role("button", name="Generate").click()
    editor = page.locator(".cm-content")
    expect(editor).to_contain_text("def transform")
    editor.click()
    page.keyboard.press("Control+End")
    page.keyboard.type("\nimport os\n")
    page.get_by_role("button", name="Run", exact=False).last.click()
    expect(page.locator("#run-bar")).to_contain_text("blocking")
    assert "/runs/" not in page.url


@looks
def test_pages_are_accessible_and_fit(page: Page, theme: str, width: int) -> None:
    page.emulate_media(color_scheme=theme)  # type: ignore[arg-type]
    page.set_viewport_size({"width": width, "height": 900})
    for path in ("/", "/runs/", "/connections/", "/sessions/"):
        page.goto(path)
        page.wait_for_load_state("networkidle")
        assert violations(page) == [], path
        assert page.evaluate("document.documentElement.scrollWidth") <= width, path
