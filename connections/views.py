"""The page of connections, and the test that a person may run on those they use."""

from __future__ import annotations

from django.contrib.auth.models import User
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET, require_POST

from connections import operations, queries


class SignedInRequest(HttpRequest):
    """A request behind the login: its user is a real one."""

    user: User


@require_GET
def index(request: SignedInRequest) -> HttpResponse:
    return render(request, "connections/list.html", {"connections": queries.connections_for(request.user)})


@require_POST
def test(request: SignedInRequest, name: str) -> HttpResponse:
    """Runs the checklist; htmx gets the connection's card with it, a plain form the whole page."""
    connection = queries.connection_for(request.user, name)
    report = operations.test_connection(connection)
    if request.htmx:  # type: ignore[attr-defined]
        return render(request, "connections/partials/connection.html", {"connection": connection, "report": report})
    context = {"connections": queries.connections_for(request.user), "tested": connection, "report": report}
    return render(request, "connections/list.html", context)


test.__test__ = False  # type: ignore[attr-defined]  # pytest takes the name for a test
