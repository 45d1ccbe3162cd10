"""Steps of the portal in processes of their own, killed for real, on the tests' PostgreSQL and the stand-in for EMR."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

import pytest

from connections.aws import client
from jobs.models import CodeVersion, JobRun
from jobs.states import RunState, Target
from tests.emr import STANDARD, StandIn
from tests.jobs.conftest import bucket, people, shared_session, version
from tests.jobs.factories import RunFactory

__all__ = ["bucket", "people", "shared_session", "version"]


@pytest.fixture
def no_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    """botocore tries again at once: its own patience is not what is tested."""
    monkeypatch.setattr("botocore.endpoint.time.sleep", lambda seconds: None)


@pytest.fixture
def run(transactional_db: None, emr: StandIn, no_waiting: None, version: CodeVersion, bucket: Path) -> JobRun:
    """A run for EMR Serverless that was approved this moment; the client to the service is built already."""
    client("emr-serverless")
    return emr_run(version)


def emr_run(version: CodeVersion, **fields: Any) -> JobRun:
    script = "print('the script')\n"
    return RunFactory(
        code_version=version,
        state=RunState.PENDING,
        target=Target.EMR,
        application_id=STANDARD,
        script=script,
        script_sha256=hashlib.sha256(script.encode()).hexdigest(),
        **fields,
    )
