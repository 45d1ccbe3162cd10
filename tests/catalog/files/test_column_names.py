"""Every column gets a name of its own, and a person is told which ones changed."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from catalog.files.column_names import unique_names


def test_names_that_are_fine_stay() -> None:
    assert unique_names(["id", "Größe", "total amount"]) == (["id", "Größe", "total amount"], [])


def test_blank_and_double_names() -> None:
    names, notes = unique_names(["a", "A", "", "a_2", "a", " "])

    assert names == ["a", "A_3", "column_3", "a_2", "a_4", "column_6"]
    assert len(notes) == 4
    assert "Column 3 has no name" in notes[1]


def test_a_line_end_inside_a_name_becomes_a_blank() -> None:
    assert unique_names(["first\nname"]) == (["first name"], [])


@given(st.lists(st.text(max_size=6), min_size=1, max_size=30))
def test_no_name_is_blank_or_twice_whatever_the_case(raw: list[str]) -> None:
    names, _ = unique_names(raw)

    assert len(names) == len(raw)
    assert all(name.strip() for name in names)
    assert len({name.lower() for name in names}) == len(names)
