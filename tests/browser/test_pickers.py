"""The pickers when the answers and the person's next choice cross: what was chosen last is what shows."""

from __future__ import annotations

from contextlib import suppress

import pytest
from playwright.sync_api import Error, Page, Route, expect

from tests.browser.steps import choose_shop, new_session, violations
from tests.portal import Portal

pytestmark = pytest.mark.browser

# Chooses in a select in the very moment in which it appears, before a timer could run.
_CHOOSE_AT_ONCE = """
new MutationObserver(() => {
  for (const select of document.querySelectorAll("select[name=schema]:not([data-chosen])")) {
    if (![...select.options].some((option) => option.value === "public")) continue;
    select.dataset.chosen = "";
    select.value = "public";
    select.dispatchEvent(new Event("change", { bubbles: true }));
  }
}).observe(document, { childList: true, subtree: true });
"""


def test_a_choice_in_the_moment_in_which_the_select_appears_counts(page: Page, portal: Portal) -> None:
    page.add_init_script(_CHOOSE_AT_ONCE)
    new_session(page)

    page.select_option("select[name=database]", portal.shop.database)

    expect(page.get_by_role("checkbox", name="Pick orders", exact=True)).to_be_visible()


def test_a_choice_wins_over_a_level_that_was_still_loading(page: Page, portal: Portal) -> None:
    """The schemas of the first choice come while the second choice is on its way."""
    held: dict[str, Route] = {}

    def hold(route: Route) -> None:
        if route.request.method in held:
            route.continue_()
        else:
            held[route.request.method] = route

    new_session(page)
    page.route("**/picker/schemas/**", hold)
    page.select_option("select[name=database]", "postgres")
    expect(page.locator("#picker-schemas")).to_contain_text("Reading schemas")
    page.route("**/picker/", hold)

    page.select_option("select[name=database]", portal.shop.database)
    page.wait_for_timeout(200)
    _answer(held["GET"])
    page.wait_for_timeout(500)
    held["POST"].continue_()

    expect(page.locator("select[name=schema]")).to_contain_text("analytics")


def test_picks_that_follow_each_other_at_once_all_show(page: Page, portal: Portal) -> None:
    """The first pick's answer comes after the second was clicked."""
    new_session(page)
    choose_shop(page, portal)
    boxes = [page.get_by_role("checkbox", name=f"Pick {name}", exact=True) for name in ("customers", "orders")]
    expect(boxes[0]).to_be_visible()
    held: list[Route] = []
    page.route("**/picker/pick/", lambda route: route.continue_() if held else held.append(route))

    with page.expect_request("**/picker/pick/"):
        boxes[0].click(no_wait_after=True)
    boxes[1].click(no_wait_after=True)
    page.wait_for_timeout(500)
    held[0].continue_()

    for name in ("customers", "orders"):
        expect(page.locator("#sources")).to_contain_text(name)
        expect(page.get_by_role("checkbox", name=f"Pick {name}", exact=True)).to_be_checked()


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_search_and_preview_are_accessible(page: Page, portal: Portal, complaints: list[str], theme: str) -> None:
    page.emulate_media(color_scheme=theme)  # type: ignore[arg-type]
    new_session(page)
    choose_shop(page, portal)
    page.fill("#table-search", "amount")
    expect(page.locator("#table-search-wide")).to_contain_text("analytics")
    row = page.locator(".ps-row", has_text="orders").first
    row.hover()
    assert violations(page) == []

    row.get_by_role("link", name="Look at the table").click()
    page.get_by_role("link", name="Show 5 rows").click()
    expect(page.get_by_role("region", name="Sample rows")).to_be_visible()
    expect(page.locator("#table-statistics")).to_contain_text("total_amount")
    assert violations(page) == []
    page.keyboard.press("Escape")
    expect(page.locator("#table-preview")).not_to_be_visible()
    assert complaints == []


def _answer(route: Route) -> None:
    """Lets the request go on, unless the page has given it up."""
    with suppress(Error):
        route.continue_()
