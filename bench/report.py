"""How every benchmark ends: its figures in words, then one JSON object, exit code 1 when a target was missed."""

from __future__ import annotations

import json
import statistics
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from time import perf_counter


@dataclass
class Report:
    """Figures by name; `at_most` and `at_least` also check one against its target."""

    bench: str
    figures: dict[str, float] = field(default_factory=dict)
    missed: list[str] = field(default_factory=list)

    def note(self, name: str, value: float) -> None:
        self.figures[name] = round(value, 3)
        print(f"  {name:<44}{value:>10.3f}")

    def at_most(self, name: str, value: float, target: float) -> None:
        self._check(name, value, f"at most {target:g}", met=value <= target)

    def at_least(self, name: str, value: float, target: float) -> None:
        self._check(name, value, f"at least {target:g}", met=value >= target)

    def _check(self, name: str, value: float, target: str, *, met: bool) -> None:
        self.figures[name] = round(value, 3)
        if not met:
            self.missed.append(name)
        print(f"  {name:<44}{value:>10.3f}   {target}: {'met' if met else 'MISSED'}")

    def end(self) -> int:
        print(json.dumps({"bench": self.bench, "figures": self.figures, "missed": self.missed}), flush=True)
        return 1 if self.missed else 0


def seconds_of(act: Callable[[], object]) -> float:
    began = perf_counter()
    act()
    return perf_counter() - began


def median(values: Sequence[float]) -> float:
    return statistics.median(values)
