from __future__ import annotations

from pgspark_site.local_stack.table import as_table


def test_numbers_stand_to_the_right_and_null_is_empty() -> None:
    text = as_table(["name", "total"], [["Ada", "12.50"], [None, "3"]])

    assert text.splitlines() == ["name  total", "----  -----", "Ada   12.50", "          3"]
