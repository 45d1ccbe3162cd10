"""What a rule is: a pattern over the lines that ended a job, and the error that it names."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

from jobs.execution.triage.passages import Passage
from jobs.execution.triage.place import ends_inside, lines_inside
from jobs.execution.triage.report import FailedJob

_PYTHON_ENDS = re.compile(r"^(?P<kind>[\w.]+)(?:: (?P<message>.*))?$")


@dataclass(frozen=True)
class Symptoms:
    """What rules look at: the passage, and what Python raised in the end (with its module, as Python prints it)."""

    job: FailedJob
    passage: Passage

    @cached_property
    def raised(self) -> tuple[str, str]:
        """Class and message of the last exception of Python; empty where the passage is none of Python's."""
        starts = [n for n, line in enumerate(self.passage.lines) if line.startswith("Traceback (most recent")]
        after = self.passage.lines[starts[-1] + 1 :] if starts else ()
        told = next((found for line in after if (found := _PYTHON_ENDS.match(line))), None)
        return (told["kind"], told["message"] or "") if told else ("", "")

    @cached_property
    def is_own(self) -> bool:
        """Whether the person's own Python raised, and not Spark, the driver or the service on its behalf."""
        kind, _ = self.raised
        return bool(kind) and "." not in kind and ends_inside(self.job, self.passage)


def is_reading(symptoms: Symptoms) -> bool:
    """Whether it happened outside the person's own code: while the platform read a source, or wrote the result."""
    return not lines_inside(symptoms.job, symptoms.passage)


@dataclass(frozen=True, slots=True)
class Rule:
    """The named groups of `pattern` are facts of the error's words; `when` tells apart what the pattern alone cannot.

    `about` names the group that is looked for in the code when no traceback points there.
    """

    code: str
    pattern: re.Pattern[str]
    when: Callable[[Symptoms], bool] | None = None
    about: str = ""


def rule(code: str, pattern: str, *, when: Callable[[Symptoms], bool] | None = None, about: str = "") -> Rule:
    """Patterns see all lines of a passage at once: `^` and `$` are those of a line."""
    return Rule(code, re.compile(pattern, re.MULTILINE), when, about)
