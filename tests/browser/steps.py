"""What browser tests do again and again: sign in, open a session, choose a place, pick tables, look for violations."""

from __future__ import annotations

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from tests.portal import Portal

# A choice replaces lists that may still be on their way; a click on what is replaced would be lost.
_AT_REST = """
() => !document.querySelector(".htmx-request, .htmx-swapping, .htmx-settling, .htmx-added, .ps-table-waiting")
"""

# Each theme and each width once: what a theme breaks it breaks at either width, and the other way round.
looks = pytest.mark.parametrize(("theme", "width"), [("light", 1440), ("dark", 390)])


def sign_in(page: Page, portal: Portal, name: str = "analyst") -> None:
    """Through the form that the page shows to strangers."""
    page.fill("input[name=login]", name)
    page.fill("input[name=password]", portal.accounts[name])
    page.press("input[name=password]", "Enter")


def new_session(page: Page) -> None:
    page.goto("/sessions/")
    page.get_by_role("button", name="New").first.click()
    page.wait_for_url("**/sessions/*-*/")


def at_rest(page: Page) -> None:
    """Waits until nothing on the page is on its way."""
    page.wait_for_function(_AT_REST)


def choose_shop(page: Page, portal: Portal) -> None:
    """The schema `public` of the sample shop, its tables shown; a new session opens where the last one was."""
    page.select_option("#pick-connection", "demo")
    for level, name in (("database", portal.shop.database), ("schema", "public")):
        at_rest(page)
        page.select_option(f"select[name={level}]", name)
    at_rest(page)


def pick(page: Page, portal: Portal, *tables: str) -> None:
    """Tables of the sample shop, each seen among the picked sources."""
    choose_shop(page, portal)
    for table in tables:
        page.get_by_role("checkbox", name=f"Pick {table}", exact=True).click()
        expect(page.locator("#sources")).to_contain_text(table)


def violations(page: Page) -> list[tuple[str, list[str]]]:
    """The rules of accessibility that the page breaks, each with the elements that do."""
    found = Axe().run(page).response["violations"]
    return [(rule["id"], [node["html"][:160] for node in rule["nodes"]]) for rule in found]
