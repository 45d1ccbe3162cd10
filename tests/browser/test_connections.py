"""An administrator manages a connection in a real browser, with and without scripts."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser import steps
from tests.browser.steps import looks, violations
from tests.portal import Portal

pytestmark = pytest.mark.browser

_PRINT_ARN = "from connections.models import DatabaseConnection as C; print(C.objects.get(name='demo').secret_arn)"

SignIn = Callable[..., Page]


@pytest.fixture
def sign_in(browser: Browser, portal: Portal) -> Iterator[SignIn]:
    """Opens the page of connections as the administrator; takes what `new_context` takes."""
    with ExitStack() as opened:

        def page(**options: object) -> Page:
            made = browser.new_context(base_url=portal.url, reduced_motion="reduce", **options)  # type: ignore[arg-type]
            context = opened.enter_context(made)
            page = context.new_page()
            page.set_default_timeout(60_000)
            page.goto("/accounts/login/?next=/connections/")
            steps.sign_in(page, portal, "admin")
            page.wait_for_url("**/connections/")
            return page

        yield page


@pytest.fixture(scope="module")
def arn(portal: Portal) -> str:
    """The secret of the sample shop."""
    return portal.manage("shell", "-c", _PRINT_ARN).output.strip().splitlines()[-1]


@pytest.mark.parametrize("scripts", [True, False])
def test_the_life_of_a_connection(sign_in: SignIn, arn: str, scripts: bool) -> None:
    page = sign_in(java_script_enabled=scripts)
    name = f"second-{scripts}".lower()
    card = page.locator(f"#connection-{name}")
    page.get_by_role("link", name="Add connection").click()
    page.fill("input[name=name]", name)
    page.fill("input[name=secret_arn]", arn)
    page.select_option("select[name=tls_mode]", "prefer")
    page.get_by_role("button", name="Add connection").click()
    expect(card).to_contain_text("Not tested")

    card.get_by_role("button", name="Test").click()
    expect(card).to_contain_text("it may only read", timeout=60_000)
    expect(card).to_contain_text("Works")

    card.get_by_label("More for").click()
    card.get_by_role("button", name="Disable").click()
    expect(card).to_contain_text("disabled")

    card.get_by_label("More for").click()
    card.get_by_role("link", name="Delete").click()
    page.fill("input[name=name]", name)
    page.get_by_role("button", name=f"Delete {name}").click()
    expect(page.locator("#messages")).to_contain_text(f"{name} was deleted")
    expect(card).to_have_count(0)


@looks
def test_the_pages_are_accessible_and_fit(sign_in: SignIn, theme: str, width: int) -> None:
    page = sign_in(color_scheme=theme, viewport={"width": width, "height": 900})
    page.locator("#connection-demo").get_by_role("button", name="Test").click()
    expect(page.locator("#connection-demo")).to_contain_text("Databases are listed", timeout=60_000)
    for path in ("", "/connections/new/", "/connections/demo/edit/", "/connections/demo/delete/"):
        if path:
            page.goto(path)
        assert violations(page) == [], path
        assert page.evaluate("document.documentElement.scrollWidth") <= width, path
