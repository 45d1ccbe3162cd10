"""Ways from one picked table to the others along foreign keys, and whether they multiply rows."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace

from jobs.codegen.base import GenerationRequest, Join
from jobs.codegen.builtin.lexicon import Lexicon
from jobs.codegen.builtin.plan import JoinStep
from jobs.codegen.builtin.reading import Ask


@dataclass(frozen=True, slots=True)
class Paths:
    """The foreign keys between the picked tables, walked in both directions."""

    request: GenerationRequest
    lexicon: Lexicon

    def steps(self, alias: str) -> list[JoinStep]:
        """Every join that leads away from `alias`, many-to-one ones first."""
        ahead = [self._step(join) for join in self.request.joins if join.alias == alias]
        back = [self._reversed(join) for join in self.request.joins if join.target_alias == alias]
        return [step for step in ahead + back if step.right != alias]

    def likely_steps(self, alias: str) -> list[JoinStep]:
        """Joins away from `alias` that no foreign key vouches for: by names and types, to a column that is a key."""
        found = []
        for likely in self.request.likely_joins:
            join, why = likely.join, likely.why
            if not self._is_unique(join.target_alias, join.target_columns):
                continue
            if join.alias == alias:
                found.append(replace(self._step(join), why=why))
            elif join.target_alias == alias:
                found.append(replace(self._reversed(join), why=why))
        return found

    def _is_unique(self, alias: str, columns: tuple[str, ...]) -> bool:
        infos = [info for info in self.lexicon.sources[alias].columns if info.name in columns]
        keys = [info.name for info in self.lexicon.sources[alias].columns if info.is_primary_key]
        if not keys and len(infos) == 1 and infos[0].name.lower() == "id":
            return True
        return any(info.is_unique for info in infos) or (bool(keys) and set(keys) <= set(columns))

    def _step(self, join: Join) -> JoinStep:
        return JoinStep(join.alias, join.columns, join.target_alias, join.target_columns, fans_out=False)

    def _reversed(self, join: Join) -> JoinStep:
        one_to_one = self._is_unique(join.alias, join.columns)
        return JoinStep(join.target_alias, join.target_columns, join.alias, join.columns, fans_out=not one_to_one)

    def reach(self, base: str) -> dict[str, list[tuple[JoinStep, ...]]]:
        """For every table that can be reached from `base`: its shortest ways, usually one.

        Foreign keys come first; a likely join is taken only to where no foreign key leads.
        """
        ways: dict[str, list[tuple[JoinStep, ...]]] = {base: [()]}
        self._walk(ways, self.steps)
        self._walk(ways, lambda alias: [*self.steps(alias), *self.likely_steps(alias)])
        return ways

    @staticmethod
    def _walk(ways: dict[str, list[tuple[JoinStep, ...]]], steps: Callable[[str], list[JoinStep]]) -> None:
        edge = list(ways)
        while edge:
            found: dict[str, list[tuple[JoinStep, ...]]] = {}
            for alias in edge:
                for step in steps(alias):
                    if step.right not in ways:
                        found.setdefault(step.right, []).extend((*way, step) for way in ways[alias][:2])
            ways |= found
            edge = list(found)

    def joins(self, base: str, needed: Iterable[str]) -> tuple[JoinStep, ...]:
        """The joins from `base` to all `needed`. Asks when there is no way, or more than one equally short."""
        ways = self.reach(base)
        chosen: dict[str, JoinStep] = {}
        for alias in sorted(set(needed), key=list(self.lexicon.sources).index):
            found = ways.get(alias)
            if not found:
                raise Ask(
                    f"No foreign key leads from {base} to {alias} and no column names do, so the rules cannot join "
                    "them. "
                    "Pick the table between them, or write the join in the code."
                )
            if len(found) > 1:
                raise Ask(_which_way(base, alias, found))
            for step in found[0]:
                chosen.setdefault(step.right, step)
        return tuple(sorted(chosen.values(), key=lambda step: len(ways[step.right][0])))

    def distance(self, base: str, alias: str) -> int | None:
        """The number of joins to `alias` when none of them multiplies rows, else None."""
        for way in self.reach(base).get(alias, ()):
            if not any(step.fans_out for step in way):
                return len(way)
        return None


def condition_text(step: JoinStep) -> str:
    pairs = zip(step.left_columns, step.right_columns, strict=True)
    return " and ".join(f"{step.left}.{left} = {step.right}.{right}" for left, right in pairs)


def _which_way(base: str, alias: str, ways: list[tuple[JoinStep, ...]]) -> str:
    spelled = [" and ".join(condition_text(step) for step in way) for way in ways[:3]]
    return (
        f"{base} and {alias} can be joined in several ways: {'; or '.join(spelled)}. "
        "The rules cannot tell which is meant; write the join in the code."
    )
