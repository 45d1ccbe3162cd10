"""A run's log as lines with number, time and level: the end first, more by cursor, what came before on demand."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from django.utils import timezone

from jobs.execution.base import Engine, Handle, LogChunk, LogSource, Stream
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
    """Lines in a row; the next ones begin at byte `end` of `source` with number `next_line`. `earlier` come before.

    `note` is what a person should know of where the log is read.
    """

    lines: tuple[LogLine, ...]
    end: int
    next_line: int
    earlier: int = 0
    cut: bool = False
    ended: bool = False
    source: str = ""
    note: str = ""


def has_log(run: JobRun) -> bool:
    return bool(run.external_id)


def tail(run: JobRun, stream: Stream, *, until: int | None = None) -> LogPart:
    """The last lines there are now, or the last ones up to number `until`. Raises the engine's PortalErrors."""
    if not has_log(run):
        return LogPart((), 0, 1, ended=not run.is_active)
    # Asked before the log is read: a run that ended meanwhile is read once more by the next poll.
    was_active = run.is_active
    text, last, is_cut = _read(engine_for(run.target), handle_of(run), stream)
    lines = text.splitlines()
    if until is not None:
        lines = lines[:until]
    first = max(len(lines) - SHOWN_LINES, 0)
    shown = tuple(parsed(line, number) for number, line in enumerate(lines[first:], first + 1))
    return LogPart(
        lines=shown,
        end=last.end,
        next_line=len(lines) + 1,
        earlier=first,
        cut=is_cut,
        ended=not was_active and not _may_grow(run, last.source),
        source=last.source.name,
        note=last.source.note,
    )


def following(run: JobRun, stream: Stream, *, start: int, line: int, source: str = "") -> LogPart:
    """What was written after byte `start` of `source`, whose first line has the number `line`."""
    if not has_log(run):
        return LogPart((), 0, 1, ended=not run.is_active)
    was_active = run.is_active
    chunk = engine_for(run.target).log(handle_of(run), stream, start=start, limit=CHUNK_BYTES, source=source)
    lines = tuple(parsed(text, number) for number, text in enumerate(chunk.text.splitlines(), line))
    return LogPart(
        lines=lines,
        # A source that cannot be read just now is not read from its beginning again.
        end=max(chunk.end, start),
        next_line=line + len(lines),
        ended=not was_active and not lines and not _may_grow(run, chunk.source),
        source=chunk.source.name,
        note=chunk.source.note,
    )


def whole(run: JobRun, stream: Stream) -> Iterator[bytes]:
    """The log from first to last byte as it is now, in pieces."""
    if not has_log(run):
        return
    for chunk in _chunks(engine_for(run.target), handle_of(run), stream):
        yield chunk.text.encode()


def parsed(text: str, number: int) -> LogLine:
    """Spark's own lines have time and level; other lines are text, tinted where an error is named."""
    match = _SPARK.match(text)
    if match is None:
        return LogLine(number, "", "", text, "error" if _RAISED.match(text) else "")
    return LogLine(number, match["time"], match["level"], match["text"], _TONES.get(match["level"], ""))


def _may_grow(run: JobRun, source: LogSource) -> bool:
    """Whether a log of a run that has ended may not be there to its last line yet."""
    return run.finished_at is not None and timezone.now() - run.finished_at < source.lag


def _chunks(engine: Engine, handle: Handle, stream: Stream) -> Iterator[LogChunk]:
    """The log from its beginning; of an empty one a chunk that says where it is looked for."""
    start, source = 0, ""
    while True:
        chunk = engine.log(handle, stream, start=start, limit=CHUNK_BYTES, source=source)
        if chunk.end > start or not start:
            yield chunk
        if chunk.end <= start:
            return
        start, source = chunk.end, chunk.source.name


def _read(engine: Engine, handle: Handle, stream: Stream) -> tuple[str, LogChunk, bool]:
    """The text with its last chunk; not more than `READ_BYTES`, and then whether there is more."""
    pieces: list[str] = []
    for chunk in _chunks(engine, handle, stream):
        pieces.append(chunk.text)
        if chunk.end >= READ_BYTES:
            after = engine.log(handle, stream, start=chunk.end, limit=1, source=chunk.source.name)
            return "".join(pieces), chunk, after.size > chunk.end
    return "".join(pieces), chunk, False
