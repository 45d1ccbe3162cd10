"""Which line of the person's code a failure points at."""

from __future__ import annotations

import re

from jobs.execution.triage.passages import Passage
from jobs.execution.triage.report import FailedJob

# Python's frames, and the place in the script that newer Sparks tell with their own errors.
_FRAME = re.compile(r'File "[^"]*script\.py", line (\d+)|^[^"\s]*script\.py:(\d+)', re.MULTILINE)
# The piece of SQL that Spark underlines.
_FRAGMENT = re.compile(r"^== SQL.*? ==\n(?P<sql>.+?)\n[-\s]*\^\^\^", re.MULTILINE | re.DOTALL)


def line_of(job: FailedJob, passage: Passage, name: str = "") -> int | None:
    """The innermost line of the transform in the passage, else where the code first says what the error is about.

    `name` is a column or function that the error names. Counts from 1; None when nothing points into the code.
    """
    inside = lines_inside(job, passage)
    if inside:
        return inside[-1]
    return _line_with_fragment(job, passage) or _line_with_name(job, name)


def lines_inside(job: FailedJob, passage: Passage) -> list[int]:
    """The lines of the transform that the passage's frames are at, the innermost last."""
    numbers = [int(script or spark) for script, spark in _FRAME.findall(passage.text)]
    inside = [number - job.transform_first + 1 for number in numbers]
    return [line for line in inside if 1 <= line <= job.transform.count("\n") + 1]


def ends_inside(job: FailedJob, passage: Passage) -> bool:
    """Whether the innermost frame of all, libraries' too, is one of the transform: its own code raised."""
    frames = [line for line in passage.lines if line.startswith("  File ")]
    if not frames or passage.lines[-1].startswith("  File "):
        return False
    return bool(lines_inside(job, Passage((frames[-1],))))


def _line_with_fragment(job: FailedJob, passage: Passage) -> int | None:
    found = _FRAGMENT.search(passage.text)
    fragment = found["sql"].strip() if found else ""
    return _first_line(job, re.escape(fragment.splitlines()[0].strip())) if fragment else None


def _line_with_name(job: FailedJob, name: str) -> int | None:
    last = name.strip("`\"'").rpartition(".")[2].strip("`\"'")
    return _first_line(job, rf"(?<!\w){re.escape(last)}(?!\w)") if last else None


def _first_line(job: FailedJob, pattern: str) -> int | None:
    """Past the line of `def`, which names sources only."""
    lines = enumerate(job.transform.splitlines(), 1)
    return next((number for number, text in lines if number > 1 and re.search(pattern, text)), None)
