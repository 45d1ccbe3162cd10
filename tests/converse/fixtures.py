"""The stand-in as fixtures; `tests/jobs/conftest.py` takes them in."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from pytest_django.fixtures import Settings

from connections.aws import forget_clients
from jobs.codegen import patience
from tests.converse import ConverseServer

FIRST, SECOND = "us.example.alpha-1-v1:0", "us.example.beta-2-v1:0"


@pytest.fixture(scope="session")
def converse_server() -> Iterator[ConverseServer]:
    server = ConverseServer()
    yield server
    server.close()


@pytest.fixture
def converse(
    converse_server: ConverseServer, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> Iterator[ConverseServer]:
    """The stand-in, which two models are behind; pauses are short."""
    monkeypatch.setenv("AWS_ENDPOINT_URL_BEDROCK_RUNTIME", converse_server.url)
    monkeypatch.setattr(patience, "FIRST_SECONDS", 0.01)
    settings.PGSPARK_BEDROCK_MODEL_IDS = [FIRST, SECOND]
    settings.PGSPARK_MODEL_PRICES = {FIRST: {"input": 3, "output": 15, "cached": 0.3, "cache_write": 3.75}}
    patience.forget_concessions()
    forget_clients()
    converse_server.script()
    yield converse_server
    forget_clients()
    assert converse_server.complaints == []
