"""The page of connections: everybody sees and tests those they use, administrators manage them all."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.contrib.auth.models import User
from django.db.models import ProtectedError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from connections import operations, queries
from connections.errors import PortalError
from connections.forms import ConnectionPageForm, DeleteForm
from connections.models import DatabaseConnection

_form_methods = require_http_methods(["GET", "POST"])


class SignedInRequest(HttpRequest):
    """A request behind the login: its user is a real one."""

    user: User


@require_GET
def index(request: SignedInRequest) -> HttpResponse:
    return render(request, "connections/list.html", _list(request))


@require_POST
def test(request: SignedInRequest, name: str) -> HttpResponse:
    """Runs the checklist; htmx gets the connection's card with it, a plain form the whole page."""
    connection = queries.listed_connection(request.user, name)
    report = operations.test_connection(connection=connection)
    shown = {"connection": connection, "report": report, "may": _may(request)}
    if request.htmx:  # type: ignore[attr-defined]
        return render(request, "connections/partials/connection.html", shown)
    return render(request, "connections/list.html", _list(request) | {"tested": connection, "report": report})


test.__test__ = False  # type: ignore[attr-defined]  # pytest takes the name for a test


@_form_methods
def create(request: SignedInRequest) -> HttpResponse:
    queries.check_may(request.user, "add")
    return _edit(request, DatabaseConnection(), "was added. Test it now.")


@_form_methods
def edit(request: SignedInRequest, name: str) -> HttpResponse:
    connection = queries.managed_connection(request.user, name, "change")
    return _edit(request, connection, "was changed.")


@require_POST
def set_enabled(request: SignedInRequest, name: str, enabled: bool) -> HttpResponse:
    connection = queries.managed_connection(request.user, name, "change")
    operations.set_enabled(connection=connection, enabled=enabled, by=request.user)
    messages.success(request, f"{connection.name} is {'enabled' if enabled else 'disabled'}.")
    return redirect("connections:list")


@require_POST
def make_default(request: SignedInRequest, name: str) -> HttpResponse:
    connection = queries.managed_connection(request.user, name, "change")
    operations.make_default(connection=connection, by=request.user)
    messages.success(request, f"New sessions start on {connection.name}.")
    return redirect("connections:list")


@_form_methods
def delete(request: SignedInRequest, name: str) -> HttpResponse:
    """Says what hangs on the connection and asks for its name."""
    connection = queries.managed_connection(request.user, name, "delete")
    error = None
    if request.method == "POST":
        error = _try_to_delete(request, connection)
        if error is None:
            messages.success(request, f"{name} was deleted.")
            return redirect("connections:list")
    usage, gone = queries.usage_of(connection), _deleted_with(connection)
    context = {"connection": connection, "error": error, "usage": usage, "deleted_with": gone}
    return render(request, "connections/delete.html", context, status=error.status if error else 200)


def _try_to_delete(request: SignedInRequest, connection: DatabaseConnection) -> PortalError | None:
    form = DeleteForm(request.POST)
    typed = form.cleaned_data["name"] if form.is_valid() else ""
    try:
        operations.delete_connection(connection=connection, typed_name=typed, by=request.user)
    except PortalError as error:
        return error
    return None


def _deleted_with(connection: DatabaseConnection) -> list[str]:
    try:
        return queries.deleted_with(connection)
    except ProtectedError:
        return []  # in use: nothing will be deleted


def _edit(request: SignedInRequest, connection: DatabaseConnection, done: str) -> HttpResponse:
    name = connection.name
    form = ConnectionPageForm(request.POST or None, instance=connection)
    if form.is_valid():
        operations.save_connection(**form.saving(), by=request.user)
        messages.success(request, f"{connection.name} {done}")
        return redirect("connections:list")
    context = {"form": form, "name": name, "connection": connection}
    return render(request, "connections/form.html", context, status=422 if form.is_bound else 200)


def _list(request: SignedInRequest) -> dict[str, Any]:
    return {"connections": queries.connections_for(request.user), "may": _may(request)}


def _may(request: SignedInRequest) -> dict[str, bool]:
    return {action: queries.may(request.user, action) for action in ("add", "change", "delete")}
