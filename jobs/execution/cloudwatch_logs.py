"""A log stream of CloudWatch as a file that grows: a copy on this machine, continued by the token of its last page.

So a cursor is a byte, as in every other log. The copy's place in the stream is written down after its text: what a
killed process has added without it is cut off again.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING, Any, BinaryIO

import structlog
from botocore.exceptions import BotoCoreError, ClientError

from connections.aws import client, error_code, from_botocore, http_status
from jobs.execution.base import LogChunk, LogSource
from jobs.execution.logs import CUT, MOST_BYTES, copies_folder, read_chunk

if TYPE_CHECKING:
    from mypy_boto3_logs.type_defs import GetLogEventsResponseTypeDef

log = structlog.get_logger(__name__)

# How long one question goes on reading pages, and how long it waits for another one that reads the same stream.
PATIENCE_SECONDS = 8.0
# The service takes 25 questions a second of a whole account: everyone who looks at a log shares one.
FRESH_SECONDS = 1.0
_LISTED_STREAMS = 500
_BUSY = frozenset({"ThrottlingException", "Throttling", "LimitExceededException"})
_DENIED = frozenset({"AccessDeniedException", "AccessDenied"})
_TOO_MANY = 429


class _Refused(Exception):
    """Why the stream is not read now, in words; without any where it is not there."""


class _TokenTooOld(Exception):
    """The service has forgotten the token, as it does after a day."""


@dataclass(frozen=True, slots=True)
class LogStream:
    """The stream of the log group whose name begins with `prefix` and holds all `marks`; of several, the last one."""

    group: str
    prefix: str
    marks: tuple[str, ...]

    def read(self, *, start: int, limit: int) -> LogChunk:
        """As `Engine.log`. Where the service does not answer, what is known already; `source.note` says why."""
        copy, note = _Copy(self), ""
        try:
            with copy.alone():
                copy.go_on(enough=None if start < 0 else start + limit)
        except _Refused as refused:
            note = str(refused)
        # Not as a whole: somebody else may be adding to it, and every line has its end.
        chunk = read_chunk(copy.path, start=start, limit=limit, final=False)
        return replace(chunk, source=LogSource(note=note))

    def find(self) -> str:
        """Its name. Raises _Refused."""
        with _answers(self.group):
            pages = (
                client("logs")
                .get_paginator("describe_log_streams")
                .paginate(
                    logGroupName=self.group,
                    logStreamNamePrefix=self.prefix,
                    PaginationConfig={"MaxItems": _LISTED_STREAMS},
                )
            )
            names = [stream["logStreamName"] for page in pages for stream in page["logStreams"]]
        fitting = [name for name in names if all(mark.lower() in name.lower() for mark in self.marks)]
        if not fitting:
            raise _Refused
        return max(fitting, key=lambda name: (len(name), name))  # attempt 10 comes after attempt 9


@dataclass(frozen=True, slots=True)
class _Place:
    """How far a copy goes: to the page of `token`, `length` bytes; `ended_at` is when nothing more was there."""

    name: str
    token: str = ""
    length: int = 0
    ended_at: float = 0.0


class _Copy:
    """The text of a stream, and files beside it with its place and for the one who reads on."""

    def __init__(self, stream: LogStream) -> None:
        self._stream = stream
        key = hashlib.sha256("\n".join((stream.group, stream.prefix, *stream.marks)).encode()).hexdigest()[:32]
        self.path = copies_folder() / f"{key}.cloudwatch"
        self._place_path = self.path.with_suffix(".place")

    @contextmanager
    def alone(self) -> Iterator[None]:
        """Raises _Refused when another one reads for too long."""
        until = time.monotonic() + PATIENCE_SECONDS
        with self.path.with_suffix(".lock").open("wb") as file:
            while not _locked(file):
                if time.monotonic() > until:
                    raise _Refused("Somebody else is reading it just now; more comes by itself.")
                time.sleep(0.05)
            yield

    def go_on(self, *, enough: int | None) -> None:
        """Adds what is new, or until there are more than `enough` bytes. Raises _Refused."""
        place = self._known() or self._found()
        if 0 <= time.time() - place.ended_at < FRESH_SECONDS:
            return
        try:
            self._add_pages(place, enough)
        except _TokenTooOld:
            # From its beginning it reads the same once more.
            self.path.unlink(missing_ok=True)
            self._add_pages(_Place(place.name), enough)

    def _found(self) -> _Place:
        """The beginning of the stream; that it could not be found counts for everyone who asks soon after."""
        refusal = self.path.with_suffix(".refusal")
        with suppress(FileNotFoundError):
            if 0 <= time.time() - refusal.stat().st_mtime < FRESH_SECONDS:
                raise _Refused(refusal.read_text())
        try:
            return _Place(self._stream.find())
        except _Refused as refused:
            refusal.write_text(str(refused))
            raise

    def _add_pages(self, place: _Place, enough: int | None) -> None:
        until = time.monotonic() + PATIENCE_SECONDS
        with self._text(place.length) as out:
            while place.length < MOST_BYTES and (enough is None or place.length <= enough):
                page = _page(self._stream.group, place)
                text = _text_of(page)
                length = place.length + out.write(text if place.length + len(text) < MOST_BYTES else text + CUT)
                out.flush()
                token = page["nextForwardToken"]
                # A token that comes back says that this was all.
                is_end = token == place.token
                place = _Place(place.name, token, length, time.time() if is_end else 0.0)
                self._keep(place)
                if is_end or time.monotonic() > until:
                    return

    def _text(self, length: int) -> BinaryIO:
        out = os.fdopen(os.open(self.path, os.O_RDWR | os.O_CREAT, 0o600), "r+b")
        out.truncate(length)
        out.seek(length)
        return out

    def _known(self) -> _Place | None:
        """None where nothing, or nothing sound, is known."""
        with suppress(OSError, ValueError, TypeError):
            place = _Place(**json.loads(self._place_path.read_text()))
            if self.path.stat().st_size >= place.length:
                return place
        return None

    def _keep(self, place: _Place) -> None:
        part = self._place_path.with_suffix(".part")
        part.write_text(json.dumps(asdict(place)))
        part.replace(self._place_path)


def _locked(file: BinaryIO) -> bool:
    """Held until the file is closed, by whatever end."""
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _page(group: str, place: _Place) -> GetLogEventsResponseTypeDef:
    request: dict[str, Any] = {"logGroupName": group, "logStreamName": place.name, "startFromHead": True}
    request |= {"nextToken": place.token} if place.token else {}
    with _answers(group, has_token=bool(place.token)):
        return client("logs").get_log_events(**request)


def _text_of(page: GetLogEventsResponseTypeDef) -> bytes:
    """Each event is a line, or several."""
    return b"".join(event.get("message", "").rstrip("\r\n").encode() + b"\n" for event in page["events"])


@contextmanager
def _answers(group: str, *, has_token: bool = False) -> Iterator[None]:
    """Turns what botocore raises in the block into _Refused, and _TokenTooOld."""
    try:
        yield
    except ClientError as error:
        code = error_code(error)
        if has_token and code == "InvalidParameterException":
            raise _TokenTooOld from error
        # The service's own words stay in the log: they may name roles.
        log.warning("log_stream_refused", aws_code=code, words=str(error)[:500])
        raise _Refused(_words(error, group)) from error
    except BotoCoreError as error:
        raise _Refused(from_botocore(error, service="CloudWatch Logs").message) from error


def _words(error: ClientError, group: str) -> str:
    code = error_code(error)
    if code == "ResourceNotFoundException":
        return f"There is no log group {group}." if error.operation_name == "DescribeLogStreams" else ""
    if code in _DENIED:
        return (
            f"The portal may not read the log group {group}: allow logs:DescribeLogStreams and logs:GetLogEvents on it "
            "to the portal's role."
        )
    if code in _BUSY or http_status(error) == _TOO_MANY:
        return "CloudWatch takes no more requests at the moment; it is asked again."
    return from_botocore(error, service="CloudWatch Logs").message
