"""Which connections a person sees, may use and may manage; and what hangs on one."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from django.contrib.auth.models import AnonymousUser, User
from django.db import DEFAULT_DB_ALIAS
from django.db.models import Count, Model
from django.db.models.deletion import Collector
from django.http import Http404
from django.shortcuts import get_object_or_404

from connections.errors import PortalError
from connections.models import DatabaseConnection, DatabaseConnectionQuerySet

# Along the reverse relations, because the apps that own them import this one.
_SESSIONS = Count("selected_sources__session", distinct=True)
_RUNS = Count("selected_sources__session__runs", distinct=True)


@dataclass(frozen=True, slots=True)
class Usage:
    """How many sessions have picked tables of a connection, and how many runs these sessions have."""

    sessions: int
    runs: int

    @property
    def in_words(self) -> str:
        """`3 sessions with 12 runs`, `1 session`, `nothing`."""
        if not self.sessions:
            return "nothing"
        sessions = "1 session" if self.sessions == 1 else f"{self.sessions} sessions"
        runs = "1 run" if self.runs == 1 else f"{self.runs} runs"
        return f"{sessions} with {runs}" if self.runs else sessions


def connections_for(user: User | AnonymousUser) -> DatabaseConnectionQuerySet:
    """All that the page lists for `user`, also disabled ones, with `session_count` and `run_count`."""
    return with_usage(DatabaseConnection.objects.visible_to(user)).prefetch_related("groups").order_by("name")


def with_usage(connections: DatabaseConnectionQuerySet) -> DatabaseConnectionQuerySet:
    return connections.annotate(session_count=_SESSIONS, run_count=_RUNS)


def usage_of(connection: DatabaseConnection) -> Usage:
    counts = DatabaseConnection.objects.filter(pk=connection.pk).aggregate(sessions=_SESSIONS, runs=_RUNS)
    return Usage(counts["sessions"], counts["runs"])


def deleted_with(connection: DatabaseConnection) -> list[str]:
    """What goes when an unused connection is deleted: `3 table notes`. Raises ProtectedError when it is used."""
    collector = Collector(using=DEFAULT_DB_ALIAS, origin=connection)
    collector.collect([connection])
    counts: Counter[str] = Counter()
    for model, rows in collector.data.items():
        counts[_word(model, len(rows))] += len(rows)
    for query in collector.fast_deletes:
        counts[_word(query.model, query.count())] += query.count()
    return sorted(f"{count} {word}" for word, count in counts.items() if count and word)


def _word(model: type[Model], count: int) -> str:
    """The model's name in words; empty for the connection itself and for who may use it."""
    meta = model._meta
    if model is DatabaseConnection or meta.auto_created:
        return ""
    return str(meta.verbose_name if count == 1 else meta.verbose_name_plural)


def usable_connections(user: User | AnonymousUser) -> DatabaseConnectionQuerySet:
    """Those the pickers offer, the default one first."""
    return DatabaseConnection.objects.visible_to(user).usable().order_by("-is_default", "name")


def connection_for(user: User | AnonymousUser, name: str) -> DatabaseConnection:
    """The connection called `name`. Raises Http404 when the user may not see it, or there is none."""
    found = DatabaseConnection.objects.visible_to(user).filter(name=name).first()
    if found is None:
        raise Http404
    return found


def listed_connection(user: User | AnonymousUser, name: str) -> DatabaseConnection:
    """The same as `connections_for` gives it."""
    return get_object_or_404(connections_for(user), name=name)


def managed_connection(user: User | AnonymousUser, name: str, action: str) -> DatabaseConnection:
    """The same, for who may `change` or `delete` it. Raises Http404, else CONNECTION_MANAGERS_ONLY."""
    found = connection_for(user, name)
    check_may(user, action)
    return found


def may(user: User | AnonymousUser, action: str) -> bool:
    """Whether the user may `add`, `change` or `delete` connections, by the permissions that the admin asks for too."""
    return user.is_staff and user.has_perm(f"connections.{action}_databaseconnection")


def check_may(user: User | AnonymousUser | None, action: str) -> None:
    """Raises PortalError CONNECTION_MANAGERS_ONLY; None is a command of the portal's own machine."""
    if user is not None and not may(user, action):
        raise PortalError("CONNECTION_MANAGERS_ONLY")


def check_usable(user: User | AnonymousUser, connection: DatabaseConnection, *, table: object = "") -> None:
    """Raises PortalError CONNECTION_NOT_ALLOWED or CONNECTION_DISABLED, before anything is read from it."""
    if not connection.was_read_for(user) and not _sees(user, connection):
        raise PortalError("CONNECTION_NOT_ALLOWED", table=table or connection.name)
    if not connection.enabled:
        raise PortalError("CONNECTION_DISABLED", connection=connection.name)


def _sees(user: User | AnonymousUser, connection: DatabaseConnection) -> bool:
    return DatabaseConnection.objects.visible_to(user).filter(pk=connection.pk).exists()
