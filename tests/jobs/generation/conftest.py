"""Versions to be written by a model behind the Converse stand-in."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from pytest_django.fixtures import Settings

from catalog.models import AnalysisSession
from jobs.models import CodeVersion
from jobs.states import CodeState
from tests.converse import ConverseServer
from tests.jobs.codegen.test_context import picked
from tests.jobs.conftest import People
from tests.jobs.factories import CodeVersionFactory

NewVersion = Callable[..., CodeVersion]


@pytest.fixture
def new_version(
    shared_session: AnalysisSession, people: People, converse: ConverseServer, settings: Settings
) -> NewVersion:
    """A pending version over one table, for the Bedrock generator; keywords change its fields."""
    settings.PGSPARK_GENERATORS = ["bedrock", "builtin"]

    def make(**fields: Any) -> CodeVersion:
        plain = {
            "session": shared_session,
            "state": CodeState.PENDING,
            "finished_at": None,
            "transform": "",
            "prompt": "show orders",
            "generator": "bedrock",
            "sources": [picked("orders")],
        }
        return CodeVersionFactory(**(plain | fields))

    return make
