"""Names of the result's columns: plain, unique without regard to case, and close to what they hold."""

from __future__ import annotations

import re

from jobs.codegen.builtin.plan import Column, Function
from jobs.codegen.builtin.resolve import Figure

_UNUSABLE = re.compile(r"[^0-9A-Za-z_]+")
_PREFIX = {
    Function.SUM: "total",
    Function.AVERAGE: "average",
    Function.MIN: "min",
    Function.MAX: "max",
    Function.MEDIAN: "median",
}


def usable(name: str) -> str:
    """A name that needs no quotes in Python, SQL or a file's header."""
    plain = _UNUSABLE.sub("_", name).strip("_")
    if not plain:
        return "column"
    return f"n{plain}" if plain[0].isdigit() else plain


def singular(table: str) -> str:
    """The name of one row of a table, as far as English spelling tells."""
    if table.endswith(("ss", "us", "is")) or not table.endswith("s") or len(table) < 4:
        return table
    if table.endswith("ies"):
        return table[:-3] + "y"
    return table[:-2] if table.endswith(("sses", "shes", "ches", "xes", "uses")) else table[:-1]


class Names:
    """Hands out each name once."""

    def __init__(self) -> None:
        self._taken: set[str] = set()

    def claim(self, *wishes: str) -> str:
        """The first wish that is free, else the last one with a number."""
        for wish in wishes:
            if wish.lower() not in self._taken:
                return self._keep(wish)
        number = 2
        while f"{wishes[-1]}_{number}".lower() in self._taken:
            number += 1
        return self._keep(f"{wishes[-1]}_{number}")

    def _keep(self, name: str) -> str:
        self._taken.add(name.lower())
        return name

    def of_column(self, column: Column) -> str:
        name = usable(column.name)
        table = usable(column.alias)
        return self.claim(name, f"{singular(table)}_{name}", f"{table}_{name}")

    def of_key(self, column: Column) -> str:
        """`customer_id` for customers.id: a bare "id" says little beside other tables."""
        name, one = usable(column.name), singular(usable(column.alias))
        return self.claim(name if name.lower().startswith(one.lower()) else f"{one}_{name}")

    def of_figure(self, figure: Figure) -> str:
        one = singular(usable(figure.alias))
        if figure.part:
            said = usable("_".join(str(value) for value in figure.part[0].values)).lower()
            kind = "ratio" if figure.function is Function.RATIO else "share" if figure.whole == 1 else "percentage"
            return self.claim(f"{said}_{kind}", f"{said}_{one}_{kind}")
        if figure.times is not None:
            return self.claim("revenue", f"{one}_revenue")
        if figure.column is None:
            return self.claim(f"{one}_count")
        name = usable(figure.column.name)
        if figure.function is Function.COUNT_DISTINCT:
            return self.claim(f"{name}_count", f"{one}_{name}_count")
        prefix = _PREFIX[figure.function]
        full = name if name.lower().startswith(prefix) else f"{prefix}_{name}"
        return self.claim(full, f"{prefix}_{one}_{name}")
