"""What all tests share: the AWS stand-in, the sample shop, a real portal; and a skip that CI does not forgive."""

from __future__ import annotations

import os
import urllib.request
from collections.abc import Generator, Iterator, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from django.core.management.color import Style
from django.db.backends.postgresql.operations import DatabaseOperations

from connections.aws import forget_clients
from pgspark_site.local_stack.shop import Shop, ensure_shop
from tests.chromium import find_chromium
from tests.converse import ConverseServer
from tests.emr import DATABASE, DRIVER, ROLE, STANDARD, StandIn
from tests.lambda_service import FUNCTION, LambdaStandIn
from tests.portal import Portal

_SCALE = 0.02


@pytest.hookimpl(tryfirst=True)  # xdist reads the groups in this same hook
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """All tests of one real portal run in one process, so that it starts once."""
    for item in items:
        for fixture in ("portal", "portal_with_model"):
            if fixture in getattr(item, "fixturenames", ()):
                item.add_marker(pytest.mark.xdist_group(fixture))


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    if report.skipped and os.environ.get("CI") == "true" and not hasattr(report, "wasxfail"):
        report.outcome = "failed"
        report.longrepr = f"skipped, which CI=true does not allow: {report.longrepr}"
    return report


@pytest.fixture(autouse=True, scope="session")
def _empty_tables_by_delete() -> Iterator[None]:
    """After a test with transactions of its own: TRUNCATE makes new files for every table, empty or not."""

    def deletes(self: DatabaseOperations, style: Style, tables: Sequence[str], **options: bool) -> list[str]:
        return [f"DELETE FROM {self.quote_name(table)};" for table in tables]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(DatabaseOperations, "sql_flush", deletes)
        yield


@pytest.fixture(scope="session")
def _aws_server() -> Iterator[str]:
    from moto.server import ThreadedMotoServer  # costs every run a second, and few runs need it

    # The port is chosen as it is bound: one that was free a minute ago may be somebody's by now.
    server = ThreadedMotoServer("127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    url = os.environ["AWS_ENDPOINT_URL"] = f"http://{host}:{port}"
    yield url
    server.stop()


@pytest.fixture
def aws(_aws_server: str) -> Iterator[str]:
    """The address of an empty AWS stand-in; boto3 finds it by itself."""
    reset = urllib.request.Request(f"{_aws_server}/moto-api/reset", method="POST")
    urllib.request.urlopen(reset, timeout=10).close()
    forget_clients()
    yield _aws_server
    forget_clients()


@pytest.fixture(scope="session")
def _emr_server() -> Iterator[str]:
    from django.conf import settings

    from pgspark_site.local_stack.emr_stand_in.__main__ import make_server

    def store() -> Path:
        return Path(settings.PGSPARK_OBJECT_STORE_DIR)

    server = make_server(0, store=store, on_spark=False, names=[STANDARD, DATABASE])
    server.begin()
    os.environ["AWS_ENDPOINT_URL_EMR_SERVERLESS"] = server.url
    yield server.url
    server.shutdown()
    server.server_close()


@pytest.fixture
def emr(_emr_server: str, settings: Any) -> Iterator[StandIn]:
    """A stand-in for EMR Serverless with two applications and no jobs, and the portal's settings for it."""
    settings.PGSPARK_TARGETS = ["emr", "local"]
    settings.PGSPARK_EMR_APPLICATION_ID, settings.PGSPARK_EMR_POSTGRES_APPLICATION_ID = STANDARD, DATABASE
    settings.PGSPARK_EXECUTION_ROLE_ARN, settings.PGSPARK_JDBC_DRIVER_URI = ROLE, DRIVER
    stand_in = StandIn(_emr_server)
    stand_in.room(STANDARD, 15)
    stand_in.room(DATABASE, 15)
    stand_in.reset()
    forget_clients()
    yield stand_in
    forget_clients()


@pytest.fixture(scope="session")
def _lambda_server() -> Iterator[str]:
    from django.conf import settings

    from pgspark_site.local_stack.lambda_stand_in.__main__ import make_server

    def store() -> Path:
        return Path(settings.PGSPARK_OBJECT_STORE_DIR)

    server = make_server(0, store=store, on_spark=False, names=[FUNCTION])
    server.begin()
    os.environ["AWS_ENDPOINT_URL_LAMBDA"] = server.url
    yield server.url
    server.service.reset()
    server.shutdown()
    server.server_close()


@pytest.fixture
def lambda_stand_in(_lambda_server: str, settings: Any) -> Iterator[LambdaStandIn]:
    """A stand-in for AWS Lambda with one function that nobody has invoked, and the portal's settings for it."""
    settings.PGSPARK_TARGETS, settings.PGSPARK_LAMBDA_FUNCTION = ["lambda", "local"], FUNCTION
    stand_in = LambdaStandIn(_lambda_server)
    stand_in.reset()
    forget_clients()
    yield stand_in
    stand_in.reset()
    forget_clients()


@pytest.fixture(scope="session")
def worker_name() -> str:
    """The name of this process of the run; part of the name of whatever it makes on a shared server."""
    return os.environ.get("PYTEST_XDIST_WORKER", "main")


@pytest.fixture(scope="session")
def sample_shop(worker_name: str) -> Shop:
    """The sample shop, one fiftieth of its size, on the tests' server. For reading only."""
    url = os.environ["DATABASE_URL"]
    suffix = f"{urlsplit(url).path[1:]}_{worker_name}"
    return ensure_shop(
        url, database=f"shop_{suffix}", reader=f"shop_reader_{suffix}", password="reads-only", scale=_SCALE
    )


@pytest.fixture(scope="session")
def portal(tmp_path_factory: pytest.TempPathFactory, sample_shop: Shop, worker_name: str) -> Iterator[Portal]:
    """A real portal: web server, worker and beat as processes, with a database and an AWS stand-in of their own."""
    started = Portal.start(tmp_path_factory.mktemp("portal"), sample_shop, f"portal_{worker_name}")
    yield started
    started.stop()


@pytest.fixture(scope="session")
def model() -> Iterator[ConverseServer]:
    """The model behind `portal_with_model`."""
    server = ConverseServer()
    yield server
    server.close()


@pytest.fixture(scope="session")
def portal_with_model(
    tmp_path_factory: pytest.TempPathFactory, sample_shop: Shop, worker_name: str, model: ConverseServer
) -> Iterator[Portal]:
    """A real portal whose code is written by the stand-in for Bedrock."""
    settings = {
        "AWS_ENDPOINT_URL_BEDROCK_RUNTIME": model.url,
        "PGSPARK_GENERATORS": "bedrock,builtin",
        "PGSPARK_BEDROCK_MODEL_IDS": "us.example.alpha-1-v1:0",
    }
    started = Portal.start(tmp_path_factory.mktemp("models"), sample_shop, f"models_{worker_name}", settings)
    yield started
    started.stop()


@pytest.fixture(scope="session")
def chromium() -> Path:
    """The path of a Chromium; tests that need one are skipped where there is none."""
    found = find_chromium()
    if found is None:
        pytest.skip("no Chromium: apt-get install chromium, or set PGSPARK_CHROMIUM")
    return found
