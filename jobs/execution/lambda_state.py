"""How a job on Lambda stands, as the objects below its run's prefix tell it; `infra/lambda/handler.py` writes them.

Lambda itself cannot be asked: it forgets an asynchronous event as soon as it has taken it, and stops none. So whoever
makes `claim.json` has the job: the function, which then runs it, or the portal, after which it can never begin.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Literal

from connections.errors import PortalError
from connections.object_store import store_of
from connections.objects import ObjectInfo, ObjectStore
from jobs.execution.base import Handle, LogChunk, LogSource, Observation, Phase, Stream
from jobs.execution.logs import cut

CLAIM, END, BEAT, CANCEL = "claim.json", "end.json", "beat.json", "cancel"
# An event that no function began with by then is taken back. Let Lambda keep events as long (infra/lambda/README.md).
MOST_WAITING = timedelta(minutes=30)
# A function that has been silent for so long is no more; it gives a sign every few seconds.
SILENT = timedelta(minutes=2)
_SLACK = timedelta(minutes=1)
# One that had so much of its memory in use when it died, died of that; one that died so near its limit, of that.
_FULL, _NEAR = 0.85, timedelta(seconds=30)

Why = Literal["cancelled", "late", "withdrawn"]
_DETAILS_CHARS = 256
_LOG_PLACE = (
    "It is looked for in S3, where the function sends it every few seconds. What Lambda itself says of the function is "
    "in CloudWatch, in the function's own log group: it names what only those who run the portal may see."
)
_ENDS: dict[str, Observation] = {
    "timeout": Observation(Phase.FAILED, "TIMEOUT", reason="timeout"),
    "memory": Observation(Phase.FAILED, "OUT_OF_MEMORY", reason="memory"),
    "cancelled": Observation(Phase.CANCELLED, "CANCELLED"),
    "start": Observation(Phase.FAILED, "NOT_STARTED", reason="start"),
    "event": Observation(Phase.FAILED, "REJECTED", reason="start"),
}


def state_uri(log_uri: str, token: str) -> str:
    return f"{log_uri}lambda/{token}/"


@dataclass(frozen=True, slots=True)
class JobState:
    """The objects of one job. Every method raises what the store raises."""

    store: ObjectStore
    prefix: str

    @classmethod
    def of(cls, log_uri: str, token: str) -> JobState:
        bucket, _, prefix = state_uri(log_uri, token).removeprefix("s3://").partition("/")
        return cls(store_of(bucket), prefix)

    def is_claimed(self) -> bool:
        """Whether a function has, or had, the job."""
        return self._read(CLAIM).get("by") == "function"

    def take(self, why: Why) -> bool:
        """True when from now on no function can begin with the job; False when one has."""
        content = {"by": "portal", "why": why}
        taken = self.store.put_new(self.prefix + CLAIM, json.dumps(content).encode())
        return taken or self._read(CLAIM).get("by") == "portal"

    def ask_to_stop(self) -> None:
        self.store.put(self.prefix + CANCEL, b"")

    def look(self, *, now: datetime, submitted_at: datetime | None) -> Observation:
        found = self._found()
        if END in found:
            return _ended(self._read(END))
        if CLAIM not in found:
            is_late = submitted_at is not None and now - submitted_at > MOST_WAITING
            if not is_late or not self.take("late"):
                return Observation(Phase.WAITING, "QUEUED")
        claim = self._read(CLAIM)
        if claim.get("by") == "portal":
            return _taken_back(claim)
        return self._running(claim, found, now)

    def log(self, stream: Stream, *, start: int, limit: int) -> LogChunk:
        """As `Engine.log`; empty while the function has sent none."""
        found = self._found()
        if stream not in found:
            return LogChunk(text="", start=0, end=0, size=0, source=LogSource(note=_LOG_PLACE))
        size = found[stream].size
        begin = max(size - limit, 0) if start < 0 else min(start, size)
        data = self.store.read_range(self.prefix + stream, begin, limit) if begin < size else b""
        return cut(data, start=begin, limit=limit, size=size, from_end=start < 0, final=END in found)

    def _running(self, claim: dict[str, Any], found: dict[str, ObjectInfo], now: datetime) -> Observation:
        signs = [found[name].modified_at for name in (CLAIM, BEAT) if name in found]
        last_sign = max((at for at in signs if at), default=now)
        ends_by = datetime.fromtimestamp(float(claim.get("ends_by", 0)), UTC)
        if now - last_sign > SILENT or now > ends_by + _SLACK:
            return self._died(at_its_limit=abs(ends_by - last_sign) < _NEAR)
        return Observation(Phase.RUNNING, "CANCELLING" if CANCEL in found else "RUNNING")

    def _died(self, *, at_its_limit: bool) -> Observation:
        beat = self._read(BEAT)
        used, memory = int(beat.get("used_mb", 0)), int(beat.get("memory_mb", 0))
        words = "The function ended without a word."
        if memory and used >= _FULL * memory:
            words = f"The function ended without a word, when {used} of its {memory} MB were in use."
            return Observation(Phase.FAILED, "DIED", "memory", words)
        if at_its_limit:
            return Observation(Phase.FAILED, "DIED", "timeout", words)
        return Observation(Phase.LOST, "GONE", details=words)

    def _found(self) -> dict[str, ObjectInfo]:
        return {info.key.removeprefix(self.prefix): info for info in self.store.list(self.prefix)}

    def _read(self, name: str) -> dict[str, Any]:
        """Empty where there is none, or nothing that can be read."""
        try:
            content = json.loads(self.store.get(self.prefix + name))
        except ValueError:
            return {}
        except PortalError as error:
            if error.code != "STORE_OBJECT_MISSING":
                raise
            return {}
        return content if isinstance(content, dict) else {}


def state_of(handle: Handle) -> JobState:
    return JobState.of(handle.log_uri, handle.token)


def _ended(end: dict[str, Any]) -> Observation:
    error, metrics = end.get("error") or {}, end.get("metrics") or {}
    known = _ENDS.get(str(error.get("kind", "")), Observation(Phase.FAILED, "FAILED"))
    if end.get("status") == "succeeded":
        known = Observation(Phase.SUCCEEDED, "SUCCEEDED")
    billed = {"gb_seconds": float(metrics["gb_seconds"])} if metrics.get("gb_seconds") else {}
    return Observation(known.phase, known.raw, known.reason, str(error.get("message", ""))[:_DETAILS_CHARS], billed)


def _taken_back(claim: dict[str, Any]) -> Observation:
    if claim.get("why") == "cancelled":
        return Observation(Phase.CANCELLED, "CANCELLED", details="No function had begun with the job; none will.")
    minutes = MOST_WAITING // timedelta(minutes=1)
    words = f"Lambda did not begin with the job within {minutes} minutes; it cannot begin any more."
    return Observation(Phase.FAILED, "NOT_STARTED", "start", words)
