"""Asking for code and for changes, following how it is written, and answering to what came."""

from __future__ import annotations

import uuid

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_POST, require_safe

import catalog.operations
import catalog.queries
from catalog.models import AnalysisSession
from catalog.views.fragments import SignedInRequest
from connections.errors import PortalError
from jobs import asking, code_pages, operations, queries
from jobs.forms import CodeForm
from jobs.models import CodeVersion
from jobs.views.code_panel import code_answer, current_version, version_at


@require_POST
def generate(request: SignedInRequest, session_uuid: uuid.UUID) -> HttpResponse:
    found = catalog.queries.own_session(request.user, session_uuid)
    prompt = request.POST.get("prompt", "")
    try:
        version = asking.ask(session=found, prompt=prompt, by=request.user, **_writer(request))
    except PortalError as error:
        catalog.operations.save_draft(session=found, prompt=prompt)
        return code_answer(request, found, current_version(found), error=error)
    return code_answer(request, found, version)


@require_POST
def change(request: SignedInRequest, session_uuid: uuid.UUID) -> HttpResponse:
    """Asks for a change of the shown version; text that was edited in the editor becomes a version of its own first."""
    found = catalog.queries.own_session(request.user, session_uuid)
    form = CodeForm(request.POST)
    parent = _posted_version(found, form)
    prompt, transform = request.POST.get("change", ""), request.POST.get("transform")
    try:
        if transform is not None:
            parent = operations.version_of(session=found, transform=transform, by=request.user, parent=parent)
        if parent is None:
            raise PortalError("NOTHING_TO_CHANGE")
        version = asking.ask_change(version=parent, prompt=prompt, by=request.user, **_writer(request))
    except PortalError as error:
        return code_answer(request, found, parent, error=error, unsaved=transform, change_text=prompt)
    return code_answer(request, found, version)


@require_GET
def code(request: SignedInRequest, session_uuid: uuid.UUID, number: int) -> HttpResponse:
    """The code panel of one version; asked again and again while the version is being written."""
    found = catalog.queries.session_for(request.user, session_uuid)
    return code_answer(request, found, version_at(found, number))


@require_GET
def panel(request: SignedInRequest, session_uuid: uuid.UUID) -> HttpResponse:
    """The code panel of the current version, or of none yet."""
    found = catalog.queries.session_for(request.user, session_uuid)
    return code_answer(request, found, current_version(found))


@require_POST
def cancel_generation(request: SignedInRequest, session_uuid: uuid.UUID, number: int) -> HttpResponse:
    found = catalog.queries.own_session(request.user, session_uuid)
    version = version_at(found, number)
    asking.cancel_generation(version=version, by=request.user)
    return code_answer(request, found, version)


@require_POST
def accept(request: SignedInRequest, session_uuid: uuid.UUID, number: int) -> HttpResponse:
    """Makes a change the session's code."""
    return _answered(request, session_uuid, number, is_accepted=True)


@require_POST
def reject(request: SignedInRequest, session_uuid: uuid.UUID, number: int) -> HttpResponse:
    """Goes back to what the change was made from."""
    return _answered(request, session_uuid, number, is_accepted=False)


@require_POST
def restore(request: SignedInRequest, session_uuid: uuid.UUID, number: int) -> HttpResponse:
    found = catalog.queries.own_session(request.user, session_uuid)
    version = version_at(found, number)
    try:
        restored = asking.restore(version=version, by=request.user)
    except PortalError as error:
        return code_answer(request, found, version, error=error)
    return code_answer(request, found, restored)


@require_POST
def fix(request: SignedInRequest, run_uuid: uuid.UUID) -> HttpResponse:
    """Asks a model to repair the code of a failed run; the change waits in the workspace."""
    run = queries.own_run(user=request.user, run_uuid=run_uuid)
    version = asking.repair(run=run, by=request.user)
    return redirect(reverse("jobs:session", args=[run.session.uuid]) + f"?version={version.number}")


@require_GET
def diff(request: SignedInRequest, session_uuid: uuid.UUID, number: int) -> HttpResponse:
    """What a version changed in the one that it was made from."""
    found = catalog.queries.session_for(request.user, session_uuid)
    version = version_at(found, number)
    context = {"version": version, "change": code_pages.since_parent(version)}
    return render(request, "jobs/partials/diff.html", context)


def model_sees(request: SignedInRequest, session_uuid: uuid.UUID) -> HttpResponse:
    """The text that a model would read now: with the question as it is typed, else as it was saved. Changes nothing."""
    found = catalog.queries.own_session(request.user, session_uuid)
    question = request.POST.get("prompt", found.draft_prompt)
    context = {"session": found, **code_pages.prompt_of_session(found, request.user, question)}
    is_line = request.GET.get("part") == "line"
    if request.htmx:  # type: ignore[attr-defined]
        name = "jobs/partials/context_line.html" if is_line else "jobs/partials/model_sees.html"
        return render(request, name, context)
    return render(request, "jobs/model_sees.html", context)


@require_safe
def attempt(request: SignedInRequest, session_uuid: uuid.UUID, number: int, attempt: int) -> HttpResponse:
    """What was sent in one call, exactly, and what came back. For those who may change the session."""
    found = catalog.queries.own_session(request.user, session_uuid)
    call = get_object_or_404(version_at(found, number).attempts, number=attempt)
    context = {"attempt": call, "parts": code_pages.sent_parts(call.request)}
    return render(request, "jobs/partials/attempt.html", context)


def _answered(request: SignedInRequest, session_uuid: uuid.UUID, number: int, *, is_accepted: bool) -> HttpResponse:
    found = catalog.queries.own_session(request.user, session_uuid)
    version = version_at(found, number)
    try:
        (asking.accept if is_accepted else asking.reject)(version=version)
    except PortalError as error:
        return code_answer(request, found, version, error=error)
    return code_answer(request, found, version if is_accepted else version.parent or current_version(found))


def _posted_version(found: AnalysisSession, form: CodeForm) -> CodeVersion | None:
    number = form.cleaned_data["version"] if form.is_valid() else None
    return current_version(found) if number is None else version_at(found, number)


def _writer(request: SignedInRequest) -> dict[str, str]:
    """Generator and model as chosen in the page; what is not offered is left to the operation to refuse or replace."""
    wish = request.POST.get("writer", "")
    writer = code_pages.writer_named(wish)
    if writer is None:
        return {"generator": wish.partition(":")[0]}
    return {"generator": writer.generator.name, "model": writer.model}
