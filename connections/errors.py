"""The one error type of the portal and its translation from PostgreSQL's errors.

Expected failures are `PortalError`s whose words come from `connections/error_catalogue.py`;
anything else is a bug, shown as a request id with its traceback in the log.
"""

from __future__ import annotations

from typing import Any

from connections.error_catalogue import CATALOGUE


class PortalError(Exception):
    """An expected failure, in words a person can act on.

    `code` is a key of the catalogue, `message` says what happened, `hint` what to do next,
    `retryable` whether the same call may work later, `status` the HTTP status that fits.
    The text of the exception behind it never reaches a person; chain it with `raise ... from`.
    """

    def __init__(self, code: str, **facts: Any) -> None:
        kind = CATALOGUE[code]
        self.code = code
        self.facts = facts
        self.message = kind.message.format(**facts)
        self.hint = kind.hint.format(**facts)
        self.retryable = kind.retryable
        self.status = kind.status
        super().__init__(f"{code}: {self.message}")

    def as_dict(self) -> dict[str, Any]:
        """The JSON form: code, message, hint, retryable."""
        return {"code": self.code, "message": self.message, "hint": self.hint, "retryable": self.retryable}
