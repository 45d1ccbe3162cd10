"""How views answer with the code panel: the fragment for htmx, the whole page for a plain form."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django_htmx.http import retarget

import catalog.queries
from catalog.models import AnalysisSession
from catalog.views.fragments import SignedInRequest
from connections.errors import PortalError
from jobs import workspace
from jobs.models import CodeVersion


def version_at(session: AnalysisSession, number: int) -> CodeVersion:
    return get_object_or_404(session.code_versions.select_related("parent"), number=number)


def current_version(session: AnalysisSession) -> CodeVersion | None:
    """The newest version that the session can stand on."""
    return session.code_versions.current().select_related("parent").first()


def code_answer(
    request: SignedInRequest,
    found: AnalysisSession,
    version: CodeVersion | None,
    *,
    unsaved: str | None = None,
    change_text: str = "",
    **errors: PortalError | None,
) -> HttpResponse:
    """The code panel of `version`; `unsaved` text stays in the editor, `change_text` in the field beside it.

    `errors` are `error`, shown above the code, or `refusal`, shown beside Run; their status is the answer's.
    """
    told = next((error for error in errors.values() if error), None)
    status = told.status if told else 200
    context = workspace.code_panel(found, request.user, version, unsaved=unsaved) | errors
    context["change_text"] = change_text
    if request.htmx:  # type: ignore[attr-defined]
        return _fragment(request, context, version, status)
    if told is None and request.method == "POST":
        query = f"?version={version.number}" if version else ""
        return redirect(reverse("jobs:session", args=[found.uuid]) + query)
    whole = workspace.page(found, request.user, version) | context
    rail = catalog.queries.rail_context(found, request.user, request.GET)
    return render(request, "jobs/workspace.html", whole | rail, status=status)


def _fragment(
    request: SignedInRequest, context: dict[str, Any], version: CodeVersion | None, status: int
) -> HttpResponse:
    """The whole panel with what stands around it; for a look at a version that is still written, only how far it is."""
    is_look = request.method == "GET" and "live" in request.GET
    if is_look and version is not None and version.is_active:
        return render(request, "jobs/partials/code_live.html", context)
    answer = render(request, "jobs/partials/code_panel.html", context | {"is_fragment": True}, status=status)
    return retarget(answer, "#code-panel") if is_look else answer
