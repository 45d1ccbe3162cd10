"""A watch that remembers everything, and can stop a generator."""

from __future__ import annotations

from dataclasses import dataclass, field

from jobs.codegen.base import Call, Outcome, Stopped


@dataclass
class Witness:
    calls: list[Call] = field(default_factory=list)
    outcomes: list[Outcome] = field(default_factory=list)
    written: list[str] = field(default_factory=list)
    steps: list[str] = field(default_factory=list)
    ticks: int = 0
    stop_after_ticks: int | None = None

    def begin(self, call: Call) -> None:
        self.calls.append(call)

    def end(self, outcome: Outcome) -> None:
        self.outcomes.append(outcome)

    def tick(self, written: str | None = None) -> None:
        self.ticks += 1
        if written is not None:
            self.written.append(written)
        if self.stop_after_ticks is not None and self.ticks >= self.stop_after_ticks:
            raise Stopped

    def step(self, name: str) -> None:
        self.steps.append(name)
