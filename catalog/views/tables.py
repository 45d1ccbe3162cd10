"""What one PostgreSQL table shows on demand: columns, statistics, a few rows; its star and its note."""

from __future__ import annotations

import uuid
from typing import Any

from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST

from catalog import marks, operations, queries
from catalog.browsing import Catalogue
from catalog.forms import NoteForm, StarForm, TableForm
from catalog.models import AnalysisSession
from catalog.picker import Place
from catalog.table_page import column_list, profile
from catalog.table_rows import dom_id, table_form
from catalog.types import TableRef
from catalog.views.fragments import SignedInRequest, asked, is_fragment
from connections.errors import PortalError
from connections.models import DatabaseConnection
from connections.queries import connection_for


@require_GET
def columns(request: SignedInRequest, session_uuid: uuid.UUID) -> HttpResponse:
    """The columns of one table, read when its row is opened; the first of them, or with `all` every one."""
    context = _table(request, session_uuid)
    try:
        detail = context["catalogue"].detail(context["ref"]).value
        context |= column_list(detail, everything=bool(request.GET.get("all")))
        context["note_text"] = marks.note_text(context["catalogue"].connection, context["ref"])
    except PortalError as error:
        context["error"] = error
    return render(request, "catalog/partials/table_columns.html", context)


@require_GET
def preview(request: SignedInRequest, session_uuid: uuid.UUID) -> HttpResponse:
    """What is known of a table; in the page a drawer, without JavaScript a page of its own."""
    context = _table(request, session_uuid)
    try:
        answer = context["catalogue"].detail(context["ref"])
        context |= {"detail": answer.value, "read_at": answer.read_at}
        context["note"] = marks.note_of(context["catalogue"].connection, context["ref"])
        context["starred"] = marks.is_starred(request.user, context["catalogue"].connection, context["ref"])
    except PortalError as error:
        context["error"] = error
    template = "partials/table_preview" if is_fragment(request) else "table_preview"
    return render(request, f"catalog/{template}.html", context)


@require_GET
def statistics(request: SignedInRequest, session_uuid: uuid.UUID) -> HttpResponse:
    """The columns with the planner's statistics of them."""
    context = _table(request, session_uuid)
    try:
        detail = context["catalogue"].detail(context["ref"]).value
        context["columns"] = profile(detail, context["catalogue"].statistics(context["ref"]).value)
    except PortalError as error:
        context["error"] = error
    return render(request, "catalog/partials/table_statistics.html", context)


@require_GET
@never_cache
def sample(request: SignedInRequest, session_uuid: uuid.UUID) -> HttpResponse:
    """A few rows, for this look only."""
    context = _table(request, session_uuid)
    try:
        context["sample"] = context["catalogue"].sample(context["ref"])
    except PortalError as error:
        context["error"] = error
    return render(request, "catalog/partials/table_sample.html", context)


@require_POST
def star(request: SignedInRequest, session_uuid: uuid.UUID) -> HttpResponse:
    session = queries.own_session(request.user, session_uuid)
    form = StarForm(request.POST)
    connection, ref = _chosen(request, form)
    operations.set_star(user=request.user, connection=connection, ref=ref, on=form.cleaned_data["on"])
    if not is_fragment(request):
        return _to_preview(session, connection, ref)
    context = _parts(session, form) | {
        "starred": form.cleaned_data["on"],
        "note_text": marks.note_text(connection, ref),
    }
    return render(request, "catalog/partials/table_starred.html", context)


@require_POST
def note(request: SignedInRequest, session_uuid: uuid.UUID) -> HttpResponse:
    session = queries.own_session(request.user, session_uuid)
    form = NoteForm(request.POST)
    connection, ref = _chosen(request, form)
    operations.write_note(user=request.user, connection=connection, ref=ref, text=form.cleaned_data["text"])
    if not is_fragment(request):
        return _to_preview(session, connection, ref)
    starred = marks.is_starred(request.user, connection, ref)
    context = _parts(session, form) | {
        "note": marks.note_of(connection, ref),
        "starred": starred,
        "with_mark": True,
    }
    return render(request, "catalog/partials/table_note.html", context)


def _table(request: SignedInRequest, session_uuid: uuid.UUID) -> dict[str, Any]:
    """What all fragments about one table need. Raises Http404 where no connection is named that the person may use."""
    session, place = asked(request, session_uuid)
    if place.connection is None:
        raise Http404
    ref = place.ref(request.GET.get("table", "").replace("\x00", ""))
    form = table_form(place, ref.table)
    return {
        "session": session,
        "place": place,
        "ref": ref,
        "catalogue": Catalogue(request.user, place.connection),
        "query": place.table_query(ref.table),
        "form": form,
        "dom_id": dom_id(form),
    }


def _chosen(request: SignedInRequest, form: TableForm) -> tuple[DatabaseConnection, TableRef]:
    """The table of a form. Raises Http404, TABLE_NOT_FOUND, NOTE_TOO_LONG."""
    if not form.is_valid():
        if set(form.errors) == {"text"}:
            raise PortalError("NOTE_TOO_LONG", limit=NoteForm.LONGEST)
        raise PortalError("TABLE_NOT_FOUND", table=form["name"].value() or "")
    return connection_for(request.user, form.cleaned_data["connection"]), form.ref


def _parts(session: AnalysisSession, form: TableForm) -> dict[str, Any]:
    return {"session": session, "form": form.cleaned_data, "dom_id": dom_id(form.cleaned_data)}


def _to_preview(session: AnalysisSession, connection: DatabaseConnection, ref: TableRef) -> HttpResponse:
    query = Place(connection, ref.database, ref.schema).table_query(ref.table)
    return redirect(f"{reverse('catalog:preview', args=[session.uuid])}?{query}")
