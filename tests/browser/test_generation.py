"""A model that writes, in a real browser: code that grows, repairs, Cancel that stops the bill, changes as a diff."""

from __future__ import annotations

import time
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, ViewportSize, expect

from tests.browser.steps import new_session, pick, sign_in, violations
from tests.converse import ConverseServer, called
from tests.portal import Portal

pytestmark = pytest.mark.browser

WAIT_MS = 30_000
GOOD = (
    "def transform(spark, orders):\n"
    '    """Orders that were not cancelled."""\n'
    '    placed = orders.where(F.col("status") != "cancelled")\n'
    "    return placed.limit(10)\n"
)
BLOCKED = f"import os\n\n\n{GOOD}"
CHANGED = GOOD.replace("limit(10)", "limit(20)")


@pytest.fixture(scope="module")
def page(browser: Browser, portal_with_model: Portal) -> Iterator[Page]:
    """The workspace of the analyst with one picked table and a question."""
    size: ViewportSize = {"width": 1440, "height": 900}
    context = browser.new_context(base_url=portal_with_model.url, viewport=size, reduced_motion="reduce")
    opened = context.new_page()
    opened.set_default_timeout(WAIT_MS)
    opened.goto("/")
    sign_in(opened, portal_with_model)
    opened.wait_for_url("**/sessions/**")
    new_session(opened)
    pick(opened, portal_with_model, "orders")
    opened.fill("textarea[name=prompt]", "Orders that were not cancelled")
    yield opened
    context.close()


def panel_says(page: Page, text: str) -> None:
    expect(page.locator("#code-panel")).to_contain_text(text, timeout=WAIT_MS)


def is_accessible(page: Page, theme: str) -> None:
    page.evaluate(f"document.documentElement.dataset.bsTheme = '{theme}'")
    assert violations(page) == []
    for width in (390, 1440):
        page.set_viewport_size({"width": width, "height": 900})
        assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_code_grows_is_repaired_and_changed(page: Page, model: ConverseServer) -> None:
    model.script(called(BLOCKED), called(GOOD, piece_seconds=0.15))
    page.get_by_role("button", name="Generate").click()
    panel_says(page, "Repair 1 of 3")
    panel_says(page, "being written")
    is_accessible(page, "dark")
    panel_says(page, "Ready")
    panel_says(page, "1 blocking finding")
    expect(page.locator("#notes")).to_contain_text("2 calls of a model")
    is_accessible(page, "light")

    model.script(called(CHANGED))
    page.fill("#change", "twenty of them")
    page.press("#change", "Enter")
    panel_says(page, "1 line added, 1 removed")
    expect(page.locator("#run-bar")).to_contain_text("Accept or reject the change first.")
    is_accessible(page, "dark")
    page.get_by_role("button", name="Accept").click()
    expect(page.locator(".cm-content")).to_contain_text("limit(20)")

    page.get_by_text("What the model sees").click()
    expect(page.locator("#model-sees")).to_contain_text("You write one PySpark function")
    is_accessible(page, "light")


def test_cancel_closes_the_line(page: Page, model: ConverseServer) -> None:
    model.script(called(endless=True, piece_seconds=0.05))
    page.get_by_role("button", name="Generate").click()
    panel_says(page, "being written")
    page.locator("#cancel-generation").click()
    give_up = time.monotonic() + WAIT_MS / 1000
    while not model.hung_up:
        assert time.monotonic() < give_up, "the line was not closed"
        time.sleep(0.02)
    panel_says(page, "Cancelled")
    panel_says(page, "Open version")
    assert len(model.requests) == 1


def test_what_models_cost_is_on_a_page(page: Page) -> None:
    page.goto("/usage/")
    expect(page.locator("main")).to_contain_text("alpha-1")
    is_accessible(page, "dark")
