"""How requests are read and how refusals look, on a few paths that stand for all."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.test import Client, override_settings

from catalog.models import AnalysisSession
from connections import queries
from connections.envelope import Answer, Input
from pgspark_site.api import api
from tests.api.client import ApiClient, code_of, told

pytestmark = pytest.mark.django_db


def test_a_refusal_says_what_happened_and_what_to_do(owner: ApiClient) -> None:
    error = owner.get("/api/sessions/5a9c6d0e-0000-4000-8000-000000000000", 404)["error"]
    assert error.keys() == {"code", "message", "hint", "retryable", "request_id", "fields"}
    assert (error["code"], error["retryable"], error["fields"]) == ("NOT_FOUND", False, [])
    assert error["hint"]
    assert error["request_id"]


def test_no_answer_is_kept_on_its_way(owner: ApiClient) -> None:
    for path in ("/api/sessions", "/api/runs/5a9c6d0e-0000-4000-8000-000000000000"):
        assert owner.http.get(path)["Cache-Control"] == "private, no-store"


def test_each_wrong_field_is_named_and_nothing_that_was_sent_is_repeated(
    owner: ApiClient, session: AnalysisSession
) -> None:
    body = {"connection_name": "shop", "tables": [{"database": "secret-value", "schema": 7}], "more": 1}
    error = owner.post(f"/api/sessions/{session.uuid}/select-postgres-tables", body, 400)["error"]
    assert error["code"] == "INVALID_REQUEST"
    assert {one["field"] for one in error["fields"]} == {"tables.0.schema", "tables.0.table", "more"}
    assert "secret-value" not in json.dumps(error)


@pytest.mark.parametrize(
    "query", [{"cursor": "9" * 40}, {"cursor": "-1"}, {"limit": "0"}, {"limit": "many"}, {"limit": "9" * 5000}]
)
def test_a_bad_parameter_is_named(owner: ApiClient, query: dict[str, str]) -> None:
    error = owner.get("/api/sessions", 400, **query)["error"]
    assert [one["field"] for one in error["fields"]] == list(query)


@pytest.mark.parametrize("text", ["nul \x00", "half \ud800"])
def test_text_that_no_database_takes_is_refused(owner: ApiClient, session: AnalysisSession, text: str) -> None:
    body = json.dumps({"prompt": text, "session_id": str(session.uuid)})
    response = owner.http.post("/api/spark/generate", body, content_type="application/json")
    assert told(response, 400)["error"]["fields"][0]["field"] == "prompt"
    for path in (f"/api/postgres/{text}/databases", f"/api/postgres/shop/schemas/{text}"):
        address = path.encode("utf-8", "surrogatepass").decode("latin-1")
        assert owner.http.get(address).status_code in (400, 404)


@pytest.mark.parametrize(
    "body", [b"", b"{", b"\xff\xfe\x00", b"[1]", b'"title"', b"null", b"NaN", b"[" * 100_000, b'{"title": 1e999}']
)
def test_a_body_that_is_not_as_described_is_refused(owner: ApiClient, body: bytes) -> None:
    response = owner.http.post("/api/sessions", body, content_type="application/json")
    assert code_of(told(response, 400)) == "INVALID_REQUEST"


@pytest.mark.parametrize("content_type", ["multipart/form-data", "multipart/form-data; boundary=x", "text/plain"])
def test_a_form_is_no_body(people: Any, content_type: str) -> None:
    browser = Client()
    browser.force_login(people.owner)
    response = browser.post("/api/sessions", b"--x\r\nbroken", content_type=content_type)
    assert code_of(told(response, 400)) == "INVALID_REQUEST"


@override_settings(DATA_UPLOAD_MAX_MEMORY_SIZE=1000)
def test_a_body_that_is_too_large_is_not_read(owner: ApiClient) -> None:
    response = owner.http.post("/api/sessions", {"title": "x" * 2000}, content_type="application/json")
    assert code_of(told(response, 413)) == "REQUEST_TOO_LARGE"


def test_an_address_that_is_not_there_answers_in_json(owner: ApiClient) -> None:
    for client in (owner.http, Client(enforce_csrf_checks=True)):
        assert code_of(told(client.get("/api/nothing/here"), 404)) == "NOT_FOUND"
        assert code_of(told(client.post("/api/"), 404)) == "NOT_FOUND"


def test_a_method_that_is_not_there_names_those_that_are(owner: ApiClient) -> None:
    response = owner.http.put("/api/sessions")
    assert code_of(told(response, 405)) == "METHOD_NOT_ALLOWED"
    assert set(response["Allow"].replace(" ", "").split(",")) == {"GET", "POST"}


def test_a_bug_is_told_without_its_words(owner: ApiClient, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(user: object) -> None:
        raise ValueError("the password is hunter2")

    monkeypatch.setattr(queries, "usable_connections", broken)
    error = owner.get("/api/postgres/connections", 500)["error"]
    assert error["code"] == "INTERNAL"
    assert "hunter2" not in json.dumps(error)


def test_no_two_shapes_share_a_name() -> None:
    """The document knows shapes by name alone: a second one would silently take the first one's place."""
    names: dict[str, set[type]] = {}
    pending = [model for base in (Answer, Input) for model in base.__subclasses__()]
    while pending:
        model = pending.pop()
        if model in names.setdefault(model.__name__, set()):
            continue
        names[model.__name__].add(model)
        pending += model.__subclasses__() + [
            kind for field in model.model_fields.values() for kind in _models(field.annotation)
        ]
    assert {name: kinds for name, kinds in names.items() if len(kinds) > 1} == {}


def test_every_answer_of_the_document_is_described() -> None:
    for path, methods in json.loads(json.dumps(api.document, default=str))["paths"].items():
        for facts in methods.values():
            assert {"400", "401", "403", "404", "500"} <= facts["responses"].keys(), path
            assert all("content" in answer for answer in facts["responses"].values()), path


def _models(annotation: Any) -> list[type]:
    """The pydantic models within an annotation such as `list[Table] | None`."""
    if isinstance(annotation, type) and hasattr(annotation, "model_fields"):
        return [annotation]
    return [model for part in getattr(annotation, "__args__", ()) for model in _models(part)]
