"""The name of a picked table in the code: a Python identifier that shadows nothing and stands once in a session."""

from __future__ import annotations

import builtins
import keyword
import re
import unicodedata
from collections.abc import Collection

from connections.errors import PortalError

MAX_LENGTH = 63

# What the platform puts into the scope of `transform`, in any case: Spark's view names know no case.
_OF_THE_PLATFORM = {"spark", "f", "t", "window", "transform"}
_RESERVED = _OF_THE_PLATFORM | {name.lower() for name in (*dir(builtins), *keyword.kwlist, *keyword.softkwlist)}
_VALID = re.compile(r"[A-Za-z][A-Za-z0-9_]*")


def derive(table: str, schema: str, taken: Collection[str]) -> str:
    """A name for `table` that is valid and not among `taken`: its own, else with its schema, else with a number."""
    used = {name.lower() for name in taken}
    own = _identifier(table)
    candidates = [own, _fit(f"{_identifier(schema)}_{own}", "")]
    candidates += [_fit(own, f"_{number}") for number in range(2, len(used) + 3)]
    return next(name for name in candidates if name.lower() not in used)


def check(alias: str, taken: Collection[str]) -> str:
    """The alias a person chose, stripped. Raises ALIAS_INVALID or ALIAS_TAKEN."""
    alias = alias.strip()
    if not _VALID.fullmatch(alias) or alias.lower() in _RESERVED or len(alias) > MAX_LENGTH:
        raise PortalError("ALIAS_INVALID", alias=alias)
    if alias.lower() in {name.lower() for name in taken}:
        raise PortalError("ALIAS_TAKEN", alias=alias)
    return alias


def _identifier(name: str) -> str:
    """`name` in ASCII snake case: OrderItems and "order items" are order_items, 2024 is t_2024, list is list_table."""
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode()
    snake = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", plain).lower()
    word = re.sub(r"[^a-z0-9]+", "_", snake).strip("_") or "table"
    if not word[0].isalpha():
        word = f"t_{word}"
    return _fit(word, "_table" if word in _RESERVED else "")


def _fit(word: str, ending: str) -> str:
    return word[: MAX_LENGTH - len(ending)] + ending
