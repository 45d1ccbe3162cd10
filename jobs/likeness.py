"""When two runs are alike: they read the same sources, or as much."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from typing import Any

_REFERENCE = ("kind", "connection_id", "database", "schema", "table", "uri", "upload_id")


def sources_key(sources: Iterable[Mapping[str, Any]]) -> str:
    """The same text for the same sources, in any order and by whatever name the code knows them."""
    references = sorted(json.dumps([str(source.get(name) or "") for name in _REFERENCE]) for source in sources)
    return hashlib.sha256("\n".join(references).encode()).hexdigest()


def input_bytes(sources: Iterable[Mapping[str, Any]]) -> int | None:
    """Of all sources together, as their catalogues told when they were picked; None as soon as one did not."""
    sizes: list[int | None] = [(source.get("statistics") or {}).get("size_bytes") for source in sources]
    known = [int(size) for size in sizes if size is not None]
    return sum(known) if len(known) == len(sizes) else None
