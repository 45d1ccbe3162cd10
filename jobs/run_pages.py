"""What the run page and its fragments show, gathered from the run, its timeline, its log and its result."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, cast

from django.conf import settings
from django.contrib.auth.models import User
from django.http import QueryDict

from connections.errors import PortalError
from jobs import engines, queries, results, run_log
from jobs.code_pages import since_parent
from jobs.execution.base import Stream
from jobs.execution.choosing import is_engines_limit
from jobs.explanation.explain import explain
from jobs.models import JobRun
from jobs.remedies import culprit_of, remedy_of
from jobs.states import RepairState

TABS = {"overview": "Overview", "results": "Results", "files": "Files", "code": "Code", "logs": "Logs"}
PAGE_SIZES = (50, 100, 200)
CODE_WINDOW = 6
_FAST_SECONDS, _STEADY_SECONDS = 20, 300
_REPAIR_POLL_SECONDS = 2


@dataclass(frozen=True, slots=True)
class CodeLine:
    number: int
    text: str
    is_marked: bool


def page(run: JobRun, user: User, tab: str, query: QueryDict) -> dict[str, Any]:
    """The context of a whole page on one of the `TABS`."""
    context = live(run, user, tab)
    if tab in ("overview", "logs"):
        context |= log(run, query)
    if tab == "overview":
        context |= outcome(run)
    if tab == "results":
        context |= _grid(run, query)
    if tab == "code":
        context["code_lines"] = _lines(run.code_version.transform)
        context["explained"] = explain(run.code_version.rehearsal, run.code_version.sources)
    return context


def live(run: JobRun, user: User, tab: str) -> dict[str, Any]:
    """What changes by itself while the run is active: header, timeline, and how soon to ask again."""
    timeline = queries.timeline(run)
    return {
        "nav": "runs",
        "run": run,
        "tab": tab,
        "tabs": TABS,
        "can_edit": run.session.owner_id == user.pk,
        "has_spark_ui": engines.has_spark_ui(run),
        "has_engines_limit": is_engines_limit(run.target, run.timeout_minutes),
        "timeline": timeline,
        "mark": mark(run),
        "poll_seconds": _poll_seconds(run, timeline.seconds),
        "summary": results.summary(run),
    }


def mark(run: JobRun) -> str:
    """Changes whenever the header has something new to say."""
    repair = run.own_repair
    return f"{run.state}{'-asked' if run.cancel_requested_at else ''}{f'-{repair.state}' if repair else ''}"


def outcome(run: JobRun) -> dict[str, Any]:
    """What came of the run: the first rows, or the failure with the lines of code around it.

    Of one that a repair has started also what the repair changed.
    """
    context = {"change": since_parent(run.code_version)} if run.repair_number else {}
    if run.manifest:
        rows = _rows(run, offset=0, limit=settings.PGSPARK_RESULT_PREVIEW_ROWS)
        return context | {"preview": rows.get("result"), "result_error": rows.get("result_error")}
    line = run.failure.get("line")
    return context | {
        "code_window": _window(run.code_version.transform, line) if line else [],
        "culprit": culprit_of(run),
        "remedy": None if is_repaired(run) else remedy_of(run),
    }


def is_repaired(run: JobRun) -> bool:
    """Whether a repair is under way or has led to another run: then there is nothing for a person to do."""
    repair = run.own_repair
    return repair is not None and (repair.is_active or repair.state == RepairState.STARTED)


def log(run: JobRun, query: QueryDict) -> dict[str, Any]:
    """The end of one stream, or what was written after `start`; an engine that cannot say shows its error."""
    stream = cast(Stream, query.get("stream") if query.get("stream") in run_log.STREAMS else run_log.STREAMS[0])
    context: dict[str, Any] = {"stream": stream, "streams": run_log.STREAMS, "has_log": run_log.has_log(run)}
    start, line, until = (_number(query.get(name)) for name in ("start", "line", "until"))
    source = query.get("source", "")
    try:
        if start is not None:
            part = run_log.following(run, stream, start=start, line=max(line or 1, 1), source=source)
        else:
            part = run_log.tail(run, stream, until=until)
    except PortalError as error:
        return context | {"log_error": error}
    return context | {"part": part, "follows": until is None and not part.ended and not part.cut}


def _grid(run: JobRun, query: QueryDict) -> dict[str, Any]:
    size = _number(query.get("per"))
    size = size if size in PAGE_SIZES else PAGE_SIZES[0]
    number = max(_number(query.get("page")) or 1, 1)
    search = query.get("q", "").replace("\x00", "").strip()
    context: dict[str, Any] = {"per": size, "sizes": PAGE_SIZES, "search": search}
    context |= {"sort": query.get("sort"), "descending": query.get("desc") == "1"}
    if not run.manifest:
        return context
    wish = {"sort": context["sort"], "descending": context["descending"], "search": search or None}
    shown = _rows(run, offset=(number - 1) * size, limit=size, **wish)
    matched = shown["result"].matched if "result" in shown else 0
    pages = max(-(-matched // size), 1)
    if number > pages:
        number, shown = pages, _rows(run, offset=(pages - 1) * size, limit=size, **wish)
    return context | shown | {"page": number, "pages": pages}


def _rows(run: JobRun, **wish: Any) -> dict[str, Any]:
    try:
        return {"result": results.page(run, **wish)}
    except PortalError as error:
        return {"result_error": error}


def _number(text: str | None) -> int | None:
    """A number of the address, None when it is none or no sensible one."""
    return int(text) if text and text.isascii() and text.isdecimal() and len(text) <= 12 else None


def _poll_seconds(run: JobRun, age: float) -> int | None:
    """None once nothing changes by itself any more."""
    if run.is_being_repaired:
        return _REPAIR_POLL_SECONDS
    if not run.is_active:
        return None
    if age < _FAST_SECONDS:
        return 1
    return 3 if age < _STEADY_SECONDS else 10


def _lines(code: str, marked: int | None = None) -> list[CodeLine]:
    return [CodeLine(number, text, number == marked) for number, text in enumerate(code.splitlines(), 1)]


def _window(code: str, line: int) -> list[CodeLine]:
    """Six lines with the marked one in them, fewer when the code has fewer."""
    lines = _lines(code, line)
    first = min(max(line - 4, 0), max(len(lines) - CODE_WINDOW, 0))
    return lines[first : first + CODE_WINDOW]
