"""Submissions and handles for tests of the engine `emr`."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime, timedelta
from typing import Any

from jobs.execution.base import Access, Handle, Submission
from tests.emr import DATABASE

SECRET = "arn:aws:secretsmanager:us-east-1:123456789012:secret:spark/postgres/aurora-prod-AbCdEf"


def submission(access: Access | None = None, **facts: Any) -> Submission:
    """A job that reads PostgreSQL on the VPC application, unless told otherwise."""
    run = facts.pop("run", None) or str(uuid.uuid4())
    place = f"s3://pgspark-test/runs/{run}"
    given: dict[str, Any] = {
        "token": f"run-{run}-1",
        "name": "Top 10 customers",
        "script": "print('the script')\n",
        "timeout": timedelta(minutes=10),
        "script_uri": f"{place}/script.py",
        "output_uri": f"{place}/output/",
        "manifest_uri": f"{place}/manifest.json",
        "log_uri": f"{place}/logs/",
        "access": access or Access(secret_arns=(SECRET,), uses_database=True),
        "application_id": DATABASE,
    }
    return Submission(**{**given, **facts})


def handle(job: Submission, external_id: str, **facts: Any) -> Handle:
    given = {"submitted_at": datetime.now(UTC), "log_uri": job.log_uri, **facts}
    return Handle(job.token, external_id, job.application_id, **given)
