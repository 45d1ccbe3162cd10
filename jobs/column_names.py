"""The names under which a table's columns are read: Spark does not tell upper from lower case, PostgreSQL does."""

from __future__ import annotations

from collections.abc import Iterable


def read_names(columns: Iterable[str]) -> list[str]:
    """One name for each column, in order, that differs from those before it in more than case: Name, name_2."""
    names: list[str] = []
    taken = set[str]()
    for column in columns:
        name, number = column, 1
        while name.lower() in taken:
            number += 1
            name = f"{column}_{number}"
        taken.add(name.lower())
        names.append(name)
    return names
