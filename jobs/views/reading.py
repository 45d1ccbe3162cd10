"""How a picked table is read: a person's own choices in place of the plan's."""

from __future__ import annotations

import uuid

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST

import catalog.queries
from catalog.views.fragments import SignedInRequest
from connections.errors import PortalError
from jobs import reading, workspace
from jobs.forms import ReadingForm


@require_POST
def read_options(request: SignedInRequest, session_uuid: uuid.UUID, source_id: int) -> HttpResponse:
    """Answers with how the table is read now; what was refused is said beside the form, and nothing is changed."""
    found = catalog.queries.own_session(request.user, session_uuid)
    shown = reading.reading_of(found, source_id)
    refused: PortalError | None = None
    try:
        options = ReadingForm(request.POST).options()
        reading.set_read_options(session=found, source_id=source_id, by=request.user, options=options)
        shown = reading.reading_of(found, source_id)
    except PortalError as error:
        refused = error
        shown |= {"refused": error, "chosen": request.POST, "as_text": request.POST.get("as_text", "")}
    status = refused.status if refused else 200
    if request.htmx:  # type: ignore[attr-defined]
        context = {"reading": shown, "session": found, "can_edit": True, "open": True}
        return render(request, "jobs/partials/reading.html", context, status=status)
    if refused is None:
        return redirect("jobs:session", found.uuid)
    page = workspace.page(found, request.user, found.code_versions.first())
    page["readings"] = [shown if one["id"] == source_id else one for one in page["readings"]]
    rail = catalog.queries.rail_context(found, request.user, request.GET)
    return render(request, "jobs/workspace.html", page | rail, status=status)
