"""A line of the Glue and file lists: checkbox, name, figures, and columns on demand. See partials/source_rows.html."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass

from connections.errors import PortalError


@dataclass(frozen=True, slots=True)
class RowTick:
    """A checkbox: `url` takes a click, `value` is what the plain form sends, `facts` are what a click sends besides.

    `error` is why the last click on it failed.
    """

    name: str
    value: str
    picked: bool
    url: str
    facts: Mapping[str, str]
    error: PortalError | None = None

    @property
    def toggle(self) -> str:
        """As JSON for hx-vals."""
        return json.dumps({**self.facts, "pick": "" if self.picked else "1"})

    @property
    def sent(self) -> str:
        """The fields of a click, for hx-params."""
        return ",".join([*self.facts, "pick", "csrfmiddlewaretoken"])

    @property
    def dom_id(self) -> str:
        """An element id for any place, the same on every page."""
        digest = hashlib.sha256(json.dumps([self.url, self.value]).encode())
        return f"source-{digest.hexdigest()[:16]}"


@dataclass(frozen=True, slots=True)
class SourceRow:
    """`figures` stand at the right; `off` says why it cannot be picked; `detail_url` answers with what a fold shows."""

    tick: RowTick
    kind: str
    figures: tuple[str, str]
    detail_url: str
    comment: str = ""
    off: str = ""
