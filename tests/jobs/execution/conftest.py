from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from jobs.execution.base import Access, Submission
from tests.jobs.execution.lambda_jobs import VISITS, path_of
from tests.jobs.execution.submissions import submission
from tests.lambda_service import LambdaStandIn


@pytest.fixture
def no_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    """botocore tries again at once: its own patience is not what is tested."""
    monkeypatch.setattr("botocore.endpoint.time.sleep", lambda seconds: None)


@pytest.fixture
def folder(tmp_path: Path, settings: Any) -> Path:
    """Stands for S3."""
    settings.PGSPARK_OBJECT_STORE_DIR = str(tmp_path)
    return tmp_path


@pytest.fixture(name="job")
def lambda_job(lambda_stand_in: LambdaStandIn, folder: Path) -> Submission:
    made = submission(Access(inputs=(VISITS,)), application_id="")
    path_of(folder, made.script_uri).parent.mkdir(parents=True)
    path_of(folder, made.script_uri).write_text(made.script)
    return made
