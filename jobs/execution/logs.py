"""Reading a job's log by cursor, with what must not be seen struck out."""

from __future__ import annotations

import re
from contextlib import suppress
from datetime import datetime
from pathlib import Path

from django.conf import settings

from jobs.execution.base import LogChunk

MASK = "•••"
# A program may print without end; nobody reads more than this.
MOST_BYTES = 256 * 1024 * 1024
CUT = b"\npgspark: the log is longer; the rest is not shown\n"
_SECRETS = re.compile(
    r"(?P<keep>\b(?:password|passwd|pwd|secret|token|aws_secret_access_key|authorization)\b[\"']?\s*[=:]\s*[\"']?)[^\s\"',&;)]+"
    r"|(?P<jdbc>jdbc:postgresql://)[^/\s\"']+"
    r"|\b(?:AKIA|ASIA)[A-Z0-9]{16}\b",
    re.IGNORECASE,
)


def redact(text: str) -> str:
    """The text without passwords, tokens, access keys and the hosts of JDBC addresses."""
    return _SECRETS.sub(lambda match: f"{match['keep'] or match['jdbc'] or ''}{MASK}", text)


def copies_folder() -> Path:
    """Where copies of logs are kept that lie elsewhere; nobody else may read there."""
    folder = Path(settings.VAR_DIR) / "emr-logs"
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    return folder


def prune_copies(before: datetime) -> int:
    """Deletes the copies that have not changed since; how many."""
    count = 0
    for path in copies_folder().iterdir():
        with suppress(FileNotFoundError):  # who reads a log replaces files meanwhile
            if path.stat().st_mtime < before.timestamp():
                path.unlink()
                count += 1
    return count


def read_chunk(path: Path, *, start: int, limit: int, final: bool) -> LogChunk:
    """At most `limit` bytes from byte `start`; a negative `start` means the last `limit` bytes.

    Cut at whole lines, except for the end of a log that is `final`, so that no line is ever shown in halves.
    """
    try:
        size = path.stat().st_size
    except FileNotFoundError:
        return LogChunk(text="", start=0, end=0, size=0)
    from_end = start < 0
    start = max(size - limit, 0) if from_end else min(start, size)
    with path.open("rb") as file:
        file.seek(start)
        data = file.read(limit)
    return cut(data, start=start, limit=limit, size=size, from_end=from_end, final=final)


def cut(data: bytes, *, start: int, limit: int, size: int, from_end: bool, final: bool) -> LogChunk:
    """`read_chunk` of what was read from byte `start` on, `limit` bytes at most; `from_end`: as the last ones."""
    if from_end and start > 0:
        skipped = data.find(b"\n") + 1
        data, start = data[skipped:], start + skipped
    if not (final and start + len(data) == size):
        whole = data.rfind(b"\n") + 1
        data = data[:whole] if whole or len(data) < limit else data
    return LogChunk(text=redact(data.decode("utf-8", "replace")), start=start, end=start + len(data), size=size)
