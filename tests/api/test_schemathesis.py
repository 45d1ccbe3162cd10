"""Whatever the OpenAPI document allows, and much that it does not: never a 5xx, always an answer as described."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
import schemathesis
from django.core.signals import request_finished, request_started
from django.core.wsgi import get_wsgi_application
from django.db import close_old_connections, transaction
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st
from schemathesis import GenerationMode

from catalog.models import AnalysisSession
from jobs.models import JobRun
from pgspark_site.api import api
from pgspark_site.local_stack.shop import Shop
from tests.api.client import ApiClient
from tests.catalog.uploading import make_upload

pytestmark = pytest.mark.django_db

EXAMPLES = 12
SEED = 20261123
DOCUMENT: dict[str, Any] = json.loads(json.dumps(api.document, default=str))
SCHEMA = schemathesis.openapi.from_dict(DOCUMENT)
SCHEMA.app = get_wsgi_application()
LABELS = [found.ok().label for found in SCHEMA.get_all_operations()]
# Only the document's author can know that a text is a session of this portal: 404 is an honest answer to a made-up one.
CHECKS = {"excluded_checks": [schemathesis.checks.CHECKS.get_one("positive_data_acceptance")]}


@pytest.fixture
def known(world: AnalysisSession, finished: JobRun, sample_shop: Shop) -> dict[str, Any]:
    """Values that lead somewhere, by the name of their parameter."""
    upload = make_upload(world.owner)
    return {
        "file": f"upload:{upload.uuid}",
        "upload_id": str(upload.uuid),
        "session_id": str(world.uuid),
        "run_id": str(finished.uuid),
        "number": 1,
        "version": 1,
        "source_id": world.sources.first().pk,
        "connection_name": "shop",
        "database": sample_shop.database,
        "schema_name": "public",
        "schema": "public",
        "table": "orders",
    }


@pytest.fixture(autouse=True)
def one_transaction() -> Iterator[None]:
    """Django's handler would close the connection, and the test's transaction with it, after every request."""
    for signal in (request_started, request_finished):
        signal.disconnect(close_old_connections)
    yield
    for signal in (request_started, request_finished):
        signal.connect(close_old_connections)


@pytest.mark.parametrize("label", LABELS)
def test_every_answer_is_as_described(label: str, known: dict[str, Any], owner: ApiClient) -> None:
    operation = SCHEMA.find_operation_by_label(label)
    named = {name: value for name, value in known.items() if f"{{{name}}}" in operation.path}
    anywhere_and_there = (None, named) if named else (None,)
    cases = [
        operation.as_strategy(mode, path_parameters=names) for mode in GenerationMode for names in anywhere_and_there
    ]

    @seed(SEED)
    @settings(
        max_examples=EXAMPLES,
        database=None,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(st.one_of(cases), st.booleans())
    def answers_as_described(case: schemathesis.Case, at_home: bool) -> None:
        if at_home and case.meta.generation.mode == GenerationMode.POSITIVE:
            case.body = _at_home(case.body, known)
        with transaction.atomic():
            case.call_and_validate(headers={"Authorization": f"Bearer {owner.token}"}, **CHECKS)
            transaction.set_rollback(True)

    answers_as_described()


def _at_home(body: Any, known: dict[str, Any]) -> Any:
    """The body with what is known in place of what was made up, at any depth."""
    if isinstance(body, list):
        return [_at_home(one, known) for one in body]
    if not isinstance(body, dict):
        return body
    return {name: known.get(name) or _at_home(value, known) for name, value in body.items()}
