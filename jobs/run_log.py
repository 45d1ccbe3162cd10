"""A run's log as lines with number, time and level: the end first, more by cursor, what came before on demand."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from jobs.execution.base import Engine, Handle, Stream
from jobs.execution.registry import engine_for, handle_of
from jobs.models import JobRun

STREAMS: tuple[Stream, ...] = ("stderr", "stdout")
SHOWN_LINES = 2000
CHUNK_BYTES = 512 * 1024
# Beyond this the page does not count lines; the file itself can still be downloaded whole.
READ_BYTES = 16 * 1024 * 1024

_SPARK = re.compile(
    r"^(?:\d\d/\d\d/\d\d|\d{4}-\d\d-\d\d)[ T](?P<time>\d\d:\d\d:\d\d)(?:[.,]\d+)? "
    r"(?P<level>TRACE|DEBUG|INFO|WARN|ERROR|FATAL) (?P<text>.*)$"
)
_RAISED = re.compile(r"^(?:Caused by: |Traceback |(?:[\w$]+\.)*[\w$]*(?:Error|Exception)\b)")

Tone = Literal["", "warn", "error"]
_TONES: dict[str, Tone] = {"WARN": "warn", "ERROR": "error", "FATAL": "error"}


@dataclass(frozen=True, slots=True)
class LogLine:
    number: int
    time: str
    level: str
    text: str
    tone: Tone


@dataclass(frozen=True, slots=True)
class LogPart:
    """Lines in a row; the next ones begin at byte `end` with number `next_line`. `earlier` lines come before."""

    lines: tuple[LogLine, ...]
    end: int
    next_line: int
    earlier: int = 0
    cut: bool = False
    ended: bool = False


def has_log(run: JobRun) -> bool:
    return bool(run.external_id)


def tail(run: JobRun, stream: Stream, *, until: int | None = None) -> LogPart:
    """The last lines there are now, or the last ones up to number `until`. Raises the engine's PortalErrors."""
    if not has_log(run):
        return LogPart((), 0, 1, ended=not run.is_active)
    # Asked before the log is read: a run that ended meanwhile is read once more by the next poll.
    was_active = run.is_active
    text, end, size = _read(engine_for(run.target), handle_of(run), stream, start=0)
    lines = text.splitlines()
    if until is not None:
        lines = lines[:until]
    first = max(len(lines) - SHOWN_LINES, 0)
    shown = tuple(parsed(line, number) for number, line in enumerate(lines[first:], first + 1))
    return LogPart(shown, end, len(lines) + 1, earlier=first, cut=end < size, ended=not was_active)


def following(run: JobRun, stream: Stream, *, start: int, line: int) -> LogPart:
    """What was written after byte `start`, whose first line has the number `line`."""
    if not has_log(run):
        return LogPart((), 0, 1, ended=not run.is_active)
    was_active = run.is_active
    chunk = engine_for(run.target).log(handle_of(run), stream, start=start, limit=CHUNK_BYTES)
    lines = tuple(parsed(text, number) for number, text in enumerate(chunk.text.splitlines(), line))
    return LogPart(lines, chunk.end, line + len(lines), ended=not was_active and not lines)


def whole(run: JobRun, stream: Stream) -> Iterator[bytes]:
    """The log from first to last byte as it is now, in pieces."""
    if not has_log(run):
        return
    engine, start = engine_for(run.target), 0
    while (chunk := engine.log(handle_of(run), stream, start=start, limit=CHUNK_BYTES)).end > start:
        yield chunk.text.encode()
        start = chunk.end


def parsed(text: str, number: int) -> LogLine:
    """Spark's own lines have time and level; other lines are text, tinted where an error is named."""
    match = _SPARK.match(text)
    if match is None:
        return LogLine(number, "", "", text, "error" if _RAISED.match(text) else "")
    return LogLine(number, match["time"], match["level"], match["text"], _TONES.get(match["level"], ""))


def _read(engine: Engine, handle: Handle, stream: Stream, *, start: int) -> tuple[str, int, int]:
    """Text from `start`, the byte after it, and the log's size; at most `READ_BYTES` are read."""
    pieces: list[str] = []
    while start < READ_BYTES:
        chunk = engine.log(handle, stream, start=start, limit=CHUNK_BYTES)
        if chunk.end <= start:
            return "".join(pieces), start, start
        pieces.append(chunk.text)
        start = chunk.end
    return "".join(pieces), start, engine.log(handle, stream, start=start, limit=1).size
