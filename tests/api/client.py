"""A script that uses the API with a token of its own."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.contrib.auth.models import User
from django.http import HttpResponse
from django.test import Client

from connections.tokens import create_token


@dataclass(frozen=True)
class ApiClient:
    http: Client
    token: str

    @classmethod
    def of(cls, user: User) -> ApiClient:
        _, text = create_token(user=user, name=f"test {user.api_tokens.count()}")
        return cls(Client(enforce_csrf_checks=True, headers={"Authorization": f"Bearer {text}"}), text)

    def get(self, path: str, status: int = 200, **query: Any) -> dict[str, Any]:
        return told(self.http.get(path, query), status)

    def send(self, method: str, path: str, body: Any = None, status: int = 200) -> dict[str, Any]:
        content = {} if body is None else {"data": body, "content_type": "application/json"}
        return told(getattr(self.http, method)(path, **content), status)

    def post(self, path: str, body: Any = None, status: int = 200) -> dict[str, Any]:
        return self.send("post", path, body, status)


def told(response: HttpResponse, status: int) -> dict[str, Any]:
    """The answer's JSON; its status and its envelope are as they should be."""
    assert response.status_code == status, response.content.decode()[:1000]
    assert response["Content-Type"].startswith("application/json")
    answer: dict[str, Any] = response.json()  # type: ignore[attr-defined]
    assert answer["success"] is (status < 400)
    return answer


def code_of(answer: dict[str, Any]) -> str:
    return str(answer["error"]["code"])
