"""The workspace: one session with its sources, question, code and run bar."""

from __future__ import annotations

import uuid

from django.http import Http404, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_GET, require_POST

import catalog.operations
import catalog.queries
from catalog.models import AnalysisSession
from catalog.views.fragments import SignedInRequest
from connections.errors import PortalError
from jobs import operations, workspace
from jobs.forms import CodeForm, QuoteForm, RunForm, TitleForm
from jobs.models import CodeVersion
from jobs.views.code_panel import code_answer, current_version, version_at


@require_GET
def home(request: SignedInRequest) -> HttpResponse:
    """The session used last, or a first one."""
    session = AnalysisSession.objects.owned_by(request.user).first()
    return redirect("jobs:session", (session or catalog.operations.create_session(owner=request.user)).uuid)


@require_POST
def new_session(request: SignedInRequest) -> HttpResponse:
    return redirect("jobs:session", catalog.operations.create_session(owner=request.user).uuid)


@require_GET
def sessions(request: SignedInRequest) -> HttpResponse:
    return render(request, "jobs/sessions.html", {"sessions": catalog.queries.sessions_with_sources(request.user)})


@require_GET
def session(request: SignedInRequest, session_uuid: uuid.UUID) -> HttpResponse:
    found = catalog.queries.session_for(request.user, session_uuid)
    chosen = request.GET.get("version", "")
    version = version_at(found, int(chosen)) if chosen.isdecimal() else current_version(found)
    context = workspace.page(found, request.user, version)
    return render(
        request, "jobs/workspace.html", context | catalog.queries.rail_context(found, request.user, request.GET)
    )


@require_GET
def engine_line(request: SignedInRequest, session_uuid: uuid.UUID) -> HttpResponse:
    found = catalog.queries.session_for(request.user, session_uuid)
    return render(request, "jobs/partials/engine_line.html", {"session": found, "engine": workspace.engine(found)})


@require_GET
def quote(request: SignedInRequest, session_uuid: uuid.UUID) -> HttpResponse:
    """The line under the run bar for what is chosen in it."""
    found = catalog.queries.own_session(request.user, session_uuid)
    form = QuoteForm(request.GET)
    if not form.is_valid():
        raise Http404
    wish = form.cleaned_data
    chosen = {"target": wish["target"], "size": wish["size"], "minutes": wish["timeout_minutes"]}
    told = workspace.quote_of(found, request.user, **chosen)
    return render(request, "jobs/partials/run_quote.html", told | workspace.repairs_of(told, is_wanted=wish["repair"]))


@require_POST
def rename(request: SignedInRequest, session_uuid: uuid.UUID) -> HttpResponse:
    found = catalog.queries.own_session(request.user, session_uuid)
    form = TitleForm(request.POST)
    if form.is_valid():
        catalog.operations.rename_session(session=found, title=form.cleaned_data["title"])
    return redirect("jobs:session", found.uuid)


@require_POST
def draft(request: SignedInRequest, session_uuid: uuid.UUID) -> HttpResponse:
    """Keeps the question as it is typed; answers with the time of saving."""
    found = catalog.queries.own_session(request.user, session_uuid)
    catalog.operations.save_draft(session=found, prompt=request.POST.get("prompt", ""))
    return render(request, "jobs/partials/draft_saved.html", {"saved_at": timezone.now()})


@require_POST
def check(request: SignedInRequest, session_uuid: uuid.UUID) -> HttpResponse:
    """The findings of a text that is being typed; nothing is kept."""
    found = catalog.queries.own_session(request.user, session_uuid)
    checked = operations.check_typed(session=found, transform=request.POST.get("transform", ""))
    return JsonResponse({"findings": checked.finding_dicts(), "rehearsal": checked.rehearsal["state"]})


@require_POST
def save_code(request: SignedInRequest, session_uuid: uuid.UUID) -> HttpResponse:
    found = catalog.queries.own_session(request.user, session_uuid)
    form = CodeForm(request.POST)
    number = form.cleaned_data["version"] if form.is_valid() else None
    parent = None if number is None else version_at(found, number)
    transform = request.POST.get("transform", "")
    try:
        version = operations.save_edit(session=found, transform=transform, by=request.user, parent=parent)
    except PortalError as error:
        return code_answer(request, found, parent, error=error, unsaved=transform)
    return code_answer(request, found, version)


@require_POST
def run(request: SignedInRequest, session_uuid: uuid.UUID) -> HttpResponse:
    """Starts a run of exactly the editor's text; a changed text becomes a version of its own first."""
    found = catalog.queries.own_session(request.user, session_uuid)
    form = RunForm(request.POST)
    if not form.is_valid():
        raise Http404
    number = form.cleaned_data["version"]
    parent = current_version(found) if number is None else version_at(found, number)
    transform = form.cleaned_data["transform"]
    version: CodeVersion | None = parent
    try:
        version = operations.version_of(session=found, transform=transform, by=request.user, parent=parent)
        started = operations.start_run(
            version=version,
            by=request.user,
            target=form.cleaned_data["target"],
            timeout_minutes=form.cleaned_data["timeout_minutes"],
            row_limit=form.cleaned_data["row_limit"],
            profile=form.cleaned_data["size"],
            repair=form.cleaned_data["repair"],
        )
    except PortalError as error:
        return code_answer(request, found, version, unsaved=transform, refusal=error)
    return _go(request, reverse("jobs:run_page", args=[started.uuid]))


@require_GET
def script(request: SignedInRequest, session_uuid: uuid.UUID, number: int) -> HttpResponse:
    """The complete script of a version, to download."""
    text = _script_text(request, session_uuid, number)
    headers = {"Content-Disposition": f'attachment; filename="pgspark-v{number}.py"'}
    return HttpResponse(text, content_type="text/x-python; charset=utf-8", headers=headers)


@require_GET
def script_view(request: SignedInRequest, session_uuid: uuid.UUID, number: int) -> HttpResponse:
    context = {"script": _script_text(request, session_uuid, number), "number": number}
    return render(request, "jobs/partials/script_view.html", context)


def _script_text(request: SignedInRequest, session_uuid: uuid.UUID, number: int) -> str:
    version = version_at(catalog.queries.session_for(request.user, session_uuid), number)
    return operations.preview_script(version=version, by=request.user)


def _go(request: SignedInRequest, url: str) -> HttpResponse:
    if request.htmx:  # type: ignore[attr-defined]
        return HttpResponse(headers={"HX-Redirect": url})
    return redirect(url)
