"""The chips of the picked sources. Every fragment also works as a plain request: it then leads to the page."""

from __future__ import annotations

import uuid

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET, require_POST

from catalog import drift, operations, queries
from catalog.forms import AliasForm
from catalog.models import AnalysisSession
from catalog.views.fragments import SignedInRequest, announce, chips, is_fragment
from connections.errors import PortalError


@require_GET
def sources(request: SignedInRequest, session_uuid: uuid.UUID) -> HttpResponse:
    session = queries.session_for(request.user, session_uuid)
    return render(request, "catalog/partials/sources.html", queries.sources_context(session, request.user))


@require_GET
def changes(request: SignedInRequest, session_uuid: uuid.UUID) -> HttpResponse:
    """How the picked sources have changed since they were picked; asks their catalogues."""
    session = queries.own_session(request.user, session_uuid)
    return _changes(request, session)


@require_POST
def refresh(request: SignedInRequest, session_uuid: uuid.UUID, source_id: int) -> HttpResponse:
    """Takes a source as it is now."""
    session = queries.own_session(request.user, session_uuid)
    operations.refresh_source(session=session, user=request.user, source_id=source_id)
    if not is_fragment(request):
        return redirect("jobs:session", session.uuid)
    return announce(_changes(request, session), "sources-changed")


def _changes(request: SignedInRequest, session: AnalysisSession) -> HttpResponse:
    report = drift.report(request.user, queries.sources_of(session))
    return render(request, "catalog/partials/source_changes.html", {"session": session, "report": report})


@require_POST
def remove(request: SignedInRequest, session_uuid: uuid.UUID, source_id: int) -> HttpResponse:
    session = queries.own_session(request.user, session_uuid)
    operations.remove_source(session=session, source_id=source_id)
    return chips(request, session, removed=True)


@require_POST
def rename(request: SignedInRequest, session_uuid: uuid.UUID, source_id: int) -> HttpResponse:
    """A new alias; what was typed stays in the field when it is refused."""
    session = queries.own_session(request.user, session_uuid)
    form = AliasForm(request.POST)
    alias = form.cleaned_data["alias"] if form.is_valid() else ""
    try:
        operations.rename_alias(session=session, source_id=source_id, alias=alias)
    except PortalError as error:
        if error.code not in ("ALIAS_INVALID", "ALIAS_TAKEN") or not is_fragment(request):
            raise
        refusal = {"alias_error": error, "alias_error_id": source_id, "alias_typed": request.POST.get("alias", "")}
        context = queries.sources_context(session, request.user) | refusal
        return render(request, "catalog/partials/sources.html", context, status=error.status)
    return chips(request, session)
