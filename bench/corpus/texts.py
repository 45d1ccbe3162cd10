"""The corpus as whole texts."""

from __future__ import annotations

from dataclasses import dataclass

from bench.corpus import good_frames, good_joins, good_sql
from bench.corpus.mutations import MUTATIONS, Mutation

_BODIES = good_frames.GOOD | good_joins.GOOD | good_sql.GOOD


@dataclass(frozen=True, slots=True)
class Case:
    """A transform with the aliases of its sources; `what` says what is wrong with a broken one."""

    name: str
    aliases: tuple[str, ...]
    text: str
    what: str = ""


def good() -> list[Case]:
    return [_case(name) for name in _BODIES]


def broken() -> list[Case]:
    """Each is a good one with one thing changed. Raises ValueError for a change that is not exactly one."""
    return [_mutated(mutation) for mutation in MUTATIONS]


def _case(name: str) -> Case:
    sources, body = _BODIES[name]
    aliases = tuple(sources.split(","))
    lines = "".join(f"    {line}\n" for line in body.split("\n"))
    return Case(name, aliases, f"def transform(spark, {', '.join(aliases)}):\n{lines}")


def _mutated(mutation: Mutation) -> Case:
    case = _case(mutation.good)
    if case.text.count(mutation.old) != 1:
        raise ValueError(f"{mutation.good}: {mutation.old!r} is there {case.text.count(mutation.old)} times")
    return Case(case.name, case.aliases, case.text.replace(mutation.old, mutation.new), mutation.what)
