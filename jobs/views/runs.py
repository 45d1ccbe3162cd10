"""A run: its page with tabs, its live fragments, its files to download, what can be done with it; and the history."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse, StreamingHttpResponse
from django.shortcuts import redirect, render
from django.utils.text import slugify
from django.views.decorators.http import require_GET, require_POST

from catalog.views.fragments import SignedInRequest
from connections.errors import PortalError
from jobs import operations, queries, repairs, results, run_log, run_pages
from jobs.forms import AgainForm
from jobs.models import JobRun

HISTORY_STATES = (
    ("active", "Active"),
    ("succeeded", "Succeeded"),
    ("failed", "Failed"),
    ("cancelled", "Cancelled"),
    ("pending", "Queued"),
    ("running", "Running"),
    ("cancelling", "Cancelling"),
)
HISTORY_POLL_SECONDS = 3


@require_GET
def history(request: SignedInRequest) -> HttpResponse:
    return render(request, "jobs/runs.html", _history(request))


@require_GET
def history_rows(request: SignedInRequest) -> HttpResponse:
    """The rows of the same address's list as they are now; they stop asking once none is active."""
    return render(request, "jobs/partials/runs_rows.html", _history(request))


@require_GET
def page(request: SignedInRequest, run_uuid: uuid.UUID, tab: str = "overview") -> HttpResponse:
    run = queries.visible_run(user=request.user, run_uuid=run_uuid)
    if tab not in run_pages.TABS:
        raise Http404
    context = run_pages.page(run, request.user, tab, request.GET)
    error: PortalError | None = context.get("result_error") if tab == "results" else None
    return render(request, "jobs/run.html", context, status=error.status if error else 200)


@require_GET
def live(request: SignedInRequest, run_uuid: uuid.UUID) -> HttpResponse:
    """The timeline as it is now; when the state is another than `seen`, header, outcome and announcement as well."""
    run = queries.visible_run(user=request.user, run_uuid=run_uuid)
    tab = request.GET.get("tab", "")
    context = run_pages.live(run, request.user, tab if tab in run_pages.TABS else "overview")
    if context["mark"] != request.GET.get("seen"):
        context |= {"is_fragment": True}
        context |= run_pages.outcome(run) if context["tab"] == "overview" else {}
    return render(request, "jobs/partials/run_live.html", context)


@require_GET
def log(request: SignedInRequest, run_uuid: uuid.UUID) -> HttpResponse:
    """Lines after a cursor, or before a line; 204 while there is nothing new."""
    run = queries.visible_run(user=request.user, run_uuid=run_uuid)
    context = {"run": run} | run_pages.log(run, request.GET)
    part = context.get("part")
    if "until" in request.GET:
        return render(request, "jobs/partials/log_earlier.html", context)
    if part is None or (not part.lines and not part.ended):
        return HttpResponse(status=204)
    return render(request, "jobs/partials/log_more.html", context)


@require_GET
def log_file(request: SignedInRequest, run_uuid: uuid.UUID, stream: str) -> StreamingHttpResponse:
    run = queries.visible_run(user=request.user, run_uuid=run_uuid)
    for known in run_log.STREAMS:
        if known == stream:
            return _download(run_log.whole(run, known), f"run-{run.pk}-{stream}.log", "text/plain")
    raise Http404


@require_GET
def csv(request: SignedInRequest, run_uuid: uuid.UUID) -> StreamingHttpResponse:
    run = queries.visible_run(user=request.user, run_uuid=run_uuid)
    return _download(results.csv_rows(run), f"{_file_name(run)}.csv", "text/csv")


@require_GET
def script(request: SignedInRequest, run_uuid: uuid.UUID) -> StreamingHttpResponse:
    """The very bytes that ran."""
    run = queries.visible_run(user=request.user, run_uuid=run_uuid)
    return _download(iter([run.script.encode()]), f"{_file_name(run)}.py", "text/x-python")


@require_POST
def cancel(request: SignedInRequest, run_uuid: uuid.UUID) -> HttpResponse:
    return _stopped(request, run_uuid, operations.cancel_run)


@require_POST
def again(request: SignedInRequest, run_uuid: uuid.UUID) -> HttpResponse:
    """A new run of the same version, maybe larger or longer; when it is refused, the old run's page says why."""
    run = queries.own_run(user=request.user, run_uuid=run_uuid)
    form = AgainForm(request.POST)
    if not form.is_valid():
        raise Http404
    wish = form.cleaned_data
    try:
        started = operations.run_again(
            run=run,
            by=request.user,
            target=wish["target"],
            timeout_minutes=wish["timeout_minutes"],
            profile=wish["size"],
        )
    except PortalError as error:
        messages.error(request, f"{error.message} {error.hint}")
        return redirect("jobs:run_page", run.uuid)
    return redirect("jobs:run_page", started.uuid)


@require_POST
def stop_repair(request: SignedInRequest, run_uuid: uuid.UUID) -> HttpResponse:
    """Stops the automatic repair before it has started another run."""
    return _stopped(request, run_uuid, repairs.stop_repair)


def _stopped(request: SignedInRequest, run_uuid: uuid.UUID, stop: Callable[..., object]) -> HttpResponse:
    """The run's page, which says why where there is nothing to stop any more."""
    run = queries.own_run(user=request.user, run_uuid=run_uuid)
    try:
        stop(run=run, by=request.user)
    except PortalError as error:
        messages.warning(request, f"{error.message} {error.hint}")
    return redirect("jobs:run_page", run.uuid)


def _history(request: SignedInRequest) -> dict[str, Any]:
    query = request.GET
    scope = "team" if query.get("scope") == "team" else "mine"
    states = query.getlist("state")
    text = query.get("q", "").strip()
    before = query.get("before", "")
    listed = queries.run_history(
        user=request.user,
        scope=scope,
        states=queries.states_of(states),
        text=text,
        before=int(before) if before.isascii() and before.isdecimal() and len(before) <= 15 else None,
    )
    return {
        "nav": "runs",
        "history": listed,
        "scope": scope,
        "text": text,
        "state": states[0].lower() if states else "",
        "state_choices": HISTORY_STATES,
        "is_filtered": bool(text or any(states)),
        "poll_seconds": HISTORY_POLL_SECONDS if listed.has_active else None,
    }


def _file_name(run: JobRun) -> str:
    return f"{slugify(run.title)[:60] or 'run'}-{run.pk}"


def _download(pieces: Iterator[bytes], name: str, content_type: str) -> StreamingHttpResponse:
    return StreamingHttpResponse(
        pieces,
        content_type=f"{content_type}; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "private, no-store"},
    )
