"""The drawing of a plan: arrows lead down to the result, nothing lies on anything, and large plans stay small."""

from __future__ import annotations

from itertools import combinations
from typing import Any

import pytest

from jobs.explanation.drawing import GAP_X, LANE, PAD_X, Drawing, PlacedBox
from jobs.explanation.explain import explain
from jobs.explanation.folding import MOST_BOXES, MOST_LANES
from jobs.explanation.wrapping import width, wrap
from tests.jobs.explanation.facts import (
    SOURCES,
    TOP,
    bushy,
    chain_of_joins,
    column,
    join,
    older,
    rehearsal,
    scan,
    step,
    union_of,
)

LONG = "x" * 700
WIDE = rehearsal(
    [
        step(0, "source", LONG),
        step(1, "filter", *[f"a_very_long_column_name_{n} = '{LONG}'" for n in range(8)], inputs=(0,)),
    ],
    schema=[column(LONG) for _ in range(500)],
)
HOSTILE = rehearsal(
    [
        step(3, "union", inputs=(3, 4, 9)),
        step(4, "filter", "a", inputs=(3, 3)),
        step(4, "filter", "b", inputs=(4,)),
        step(5, "inner join", "c", inputs=(3, 4, -1), join=99),
        step(6, "source", "orders", inputs=(5,), scan=-1),
        step(7, "source"),
    ],
    scans=[scan("orders", "id")],
    joins=[join()],
)
PLANS = {
    "top": TOP,
    "older": older(TOP),
    "joins": chain_of_joins(5),
    "many joins": chain_of_joins(60),
    "union": union_of(120),
    "bushy": bushy(6),
    "long texts": WIDE,
    "out of shape": HOSTILE,
    "cut off": union_of(3) | {"steps": union_of(3)["steps"][:3], "steps_left_out": 9},
}


def drawn(stored: dict[str, Any]) -> Drawing:
    found = explain(stored, SOURCES)
    assert found is not None
    return found.drawing


def titles(drawing: Drawing) -> list[str]:
    return [placed.box.title for placed in drawing.boxes]


@pytest.fixture(params=PLANS.values(), ids=PLANS.keys())
def drawing(request: pytest.FixtureRequest) -> Drawing:
    return drawn(request.param)


def _overlap(one: PlacedBox, other: PlacedBox) -> bool:
    beside = one.x + one.width <= other.x or other.x + other.width <= one.x
    above = one.y + one.height <= other.y or other.y + other.height <= one.y
    return not beside and not above


def test_no_box_lies_on_another_and_all_are_inside(drawing: Drawing) -> None:
    assert [pair for pair in combinations(drawing.boxes, 2) if _overlap(*pair)] == []
    assert all(placed.x >= 0 and placed.x + placed.width <= drawing.width for placed in drawing.boxes)
    assert all(placed.y >= 0 and placed.y + placed.height <= drawing.height for placed in drawing.boxes)


def test_text_stays_inside_of_its_box(drawing: Drawing) -> None:
    for placed in drawing.boxes:
        for text in placed.texts:
            assert text.x + width(text.text, text.face) <= placed.width - PAD_X + 0.1
            assert 0 < text.y < placed.height


def test_every_box_leads_down_to_the_result(drawing: Drawing) -> None:
    by_id = {placed.box.id: placed for placed in drawing.boxes}
    feeds = [(by_id[child], placed) for placed in drawing.boxes for child in placed.box.inputs]

    assert all(child.y + child.height < placed.y for child, placed in feeds)
    assert len(drawing.arrows) == len(feeds) == len(drawing.boxes) - 1
    assert max(drawing.boxes, key=lambda placed: placed.y).box.is_result


def test_a_drawing_is_bounded(drawing: Drawing) -> None:
    assert len(drawing.boxes) <= MOST_BOXES
    assert drawing.width <= MOST_LANES * (LANE + GAP_X)


def test_a_chain_of_joins_takes_two_lanes() -> None:
    assert drawn(chain_of_joins(5)).width <= 2 * (LANE + GAP_X)


def test_what_is_folded_says_what_it_holds() -> None:
    (folded,) = [one for one in drawn(chain_of_joins(60)).boxes if one.box.steps > 1]

    assert folded.box.title.endswith(" steps")
    assert "warnings in these steps." in folded.box.lines[-1].text
    assert sum(one.box.steps for one in drawn(chain_of_joins(60)).boxes) == 60 * 2 + 2
    assert "118 steps" in titles(drawn(union_of(120)))


def test_steps_that_were_not_stored_stand_before_the_result() -> None:
    boxes = {placed.box.title: placed.box for placed in drawn(PLANS["cut off"]).boxes}

    assert boxes["Result"].inputs == (boxes["9 more steps"].id,)
    assert len(boxes["9 more steps"].inputs) == 3


def test_arrows_that_carry_too_many_rows_are_marked() -> None:
    marks = [arrow.is_warning for arrow in drawn(TOP).arrows]
    fans_out = drawn(chain_of_joins(1)).arrows

    assert marks.count(True) == 1  # from orders to the condition that PostgreSQL does not apply
    assert [arrow.is_warning for arrow in fans_out].count(True) == 1  # from the join to the result


def test_text_breaks_at_spaces_then_inside_of_names_then_anywhere() -> None:
    assert wrap("orders.customer_id = customers.id", "code", 150, 3) == ["orders.customer_id =", "customers.id"]
    assert wrap("a_very_long_column_name_of_orders", "code", 120, 3) == ["a_very_long_", "column_name_of_", "orders"]
    assert wrap("x" * 40, "code", 70, 2) == ["x" * 10, "x" * 9 + "…"]
    assert wrap("", "code", 70, 2) == []


def test_characters_that_would_turn_the_text_around_are_left_out() -> None:
    assert wrap("a\u202eb\x00c\nd", "note", 200, 2) == ["a b c d"]


def test_wide_letters_take_twice_the_room() -> None:
    assert width("顧客", "code") == width("abcd", "code")
