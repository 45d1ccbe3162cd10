"""Jobs of the engine `lambda` in tests: where their objects are, and what becomes of them."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from jobs.execution import lambda_state
from jobs.execution.base import Handle, Observation, Submission
from jobs.execution.lambda_spark import LambdaSpark
from tests.jobs.execution.submissions import handle
from tests.lambda_service import LONG, PATIENCE, LambdaStandIn
from tests.stand_in import wait_for

engine = LambdaSpark()
VISITS = "s3://landing/visits.csv"


def path_of(folder: Path, uri: str) -> Path:
    return folder / uri.removeprefix("s3://")


def state_path(folder: Path, job: Submission, name: str) -> Path:
    return path_of(folder, lambda_state.state_uri(job.log_uri, job.token)) / name


def look(job: Submission, **facts: Any) -> Observation:
    known: Handle = handle(job, job.token, **facts)
    return engine.observe([known])[job.token]


def begun(stand_in: LambdaStandIn, folder: Path, job: Submission) -> None:
    """The job runs, and would for longer than any test."""
    stand_in.fault("function", seconds=LONG)
    engine.submit(job)
    wait_for(lambda: state_path(folder, job, "stdout").exists(), PATIENCE)


def silence(folder: Path, job: Submission) -> None:
    """What the function wrote last, it wrote long ago."""
    for path in state_path(folder, job, "").iterdir():
        os.utime(path, (0, path.stat().st_mtime - 3600))
