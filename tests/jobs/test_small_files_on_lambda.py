"""Small files on Spark on Lambda: that they are sent there, with which time limit, and that the very script runs."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from catalog.models import AnalysisSession
from connections.aws import forget_clients
from jobs import operations, results
from jobs.models import CodeVersion
from jobs.states import RunState, Target
from pgspark_site.local_stack.lambda_stand_in.__main__ import make_server
from tests.emr import offer_emr
from tests.jobs.conftest import People
from tests.jobs.factories import CodeVersionFactory, RunFactory
from tests.jobs.running import finish
from tests.lambda_service import FUNCTION, LambdaStandIn

pytestmark = pytest.mark.django_db

VISITS = {
    "alias": "visits",
    "kind": "CSV",
    "table": "visits.csv",
    "uri": "s3://pgspark-demo/landing/visits.csv",
    "upload_id": None,
    "connection_id": None,
    "columns": [
        {"name": "page", "type": "string", "nullable": True},
        {"name": "seconds", "type": "int", "nullable": True},
    ],
    "statistics": {"size_bytes": 1024},
    "read_options": {},
}
SUMMED = """def transform(spark, visits):
    return visits.groupBy("page").agg(F.sum("seconds").alias("seconds")).orderBy("page")
"""


def test_small_files_are_sent_to_lambda_with_its_own_time_limit(
    lambda_stand_in: LambdaStandIn, version: CodeVersion
) -> None:
    chosen = operations.route_of([VISITS])

    assert (chosen.target, chosen.application_id) == (Target.LAMBDA, "")
    assert operations.minutes_on(chosen.target, None) == 5
    assert operations.minutes_on(chosen.target, 2) == 2
    assert operations.minutes_on(Target.EMR, 30) == 30


@pytest.fixture
def spark_function(lambda_stand_in: LambdaStandIn, monkeypatch: pytest.MonkeyPatch, bucket: Path) -> Iterator[None]:
    """A stand-in of its own, whose function runs Spark for real."""
    server = make_server(0, store=lambda: bucket.parent, on_spark=True, names=[FUNCTION])
    server.begin()
    monkeypatch.setenv("AWS_ENDPOINT_URL_LAMBDA", server.url)
    forget_clients()
    yield
    server.service.reset()
    server.shutdown()
    server.server_close()


@pytest.mark.spark
@pytest.mark.usefixtures("spark_function")
def test_the_very_script_runs_there(
    shared_session: AnalysisSession, people: People, bucket: Path, settings: Any
) -> None:
    settings.PGSPARK_S3_SOURCES = ["s3://pgspark-demo/landing/"]
    (bucket / "landing").mkdir(parents=True)
    (bucket / "landing" / "visits.csv").write_text("page,seconds\nhome,3\ncart,5\nhome,4\n")
    version = CodeVersionFactory(session=shared_session, number=7, sources=[VISITS], transform=SUMMED)

    run = finish(operations.start_run(version=version, by=people.owner))

    assert (run.state, run.target, run.timeout_minutes) == (RunState.SUCCEEDED, Target.LAMBDA, 5), run.failure
    assert b"".join(results.csv_rows(run)).decode().splitlines() == ["page,seconds", "cart,5", "home,7"]
    assert run.resources["gb_seconds"] > 0


def test_on_another_engine_the_limit_of_lambda_is_none(
    lambda_stand_in: LambdaStandIn, shared_session: AnalysisSession, people: People, bucket: Path, settings: Any
) -> None:
    offer_emr(settings)
    settings.PGSPARK_S3_SOURCES = ["s3://pgspark-demo/landing/"]
    version = CodeVersionFactory(session=shared_session, number=7, sources=[VISITS], transform=SUMMED)
    run = RunFactory(code_version=version, state=RunState.FAILED, target=Target.LAMBDA, timeout_minutes=5)

    again = [operations.run_again(run=run, by=people.owner, target=target) for target in ("", "emr")]

    assert [(one.target, one.timeout_minutes) for one in again] == [("lambda", 5), ("emr", 10)]
