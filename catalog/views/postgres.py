"""The pickers of PostgreSQL in the rail. Every fragment also works as a plain request: it then leads to the page."""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET, require_POST

from catalog import operations, queries
from catalog.browsing import patience_of_pages
from catalog.forms import PickForm, PlaceForm
from catalog.models import AnalysisSession
from catalog.picker import Level, Place, database_level, schema_level
from catalog.table_list import MOST_PINNED, TableList, pinned_rows, table_list
from catalog.table_rows import Tick, picked_tables
from catalog.types import TableRef
from catalog.views.fragments import SignedInRequest, announce, asked, is_fragment, to_rail
from catalog.wide_search import search_list
from connections.errors import PortalError
from connections.queries import check_usable, connection_for


@require_POST
def remember(request: SignedInRequest, session_uuid: uuid.UUID) -> HttpResponse:
    """A choice in one of the selects; htmx gets the next level, which then loads itself."""
    session = queries.own_session(request.user, session_uuid)
    form = PlaceForm(request.POST)
    connection = connection_for(request.user, form["connection"].value() or "") if form.is_valid() else None
    if connection:
        check_usable(request.user, connection)
    chosen = Place(connection, form.cleaned_data.get("database", ""), form.cleaned_data.get("schema", ""))
    operations.remember_picker(
        session=session, connection=chosen.connection, database=chosen.database, schema=chosen.schema
    )
    if not is_fragment(request):
        return to_rail(session)
    changed = request.POST.get("changed", "connection")
    return _level(request, session, _waiting(changed, chosen), changed)


@require_GET
def databases(request: SignedInRequest, session_uuid: uuid.UUID) -> HttpResponse:
    session, place = asked(request, session_uuid)
    level, place = database_level(request.user, place)
    rail = {"place": place, "databases": level, "schemas": _below(level), "tables": TableList("blocked")}
    return _level(request, session, rail, "connection")


@require_GET
def schemas(request: SignedInRequest, session_uuid: uuid.UUID) -> HttpResponse:
    session, place = asked(request, session_uuid)
    level, place = schema_level(request.user, place)
    waiting = level.state == "loaded" and level.chosen
    rail = {"place": place, "schemas": level, "tables": TableList("waiting" if waiting else "blocked")}
    return _level(request, session, rail, "database")


@require_GET
def tables(request: SignedInRequest, session_uuid: uuid.UUID) -> HttpResponse:
    """The list, or with `after` only the rows that follow."""
    session, place = asked(request, session_uuid)
    rail = {"place": place, "tables": table_list(session, request.user, place)}
    if place.after:
        return render(request, "catalog/partials/table_page.html", {"session": session, "rail": rail})
    return _level(request, session, rail, "schema")


@require_GET
def pinned(request: SignedInRequest, session_uuid: uuid.UUID) -> HttpResponse:
    """The rows of starred and recently picked tables that are not on the list's first page."""
    session, place = asked(request, session_uuid)
    names = _names(request.GET.getlist("name"))[:MOST_PINNED]
    group = pinned_rows(session, request.user, place, names)
    return render(request, "catalog/partials/table_pinned.html", {"session": session, "place": place, "group": group})


@require_GET
def search(request: SignedInRequest, session_uuid: uuid.UUID) -> HttpResponse:
    """Tables of all schemas by name, column or comment."""
    session, place = asked(request, session_uuid)
    context = {"session": session, "place": place, "found": search_list(session, request.user, place)}
    return render(request, "catalog/partials/table_search.html", context)


@require_POST
def pick(request: SignedInRequest, session_uuid: uuid.UUID) -> HttpResponse:
    """Picks one table or puts it back; answers with its row, the counters and the chips."""
    session = queries.own_session(request.user, session_uuid)
    form = PickForm(request.POST)
    if not form.is_valid():
        raise PortalError("TABLE_NOT_FOUND", table=form["name"].value() or "")
    connection, ref = connection_for(request.user, form.cleaned_data["connection"]), form.ref
    shown = form.cleaned_data["at"] or ref.schema
    try:
        if form.cleaned_data["pick"]:
            operations.add_sources(
                session=session, user=request.user, connection=connection, refs=[ref], patience=patience_of_pages()
            )
            operations.remember_picker(session=session, connection=connection, database=ref.database, schema=shown)
        else:
            operations.remove_table(session=session, connection=connection, ref=ref)
    except PortalError as error:
        return _ticked(request, session, Place(connection, ref.database, shown), ref, error)
    return _ticked(request, session, Place(connection, ref.database, shown), ref)


@require_POST
def selection(request: SignedInRequest, session_uuid: uuid.UUID) -> HttpResponse:
    """The list's checkboxes as one plain form."""
    session = queries.own_session(request.user, session_uuid)
    form = PlaceForm(request.POST)
    if not form.is_valid():
        raise PortalError("NOT_FOUND")
    operations.set_selection(
        session=session,
        user=request.user,
        connection=connection_for(request.user, form.cleaned_data["connection"]),
        database=form.cleaned_data["database"],
        schema=form.cleaned_data["schema"],
        shown=_names(_shown(request.POST.getlist("shown"))),
        picked=_names(request.POST.getlist("table")),
        patience=patience_of_pages(),
    )
    return to_rail(session)


def _shown(texts: Iterable[str]) -> list[str]:
    """The names that the lists on the page hold: a list of them as JSON, or one name as it is."""
    names: list[str] = []
    for text in texts:
        try:
            found = json.loads(text)
        except ValueError:
            found = text
        names += map(str, found) if isinstance(found, list) else [text]
    return names


def _names(texts: Iterable[str]) -> list[str]:
    """Names as PostgreSQL can take them: NUL is in none."""
    return [text.replace("\x00", "") for text in texts]


_LEVELS = {"connection": "picker_databases", "database": "picker_schemas", "schema": "picker_tables"}


def _level(request: HttpRequest, session: AnalysisSession, rail: dict[str, Any], changed: str) -> HttpResponse:
    """The part of the rail that depends on the select `changed`."""
    template = _LEVELS.get(changed, "picker_databases")
    return render(request, f"catalog/partials/{template}.html", {"session": session, "rail": rail})


def _below(above: Level) -> Level:
    return Level("waiting" if above.state == "loaded" and above.chosen else "blocked")


def _waiting(changed: str, place: Place) -> dict[str, Any]:
    """The levels below the one that changed: the first waits, those below it are blocked until it is there."""
    chosen = {"connection": place.connection, "database": place.database, "schema": place.schema}.get(changed)
    first = "waiting" if chosen else "blocked"
    return {
        "place": place,
        "databases": Level("waiting" if place.connection else "blocked", chosen=place.database),
        "schemas": Level("waiting" if changed == "database" and chosen else "blocked", chosen=place.schema),
        "tables": TableList("waiting" if changed == "schema" and first == "waiting" else "blocked"),
    }


def _ticked(
    request: SignedInRequest,
    session: AnalysisSession,
    shown: Place,
    ref: TableRef,
    error: PortalError | None = None,
) -> HttpResponse:
    """The checkbox as it now is, with the counters and the chips; the row around it stays."""
    if not is_fragment(request):
        if error:
            raise error
        return to_rail(session)
    at = replace(shown, schema=ref.schema)
    context = queries.sources_context(session, request.user) | {
        "tick": Tick(at, ref.table, ref.table in picked_tables(session, at), shown.schema, error),
        "picked_count": len(picked_tables(session, shown)),
    }
    response = render(request, "catalog/partials/ticked.html", context, status=error.status if error else 200)
    return response if error else announce(response, "sources-changed")
