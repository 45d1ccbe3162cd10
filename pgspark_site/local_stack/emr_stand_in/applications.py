"""An application of the stand-in: it starts when a job needs it or somebody asks, and stops when nobody does."""

from __future__ import annotations

import time
from dataclasses import dataclass, field

from pgspark_site.local_stack.emr_stand_in.jobs import Pace


@dataclass(slots=True)
class Application:
    """`most_at_once` is the service's `maxConcurrentRuns`."""

    id: str
    name: str
    most_at_once: int = 15
    state: str = "CREATED"
    created_at: float = field(default_factory=time.time)
    entered_at: float = field(default_factory=time.time)
    starts: int = 0

    def start(self) -> None:
        if self.state in ("CREATED", "STOPPED"):
            self.starts += 1
            self.enter("STARTING")

    def enter(self, state: str) -> None:
        self.state, self.entered_at = state, time.time()

    def advance(self, pace: Pace, *, is_needed: bool) -> None:
        waited = time.time() - self.entered_at
        if self.state == "STARTING" and waited >= pace.application_start:
            self.enter("STARTED")
        elif self.state == "STARTED" and is_needed:
            self.entered_at = time.time()
        elif self.state == "STARTED" and waited >= pace.application_idle:
            self.enter("STOPPED")
        elif is_needed:
            self.start()
