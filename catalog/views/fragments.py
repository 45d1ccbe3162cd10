"""What the catalogue's views share: the signed-in request, and answers that fit htmx and a plain browser alike."""

from __future__ import annotations

import json
import uuid

from django.contrib.auth.models import User
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse

from catalog import queries
from catalog.browsing import Catalogue
from catalog.models import AnalysisSession
from catalog.picker import Place
from catalog.rows import RowTick


class SignedInRequest(HttpRequest):
    """A request behind the login: its user is a real one."""

    user: User


def is_fragment(request: HttpRequest) -> bool:
    return bool(request.htmx)  # type: ignore[attr-defined]


def to_rail(session: AnalysisSession) -> HttpResponse:
    return redirect(reverse("jobs:session", args=[session.uuid]) + "?rail=loaded#rail")


def chips(request: SignedInRequest, session: AnalysisSession, *, removed: bool = False) -> HttpResponse:
    if not is_fragment(request):
        return redirect("jobs:session", session.uuid)
    context = queries.sources_context(session, request.user) | {"with_count": True}
    response = render(request, "catalog/partials/sources.html", context)
    return announce(response, "sources-changed", *(["source-removed"] if removed else []))


def announce(response: HttpResponse, *events: str) -> HttpResponse:
    """Tells the page's other parts; `source-removed` makes the table list read its checkboxes anew."""
    response["HX-Trigger"] = json.dumps(dict.fromkeys(events))
    return response


def asked(request: SignedInRequest, session_uuid: uuid.UUID) -> tuple[AnalysisSession, Place]:
    """The session and the place of a GET fragment of PostgreSQL; only the session's owner has pickers.

    With `fresh` nothing that was read before is an answer.
    """
    session = queries.own_session(request.user, session_uuid)
    place = queries.place_of(session, request.user, request.GET.dict())
    if place.connection and request.GET.get("fresh"):
        Catalogue(request.user, place.connection).refresh(place.database)
    return session, place


def ticked(
    request: SignedInRequest, session: AnalysisSession, tick: RowTick, *, picked_count: int | None = None
) -> HttpResponse:
    """The checkbox as it now is, with the counters and the chips; a plain request goes to the page, or is refused.

    `picked_count` is for a list that says how many of its own are picked.
    """
    if not is_fragment(request):
        if tick.error:
            raise tick.error
        return to_rail(session)
    context = queries.sources_context(session, request.user) | {"tick": tick, "picked_count": picked_count}
    status = tick.error.status if tick.error else 200
    response = render(request, "catalog/partials/source_ticked.html", context, status=status)
    return response if tick.error else announce(response, "sources-changed")
