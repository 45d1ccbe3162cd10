"""A Chromium, and a page in it that is signed in to the portal and whose complaints are kept."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, ConsoleMessage, Page, ViewportSize, expect, sync_playwright

from tests.browser.steps import sign_in
from tests.portal import Portal

# A machine that runs Spark beside the browser answers slowly; what is shown is the question, not when.
expect.set_options(timeout=30_000)


@pytest.fixture(scope="package")
def browser(chromium: Path) -> Iterator[Browser]:
    """Closed before other tests run here: while it is open Django takes this process for an asynchronous one."""
    with sync_playwright() as playwright:
        # Chromium's own sandbox cannot be had as root; the pages are ours.
        launched = playwright.chromium.launch(executable_path=str(chromium), args=["--no-sandbox", "--disable-gpu"])
        yield launched
        launched.close()


@pytest.fixture
def complaints() -> list[str]:
    """What the browser's console complained about; a broken policy shows here."""
    return []


@pytest.fixture
def page(browser: Browser, portal: Portal, complaints: list[str]) -> Iterator[Page]:
    """A page of the analyst, signed in through the form."""
    size: ViewportSize = {"width": 1440, "height": 900}
    context = browser.new_context(base_url=portal.url, viewport=size, reduced_motion="reduce")
    opened = context.new_page()
    opened.set_default_timeout(60_000)
    opened.on("console", lambda message: _keep(message, complaints))
    opened.on("pageerror", lambda error: complaints.append(str(error)))
    opened.goto("/")
    sign_in(opened, portal)
    opened.wait_for_url("**/sessions/**")
    yield opened
    context.close()


def _keep(message: ConsoleMessage, complaints: list[str]) -> None:
    # htmx reports a request that a newer one replaced; the page meant that.
    replaced = message.text.startswith(("htmx:sendAbort", "htmx:afterRequest"))
    if message.type == "error" and not replaced:
        complaints.append(message.text)
