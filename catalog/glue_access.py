"""Who may use the Glue Catalog through this portal, and which of its databases (settings PGSPARK_GLUE_*)."""

from __future__ import annotations

from django.conf import settings
from django.contrib.auth.models import User

from connections.errors import PortalError


def check(user: User, database: str = "") -> None:
    """Raises GLUE_DISABLED, GLUE_NOT_ALLOWED, GLUE_DATABASE_NOT_FOUND, before anything is read from it."""
    if not settings.PGSPARK_GLUE_ENABLED:
        raise PortalError("GLUE_DISABLED")
    groups: list[str] = settings.PGSPARK_GLUE_GROUPS
    if groups and not user.groups.filter(name__in=groups).exists():
        raise PortalError("GLUE_NOT_ALLOWED")
    allowed: list[str] = settings.PGSPARK_GLUE_DATABASES
    if database and allowed and database not in allowed:
        raise PortalError("GLUE_DATABASE_NOT_FOUND", database=database)
