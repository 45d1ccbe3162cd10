"""The test of a connection, step by step, so that a person sees which step fails and what to do about it."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from connections import credentials as secrets
from connections.errors import PortalError
from connections.models import DatabaseConnection
from connections.probe import Passed, Probe

# Key and words of each step, in the order of `Probe.acts`.
STEPS = (
    ("secret", "Secret is readable"),
    ("fields", "Secret is complete"),
    ("host", "Host is allowed"),
    ("dns", "Host name is found"),
    ("tcp", "Server answers"),
    ("tls", "Encryption works"),
    ("login", "Login works"),
    ("databases", "Databases are listed"),
    ("read_only", "User may only read"),
)


@dataclass(frozen=True, slots=True)
class Step:
    """One step of a test; `milliseconds` is None for a step that was not reached."""

    key: str
    name: str
    milliseconds: int | None = None
    note: str = ""
    warning: PortalError | None = None
    error: PortalError | None = None

    @property
    def state(self) -> str:
        """`ok`, `warning`, `failed` or `skipped`."""
        if self.error:
            return "failed"
        if self.milliseconds is None:
            return "skipped"
        return "warning" if self.warning else "ok"

    def as_dict(self) -> dict[str, Any]:
        """`problem` is the error's or the warning's code, message and hint."""
        problem = self.error or self.warning
        facts = {"key": self.key, "name": self.name, "state": self.state, "milliseconds": self.milliseconds}
        return facts | {"note": self.note, "problem": problem.as_dict() if problem else None}


@dataclass(frozen=True, slots=True)
class TestReport:
    """All steps in order, the error of the first that failed, and warnings that did not stop the test."""

    __test__ = False  # not a test class, whatever its name says to pytest

    steps: tuple[Step, ...]

    @property
    def error(self) -> PortalError | None:
        return next((step.error for step in self.steps if step.error), None)

    @property
    def warnings(self) -> list[PortalError]:
        return [step.warning for step in self.steps if step.warning]

    @property
    def passed(self) -> bool:
        return self.error is None

    def as_dict(self) -> dict[str, Any]:
        """The JSON form: passed, steps, and error with code, message, hint (or None). Holds no host, user or secret."""
        error = self.error.as_dict() if self.error else None
        return {"passed": self.passed, "steps": [step.as_dict() for step in self.steps], "error": error}


def run_checks(connection: DatabaseConnection) -> TestReport:
    """Runs the steps until one fails. Past every cache and pool: it says what is true now."""
    secrets.forget(connection)
    probe = Probe(connection)
    done: list[Step] = []
    try:
        for (key, name), act in zip(STEPS, probe.acts(), strict=True):
            done.append(_timed(key, name, act))
            if done[-1].error:
                break
    finally:
        probe.close()
    return TestReport((*done, *(Step(key, name) for key, name in STEPS[len(done) :])))


def _timed(key: str, name: str, act: Callable[[], Passed]) -> Step:
    started = time.perf_counter()
    passed, error = Passed(), None
    try:
        passed = act()
    except PortalError as failure:
        error = failure
    milliseconds = round((time.perf_counter() - started) * 1000)
    return Step(key, name, milliseconds, passed.note, passed.warning, error)
