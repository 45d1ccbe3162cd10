"""EMR Serverless in the pages: whether the application is up, starting it, and the Spark UI of a run."""

from __future__ import annotations

import uuid

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET, require_POST

import catalog.queries
from catalog.models import AnalysisSession
from catalog.views.fragments import SignedInRequest
from connections.errors import PortalError
from jobs import engines, queries
from jobs.workspace import application_of


@require_GET
def state(request: SignedInRequest, session_uuid: uuid.UUID) -> HttpResponse:
    """Whether the application that the selection would run on is up; asked for by the page once it is there."""
    return _state(request, catalog.queries.session_for(request.user, session_uuid))


@require_POST
def start(request: SignedInRequest, session_uuid: uuid.UUID) -> HttpResponse:
    found = catalog.queries.own_session(request.user, session_uuid)
    application_id = application_of(found)
    problem = None
    if application_id:
        try:
            engines.start_application(application_id)
        except PortalError as error:
            problem = error
    if request.htmx:  # type: ignore[attr-defined]
        return _state(request, found, problem)
    if problem:
        messages.warning(request, f"{problem.message} {problem.hint}")
    return redirect("jobs:session", found.uuid)


@require_POST
def spark_ui(request: SignedInRequest, run_uuid: uuid.UUID) -> HttpResponse:
    """Leads to the Spark UI. The address lets anybody in for an hour, so it is made at the click and kept nowhere.

    A redirect of a form is bound to our own origin by the page's policy; a page that moves on is not.
    """
    run = queries.visible_run(user=request.user, run_uuid=run_uuid)
    try:
        address = engines.spark_ui_address(run)
    except PortalError as error:
        messages.warning(request, f"{error.message} {error.hint}")
        return redirect("jobs:run_page", run.uuid)
    response = render(request, "jobs/spark_ui.html", {"address": address, "run": run, "nav": "runs"})
    response["Refresh"] = f"0; url={address}"
    response["Cache-Control"], response["Referrer-Policy"] = "no-store", "no-referrer"
    return response


def _state(request: SignedInRequest, session: AnalysisSession, problem: PortalError | None = None) -> HttpResponse:
    """One line; empty where the selection runs on no application."""
    application_id = application_of(session)
    if not application_id:
        return HttpResponse()
    context: dict[str, object] = {"session": session, "can_edit": session.owner_id == request.user.pk}
    try:
        context |= {"look": engines.look_at(application_id), "problem": problem}
    except PortalError as error:
        context |= {"problem": error}
    return render(request, "jobs/partials/engine_state.html", context)
