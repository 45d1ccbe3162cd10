"""What a service answers when it does not do what was asked."""

from __future__ import annotations

from typing import Any


class Refusal(Exception):
    """An error of the service's model, or one that every service has, such as throttling."""

    def __init__(self, code: str, status: int, message: str) -> None:
        self.code, self.status, self.message = code, status, message
        super().__init__(f"{code}: {message}")

    @property
    def content(self) -> dict[str, Any]:
        return {"message": self.message}
