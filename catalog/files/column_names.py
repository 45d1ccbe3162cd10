"""Names for the columns of a file: none blank, none twice. Spark knows no case here, so Name and name are the same."""

from __future__ import annotations

from collections.abc import Sequence


def unique_names(raw: Sequence[str]) -> tuple[list[str], list[str]]:
    """The names, and a sentence for each that had to change."""
    names: list[str] = []
    notes: list[str] = []
    taken: set[str] = set()
    given = {" ".join(name.split()).lower() for name in raw}
    for place, before in enumerate(raw, 1):
        plain = " ".join(before.split())
        name = _free(plain or f"column_{place}", taken, given, is_given=bool(plain))
        taken.add(name.lower())
        names.append(name)
        if not plain:
            notes.append(f"Column {place} has no name in the file; it is called {name}.")
        elif name != plain:
            notes.append(f"The name {plain} stands more than once; column {place} is called {name}.")
    return names, notes


def _free(name: str, taken: set[str], given: set[str], *, is_given: bool) -> str:
    """`name`, else with a number that is neither taken nor the name of another column."""
    if name.lower() not in taken and (is_given or name.lower() not in given):
        return name
    number = 2
    while f"{name}_{number}".lower() in taken | given:
        number += 1
    return f"{name}_{number}"
