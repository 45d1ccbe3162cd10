"""The pickers of the Glue Catalog. Every fragment also works as a plain request: it then leads to the page."""

from __future__ import annotations

import uuid
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET, require_POST

from catalog import glue, glue_access, glue_operations, glue_picker, queries
from catalog.forms import GluePlaceForm, GlueTableForm
from catalog.glue_picker import GluePanel, GluePlace, GlueTables
from catalog.models import AnalysisSession
from catalog.picker import Level
from catalog.views.fragments import SignedInRequest, is_fragment, ticked, to_rail
from connections.errors import PortalError


@require_GET
def databases(request: SignedInRequest, session_uuid: uuid.UUID) -> HttpResponse:
    """The databases' select; the tables then load themselves. One that is remembered may be out of reach by now."""
    session = queries.own_session(request.user, session_uuid)
    glue_access.check(request.user)
    level, place = glue_picker.database_level(glue_picker.place_of(session, request.GET.dict()))
    tables = GlueTables("waiting" if level.state == "loaded" and level.chosen else "blocked")
    return _render(request, session, GluePanel(place, level, tables), "glue_databases")


@require_POST
def remember(request: SignedInRequest, session_uuid: uuid.UUID) -> HttpResponse:
    """A choice in the select; htmx gets the list, which then loads itself."""
    session = queries.own_session(request.user, session_uuid)
    form = GluePlaceForm(request.POST)
    database = form.cleaned_data["database"] if form.is_valid() else ""
    glue_access.check(request.user, database)
    glue_operations.remember_database(session=session, database=database)
    if not is_fragment(request):
        return to_rail(session)
    tables = GlueTables("waiting" if database else "blocked")
    return _render(request, session, GluePanel(GluePlace(database), Level("loaded"), tables), "glue_tables")


@require_GET
def tables(request: SignedInRequest, session_uuid: uuid.UUID) -> HttpResponse:
    """The list, or with `after` only the rows that follow."""
    session, place = _asked(request, session_uuid)
    shown = GluePanel(place, Level("loaded"), glue_picker.table_list(session, place))
    return _render(request, session, shown, "glue_rows" if place.after else "glue_tables")


@require_GET
def columns(request: SignedInRequest, session_uuid: uuid.UUID) -> HttpResponse:
    """The columns of one table, read when its row is opened."""
    session, place = _asked(request, session_uuid)
    context: dict[str, Any] = {"session": session, "retry_url": request.get_full_path()}
    try:
        context["table"] = glue.table_detail(place.database, request.GET.get("table", "").replace("\x00", ""))
    except PortalError as error:
        context["error"] = error
    return render(request, "catalog/partials/glue_columns.html", context)


@require_POST
def pick(request: SignedInRequest, session_uuid: uuid.UUID) -> HttpResponse:
    """Picks one table or puts it back; answers with its checkbox, the counters and the chips."""
    session = queries.own_session(request.user, session_uuid)
    form = GlueTableForm(request.POST)
    if not form.is_valid():
        raise PortalError("TABLE_NOT_FOUND", table=form["name"].value() or "")
    database, name = form.cleaned_data["database"], form.cleaned_data["name"]
    failed: PortalError | None = None
    try:
        if form.cleaned_data["pick"]:
            glue_operations.add_tables(session=session, user=request.user, database=database, names=[name])
            glue_operations.remember_database(session=session, database=database)
        else:
            glue_operations.remove_table(session=session, database=database, name=name)
    except PortalError as error:
        failed = error
    picked = glue_picker.picked_tables(session, database)
    tick = glue_picker.tick(session, database, name, picked, failed)
    return ticked(request, session, tick, picked_count=len(picked))


@require_POST
def selection(request: SignedInRequest, session_uuid: uuid.UUID) -> HttpResponse:
    """The list's checkboxes as one plain form."""
    session = queries.own_session(request.user, session_uuid)
    form = GluePlaceForm(request.POST)
    if not form.is_valid():
        raise PortalError("NOT_FOUND")
    glue_operations.set_selection(
        session=session,
        user=request.user,
        database=form.cleaned_data["database"],
        shown=request.POST.getlist("shown"),
        picked=request.POST.getlist("source"),
    )
    return to_rail(session)


def _asked(request: SignedInRequest, session_uuid: uuid.UUID) -> tuple[AnalysisSession, GluePlace]:
    """The session and the place of a GET fragment; only its owner has pickers, and only who may use Glue."""
    session = queries.own_session(request.user, session_uuid)
    place = glue_picker.place_of(session, request.GET.dict())
    glue_access.check(request.user, place.database)
    return session, place


def _render(request: HttpRequest, session: AnalysisSession, panel: GluePanel, template: str) -> HttpResponse:
    return render(request, f"catalog/partials/{template}.html", {"session": session, "glue": panel})
