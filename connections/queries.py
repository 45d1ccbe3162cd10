"""Which connections a person sees, and may use."""

from __future__ import annotations

from django.contrib.auth.models import AnonymousUser, User
from django.http import Http404

from connections.errors import PortalError
from connections.models import DatabaseConnection, DatabaseConnectionQuerySet


def connections_for(user: User | AnonymousUser) -> DatabaseConnectionQuerySet:
    """All that the page lists for `user`, also disabled ones."""
    return DatabaseConnection.objects.visible_to(user).prefetch_related("groups").order_by("name")


def usable_connections(user: User | AnonymousUser) -> DatabaseConnectionQuerySet:
    """Those the pickers offer, the default one first."""
    return DatabaseConnection.objects.visible_to(user).usable().order_by("-is_default", "name")


def connection_for(user: User | AnonymousUser, name: str) -> DatabaseConnection:
    """The connection called `name`. Raises Http404 when the user may not see it, or there is none."""
    found = DatabaseConnection.objects.visible_to(user).filter(name=name).first()
    if found is None:
        raise Http404
    return found


def check_usable(user: User | AnonymousUser, connection: DatabaseConnection, *, table: object = "") -> None:
    """Raises PortalError CONNECTION_NOT_ALLOWED or CONNECTION_DISABLED, before anything is read from it."""
    if not DatabaseConnection.objects.visible_to(user).filter(pk=connection.pk).exists():
        raise PortalError("CONNECTION_NOT_ALLOWED", table=table or connection.name)
    if not connection.enabled:
        raise PortalError("CONNECTION_DISABLED", connection=connection.name)
