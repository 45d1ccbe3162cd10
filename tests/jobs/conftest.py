"""The four personas of the tests, their session, and a folder that stands for the bucket."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import duckdb
import pytest
from django.contrib.auth.models import User

from catalog.models import AnalysisSession
from jobs.models import CodeVersion, JobRun
from tests.converse.fixtures import converse, converse_server
from tests.jobs.codegen.watching import Witness
from tests.jobs.factories import (
    CodeVersionFactory,
    GroupFactory,
    RunFactory,
    SessionFactory,
    UserFactory,
    manifest_of,
    passed_through,
)
from tests.jobs.repairing import repair_session, start_repairable

StoreResult = Callable[..., JobRun]
__all__ = ["converse", "converse_server", "repair_session", "start_repairable"]


@pytest.fixture
def witness() -> Witness:
    return Witness()


@dataclass(frozen=True)
class People:
    """`owner` has the session, `teammate` shares its group, `staff` and `outsider` do not."""

    owner: User
    teammate: User
    staff: User
    outsider: User


@pytest.fixture
def people(db: None) -> People:
    group = GroupFactory(name="analytics")
    owner = UserFactory(username="analyst")
    teammate = UserFactory(username="teammate")
    for member in (owner, teammate):
        member.groups.add(group)
    return People(owner, teammate, UserFactory(username="staff", is_staff=True), UserFactory(username="outsider"))


@pytest.fixture
def shared_session(people: People) -> AnalysisSession:
    return SessionFactory(owner=people.owner, shared_with=people.owner.groups.get())


@pytest.fixture
def version(shared_session: AnalysisSession) -> CodeVersion:
    return CodeVersionFactory(session=shared_session, number=2)


@pytest.fixture
def bucket(tmp_path: Path, settings: pytest.FixtureRequest) -> Path:
    """An empty folder store, as `connections.object_store` sees it."""
    settings.PGSPARK_S3_BUCKET = "pgspark-demo"  # type: ignore[attr-defined]
    settings.PGSPARK_OBJECT_STORE_DIR = str(tmp_path)  # type: ignore[attr-defined]
    return tmp_path / "pgspark-demo"


@pytest.fixture
def store_result(bucket: Path, version: CodeVersion) -> StoreResult:
    """Writes each SELECT as one part of a succeeded run's result: `store_result(columns, select, select)`."""

    def store(columns: list[tuple[str, str]], *selects: str, limit_reached: bool = False) -> JobRun:
        run = RunFactory.build(code_version=version)
        folder = bucket / "runs" / str(run.uuid) / "output"
        folder.mkdir(parents=True)
        files, rows = [], 0
        with duckdb.connect() as writer:
            for number, select in enumerate(selects):
                part = folder / f"part-{number:05}-example.snappy.parquet"
                writer.execute(f"COPY ({select}) TO '{part}'")
                rows += writer.execute(f"SELECT count(*) FROM '{part}'").fetchone()[0]  # type: ignore[index]
                files.append({"name": part.name, "size": part.stat().st_size})
        manifest = manifest_of(columns, files, rows) | {"limit_reached": limit_reached}
        return RunFactory(uuid=run.uuid, code_version=version, state="SUCCEEDED", manifest=manifest)

    return store


COLUMNS = [("customer_id", "bigint"), ("name", "string"), ("company", "string"), ("total", "decimal(22,2)")]
ROWS = """SELECT * FROM (VALUES
    (20417::BIGINT, 'Greta <script>', NULL, 98214.50::DECIMAL(22,2)),
    (3388, 'Adrien', '', 91870.25),
    (51022, 'Harper', 'Kawa', 74006.10)) AS t(customer_id, name, company, total)"""


@pytest.fixture
def finished(store_result: StoreResult) -> JobRun:
    return passed_through(store_result(COLUMNS, ROWS), ("SUBMITTING", 1), ("RUNNING", 2), ("SUCCEEDED", 9))


@pytest.fixture
def running(version: CodeVersion, bucket: Path) -> JobRun:
    return passed_through(RunFactory(code_version=version, state="RUNNING"), ("SUBMITTING", 1), ("RUNNING", 2))


@pytest.fixture
def failed(version: CodeVersion) -> JobRun:
    failure = {
        "message": "The code names a column that does not exist: totl.",
        "hint": "Compare the name with the columns of the picked tables.",
        "line": 5,
        "evidence": ["Traceback (most recent call last):", "AnalysisException: totl"],
    }
    run = RunFactory(code_version=version, state="FAILED", failure_code="COLUMN_NOT_FOUND", failure=failure)
    return passed_through(run, ("RUNNING", 1), ("FAILED", 4))
