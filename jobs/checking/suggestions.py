"""The nearest known name to one that is not known."""

from __future__ import annotations

import difflib
from collections.abc import Iterable


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """A sentence that suggests the nearest name, or nothing."""
    by_case = {candidate.lower(): candidate for candidate in sorted(known, reverse=True)}
    near = difflib.get_close_matches(name.lower(), by_case, n=1, cutoff=0.7)
    return f"Did you mean {by_case[near[0]]}?" if near else ""
