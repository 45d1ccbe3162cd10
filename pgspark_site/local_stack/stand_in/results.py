"""What a script leaves that found no rows."""

from __future__ import annotations

from datetime import UTC, datetime


def no_rows() -> dict[str, object]:
    """The manifest of an empty result."""
    written = datetime.now(UTC).isoformat()
    columns = [{"name": "nothing", "type": "string", "nullable": True}]
    facts = {"rows": 0, "limit_reached": False, "columns": columns, "files": []}
    return {"version": 1, "format": "parquet", "written_at": written, **facts}
