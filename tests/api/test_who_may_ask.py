"""Every path of the API, one by one: nobody anonymous, nobody else's work, nobody's work but to look at when shared."""

from __future__ import annotations

import json
import uuid
from dataclasses import dataclass
from typing import Any

import pytest
from django.test import Client

from catalog.models import AnalysisSession
from connections.models import DatabaseConnection
from jobs.models import JobRun
from pgspark_site.api import api
from pgspark_site.local_stack.shop import Shop
from tests.api.client import ApiClient, code_of, told
from tests.catalog.uploading import make_upload
from tests.jobs.conftest import People

pytestmark = pytest.mark.django_db

DOCUMENT: dict[str, Any] = json.loads(json.dumps(api.document, default=str))
OPERATIONS: dict[str, tuple[str, str]] = {
    facts["operationId"]: (method, path)
    for path, methods in DOCUMENT["paths"].items()
    for method, facts in methods.items()
}
A_TABLE = {"database": "shop", "schema": "public", "table": "orders"}
# What a request must say to be understood. An operation that is in none of these sets needs no body.
BODIES: dict[str, Any] = {
    "create_session": {"title": "Mine"},
    "change_session": {"title": "Yours"},
    "select_postgres_tables": {"connection_name": "shop", "tables": [A_TABLE]},
    "select_glue_tables": {"tables": []},
    "select_files": {"files": []},
    "rename_source": {"alias": "other"},
    "generate_code": {"prompt": "count orders"},
    "save_code": {"transform": "def transform(spark, customers, orders):\n    return orders\n"},
    "check_code": {"transform": "def transform(spark, customers, orders):\n    return orders\n"},
    "start_run": {"version": 1},
    "change_code": {"prompt": "only 2024"},
}
QUERIES = {
    "search_tables": "?text=orders",
    "upload_file": "?name=sales.csv",
    "preview_file": "?file=upload:{upload_id}",
}
# These belong to nobody: what they show differs by who asks, and a connection has its own rule.
_OF_CONNECTIONS = {"test_connection", "search_tables", "list_databases", "list_schemas", "list_tables", "get_table"}
_OF_EVERYBODY = {
    "list_connections",
    "list_sessions",
    "create_session",
    "list_runs",
    "list_glue_databases",
    "list_glue_tables",
    "get_glue_table",
    "list_uploads",
    "upload_file",
}
# An upload is its owner's alone, also in a session that others may see.
_OF_ONE = {"get_upload", "delete_upload", "preview_file"}
_LOOKING = {
    "get_session",
    "list_code_versions",
    "get_code_version",
    "get_run",
    "get_log",
    "get_result",
    "download_result",
}
_CHANGING = set(OPERATIONS) - _OF_CONNECTIONS - _OF_EVERYBODY - _OF_ONE - _LOOKING


@dataclass(frozen=True)
class Places:
    """Fills the holes of a path, and of a body that names a session."""

    values: dict[str, str]

    def send(self, client: Client, operation: str) -> Any:
        method, path = OPERATIONS[operation]
        path += QUERIES.get(operation, "")
        for name, value in self.values.items():
            path = path.replace(f"{{{name}}}", value)
        assert "{" not in path, f"fill {path} in this test"
        body = BODIES.get(operation)
        if operation in ("generate_code", "start_run"):
            body = body | {"session_id": self.values["session_id"]}
        content = {} if body is None else {"data": body, "content_type": "application/json"}
        return getattr(client, method)(path, **content)


@pytest.fixture
def places(world: AnalysisSession, finished: JobRun, sample_shop: Shop) -> Places:
    return Places(
        {
            "session_id": str(world.uuid),
            "run_id": str(finished.uuid),
            "upload_id": str(make_upload(world.owner).uuid),
            "number": "1",
            "source_id": str(world.sources.first().pk),
            "connection_name": "shop",
            "database": sample_shop.database,
            "schema_name": "public",
            "table": "orders",
        }
    )


@pytest.mark.parametrize("operation", OPERATIONS)
def test_nobody_asks_anonymously(operation: str) -> None:
    made_up = Places(
        dict.fromkeys(("session_id", "run_id", "upload_id"), str(uuid.uuid4()))
        | dict.fromkeys(("number", "source_id"), "1")
        | dict.fromkeys(("connection_name", "database", "schema_name", "table"), "shop")
    )
    for client in (Client(enforce_csrf_checks=True), Client(headers={"Authorization": "Bearer pgs_unknown"})):
        response = made_up.send(client, operation)
        assert code_of(told(response, 401)) in ("NOT_SIGNED_IN", "TOKEN_INVALID")
        assert response["WWW-Authenticate"].startswith("Bearer")


def test_the_document_itself_is_for_those_who_may_ask(owner: ApiClient) -> None:
    assert code_of(told(Client().get("/api/openapi.json"), 401)) == "NOT_SIGNED_IN"
    assert owner.http.get("/api/openapi.json").json()["paths"].keys() == DOCUMENT["paths"].keys()


@pytest.mark.parametrize("operation", sorted(_LOOKING | _CHANGING))
def test_other_peoples_work_is_not_there(operation: str, places: Places, people: People) -> None:
    for stranger in (people.outsider, people.staff):
        response = places.send(ApiClient.of(stranger).http, operation)
        assert code_of(told(response, 404)) == "NOT_FOUND"


@pytest.mark.parametrize("operation", sorted(_OF_ONE))
def test_uploads_are_their_owners_alone(operation: str, places: Places, people: People, owner: ApiClient) -> None:
    for somebody in (people.teammate, people.outsider, people.staff):
        response = places.send(ApiClient.of(somebody).http, operation)
        assert code_of(told(response, 404)) == "NOT_FOUND"
    assert places.send(owner.http, operation).status_code == 200


@pytest.mark.parametrize("operation", sorted(_CHANGING))
def test_shared_work_is_not_changed(operation: str, places: Places, people: People) -> None:
    response = places.send(ApiClient.of(people.teammate).http, operation)
    assert code_of(told(response, 403)) == "READ_ONLY"


@pytest.mark.parametrize("operation", sorted(_LOOKING))
def test_shared_work_is_there_to_look_at(operation: str, places: Places, people: People) -> None:
    assert places.send(ApiClient.of(people.teammate).http, operation).status_code == 200


@pytest.mark.parametrize("operation", sorted(_OF_CONNECTIONS))
def test_connections_of_other_groups_are_not_there(operation: str, places: Places, people: People) -> None:
    response = places.send(ApiClient.of(people.outsider).http, operation)
    assert code_of(told(response, 404)) == "NOT_FOUND"


@pytest.mark.parametrize("operation", sorted(_OF_CONNECTIONS - {"test_connection"} | {"select_postgres_tables"}))
def test_a_disabled_connection_is_asked_nothing(
    operation: str, places: Places, connection: DatabaseConnection, owner: ApiClient
) -> None:
    DatabaseConnection.objects.update(enabled=False)
    assert code_of(told(places.send(owner.http, operation), 409)) == "CONNECTION_DISABLED"


def test_a_run_over_a_disabled_connection_is_refused(places: Places, owner: ApiClient) -> None:
    DatabaseConnection.objects.update(enabled=False)
    for operation in ("start_run", "run_again"):
        assert code_of(told(places.send(owner.http, operation), 409)) == "CONNECTION_DISABLED"


def test_a_question_over_a_connection_that_was_taken_away_is_refused(
    places: Places, connection: DatabaseConnection, owner: ApiClient
) -> None:
    connection.groups.clear()
    assert code_of(told(places.send(owner.http, "generate_code"), 403)) == "CONNECTION_NOT_ALLOWED"


def test_a_login_works_too_but_writes_only_with_its_csrf_token(people: People, session: AnalysisSession) -> None:
    browser = Client(enforce_csrf_checks=True)
    browser.force_login(people.owner)
    path = f"/api/sessions/{session.uuid}"
    assert browser.get(path).status_code == 200
    rename = {"data": {"title": "Renamed"}, "content_type": "application/json"}
    assert code_of(told(browser.patch(path, **rename), 403)) == "CSRF_FAILED"
    token = browser.get("/accounts/tokens/").cookies["csrftoken"].value
    assert told(browser.patch(path, **rename, headers={"X-CSRFToken": token}), 200)["session"]["title"] == "Renamed"


def test_a_wrong_token_is_refused_whatever_cookies_come_with_it(people: People) -> None:
    browser = Client(headers={"Authorization": "Bearer pgs_wrong"})
    browser.force_login(people.owner)
    assert code_of(told(browser.get("/api/sessions"), 401)) == "TOKEN_INVALID"


def test_every_operation_has_its_place_in_these_tests() -> None:
    taking_bodies = {
        facts["operationId"]
        for methods in DOCUMENT["paths"].values()
        for facts in methods.values()
        if "application/json" in facts.get("requestBody", {}).get("content", {})
    }
    assert set(BODIES) == taking_bodies
    assert set(OPERATIONS) >= (_OF_CONNECTIONS | _OF_EVERYBODY | _OF_ONE | _LOOKING)
