"""A run as stages with seconds and a sentence each, computed from its events; no clock and no database here."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from jobs.models import JobRun
from jobs.states import RUN_FINAL, RunState

StepState = Literal["done", "live", "failed", "skipped", "future"]
Move = tuple[str, datetime]

BAR_WIDTH = 96
TICK_AT = BAR_WIDTH * 2 // 3
WORKER_WAIT_SECONDS = 10

STAGES = {"queued": "Queued", "starting": "Starting", "running": "Running", "collecting": "Collecting results"}
# CANCELLING and the final states have no stage of their own: they belong to the one in which they come.
_STAGE_OF = {
    RunState.PENDING: "queued",
    RunState.SUBMITTING: "starting",
    RunState.RUNNING: "running",
    RunState.COLLECTING: "collecting",
}


@dataclass(frozen=True, slots=True)
class Typical:
    """What similar runs took: median seconds per stage, and the middle half of their totals."""

    stages: Mapping[str, float]
    count: int
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Passage:
    """Seconds spent in each stage that was reached; `stage` is the last one."""

    seconds: Mapping[str, float]
    stage: str


@dataclass(frozen=True, slots=True)
class Step:
    """One row of the timeline; `typical` is the median of similar runs, None without any."""

    key: str
    name: str
    state: StepState
    seconds: float | None = None
    sentence: str = ""
    typical: float | None = None

    @property
    def bar(self) -> int | None:
        """Width of the bar, with the median always at `TICK_AT`; None when there is nothing to compare."""
        if self.seconds is None or not self.typical:
            return None
        return round(min(self.seconds / self.typical * TICK_AT, BAR_WIDTH))

    @property
    def tick(self) -> int | None:
        return TICK_AT if self.typical else None


def passage(begun: datetime, moves: Iterable[Move], now: datetime) -> Passage:
    """Where the time went from `begun` to the final move, or to `now` while there is none."""
    seconds: dict[str, float] = {}
    stage, since = "queued", begun
    for state, at in moves:
        if state in RUN_FINAL:
            now = at
            break
        entered = _STAGE_OF.get(RunState(state), stage)
        if entered != stage:
            seconds[stage] = _between(since, at)
            stage, since = entered, at
    seconds[stage] = _between(since, now)
    return Passage(seconds, stage)


def steps(run: JobRun, passed: Passage, typical: Typical | None, *, now: datetime) -> list[Step]:
    """The rows of the timeline, first to last; `passed` comes from `passage` over the run's events."""
    medians = typical.stages if typical else {}
    reached = list(STAGES).index(passed.stage)
    rows = [
        Step(
            key=key,
            name=name,
            state=_state(run, position, reached),
            seconds=passed.seconds.get(key),
            sentence=_sentence(run, key, passed, position - reached, now),
            typical=medians.get(key),
        )
        for position, (key, name) in enumerate(STAGES.items())
    ]
    return [*rows, _done(run)]


def _between(start: datetime, end: datetime) -> float:
    return max((end - start).total_seconds(), 0.0)


def _state(run: JobRun, position: int, reached: int) -> StepState:
    if position < reached or run.state == RunState.SUCCEEDED:
        return "done"
    if position > reached:
        return "future" if run.is_active else "skipped"
    if run.is_active:
        return "live"
    return "failed" if run.state == RunState.FAILED else "skipped"


def _done(run: JobRun) -> Step:
    if run.state == RunState.SUCCEEDED:
        rows = run.row_count or 0
        return Step("done", "Done", "done", sentence=f"{rows:,} row{'' if rows == 1 else 's'} written.")
    return Step("done", "Done", "future" if run.is_active else "skipped")


def _sentence(run: JobRun, key: str, passed: Passage, distance: int, now: datetime) -> str:
    """What there is to say of a stage that lies `distance` behind (below 0) or ahead of the last reached one."""
    if run.state == RunState.SUCCEEDED or distance < 0:
        return ""
    if distance > 0:
        not_reached = "Not reached, no result was written." if key == "collecting" else "Not reached."
        return "" if run.is_active else not_reached
    return _live_sentence(run, key, passed, now) if run.is_active else _end_sentence(run, key)


def _live_sentence(run: JobRun, key: str, passed: Passage, now: datetime) -> str:
    engine = run.get_target_display()
    if run.cancel_requested_at or run.state == RunState.CANCELLING:
        return _cancelling_sentence(run, now)
    if key == "queued":
        return _queued_sentence(run, passed)
    if key == "starting":
        return f"The script is handed to {engine}.{_tried_sentence(run)}"
    if key == "collecting":
        return f"The job has ended; its manifest and files are checked.{_tried_sentence(run)}"
    return _engine_sentence(run, now)


def _queued_sentence(run: JobRun, passed: Passage) -> str:
    if run.backend_details:
        return f"Waiting for its turn: {run.backend_details}"
    late = passed.seconds["queued"] > WORKER_WAIT_SECONDS
    return "Waiting for a worker. The run is kept and starts as soon as one is free." if late else ""


def _tried_sentence(run: JobRun) -> str:
    return f" That failed {_times(run.poll_errors)} and is tried again." if run.poll_errors else ""


def _engine_sentence(run: JobRun, now: datetime) -> str:
    """What the engine said last, and how long ago: an old answer is not passed off as the present."""
    engine = run.get_target_display()
    if not run.asked_at:
        said = f"{engine} has the job"
    else:
        said = f"{engine} says {run.backend_state}, asked {_between(run.asked_at, now):.0f} s ago"
    if not run.poll_errors:
        return f"{said}."
    return (
        f"{said}. It has not answered since, {_times(run.poll_errors)} asked; it is asked again, and the job goes on."
    )


def _times(count: int) -> str:
    return "once" if count == 1 else f"{count} times"


def _cancelling_sentence(run: JobRun, now: datetime) -> str:
    if run.cancel_requested_at is None:
        return f"Its time limit is over. {run.get_target_display()} was asked to stop and has not confirmed yet."
    asked = f"Asked {_between(run.cancel_requested_at, now):.0f} s ago."
    if run.state == RunState.CANCELLING:
        return f"Cancelling… {run.get_target_display()} has the request and has not confirmed yet. {asked}"
    return f"Cancelling… The wish is noted; a worker passes it on. {asked}"


def _end_sentence(run: JobRun, key: str) -> str:
    if run.state == RunState.CANCELLED:
        return "Cancelled before it started; nothing ran." if key == "queued" else "Cancelled here."
    return f"{run.get_target_display()} said {run.backend_state}." if run.backend_state else ""
