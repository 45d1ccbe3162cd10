"""Reads of sessions and their selections."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.models import User
from django.db.models import Prefetch
from django.http import QueryDict

from catalog.models import AnalysisSession, AnalysisSessionQuerySet, SelectedSource


def recent_sessions(user: User, most: int) -> AnalysisSessionQuerySet:
    """The user's own sessions, the one used last first."""
    return AnalysisSession.objects.owned_by(user)[:most]


def sessions_with_sources(user: User) -> AnalysisSessionQuerySet:
    """Every session the user may see, with owner and picked sources, in two queries."""
    sources = Prefetch("sources", SelectedSource.objects.only("alias", "session"))
    return AnalysisSession.objects.visible_to(user).select_related("owner", "shared_with").prefetch_related(sources)


def rail_context(session: AnalysisSession, user: User, wishes: QueryDict) -> dict[str, Any]:
    """What the rail and the chips show."""
    return {"sources": list(session.sources.select_related("connection"))}
