"""What pages read of sessions, their sources and their pickers."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from typing import Any

from django.contrib.auth.models import AnonymousUser, User
from django.db.models import Count, QuerySet
from django.http import Http404

from catalog import file_picker, glue_picker, postgres_rail, rail
from catalog.browsing import Catalogue
from catalog.models import AnalysisSession, AnalysisSessionQuerySet, CsvUpload, SelectedSource, SourceKind
from catalog.picker import Place
from connections.errors import PortalError
from connections.queries import usable_connections


def recent_sessions(user: User | AnonymousUser, limit: int) -> AnalysisSessionQuerySet:
    """The person's own sessions, last used first."""
    return AnalysisSession.objects.owned_by(user)[:limit]


def sessions_with_sources(user: User | AnonymousUser) -> QuerySet[AnalysisSession]:
    """All sessions the person may see, last used first, with their sources and `source_count`."""
    mine_and_shared = AnalysisSession.objects.visible_to(user).select_related("owner", "shared_with")
    return mine_and_shared.prefetch_related("sources__connection").annotate(
        source_count=Count("sources", distinct=True)
    )


def newest_sessions(user: User | AnonymousUser, *, before: int | None, limit: int) -> QuerySet[AnalysisSession]:
    """The same, newest made first, so that a list read in pieces has no gaps and no doubles; `before` is a row's id."""
    found = sessions_with_sources(user).order_by("-pk")
    return (found if before is None else found.filter(pk__lt=before))[:limit]


def session_for(user: User | AnonymousUser, session_uuid: uuid.UUID) -> AnalysisSession:
    """A session the person may look at. Raises Http404."""
    found = AnalysisSession.objects.visible_to(user).select_related("owner").filter(uuid=session_uuid).first()
    if found is None:
        raise Http404
    return found


def own_session(user: User | AnonymousUser, session_uuid: uuid.UUID) -> AnalysisSession:
    """A session the person may change. Raises Http404, or READ_ONLY when it is only shared with them."""
    own = AnalysisSession.objects.owned_by(user).filter(uuid=session_uuid).first()
    if own is None:
        raise PortalError("READ_ONLY", owner=session_for(user, session_uuid).owner.get_username())
    return own


def newest_uploads(user: User | AnonymousUser, *, before: int | None, limit: int) -> QuerySet[CsvUpload]:
    """The person's own that are still there, newest first; `before` is a row's id."""
    found = CsvUpload.objects.owned_by(user).present().order_by("-pk")
    return (found if before is None else found.filter(pk__lt=before))[:limit]


def own_upload(user: User | AnonymousUser, upload_uuid: uuid.UUID) -> CsvUpload:
    """Raises Http404 also for one that was removed."""
    found = CsvUpload.objects.owned_by(user).present().filter(uuid=upload_uuid).first()
    if found is None:
        raise Http404
    return found


def sources_of(session: AnalysisSession) -> list[SelectedSource]:
    """The picked tables in the order in which they were picked."""
    return list(session.sources.select_related("connection").order_by("id"))


def sources_context(session: AnalysisSession, user: User | AnonymousUser) -> dict[str, Any]:
    """What templates/catalog/partials/sources.html shows, with the rail's tabs, which count the same sources."""
    sources = sources_of(session)
    can_edit = session.owner_id == user.pk
    return {"session": session, "can_edit": can_edit, "sources": sources, "tabs": rail.tabs(sources)}


def place_of(session: AnalysisSession, user: User, params: Mapping[str, str]) -> Place:
    """Where the pickers stand: as `params` say, else as remembered; with one usable connection, on that."""
    offered = list(usable_connections(user))
    name = params.get("connection", "")
    if name:
        chosen = next((c for c in offered if c.name == name), None)
        database, schema = params.get("database", ""), params.get("schema", "")
    elif session.picked_connection in offered:
        chosen, database, schema = session.picked_connection, session.picked_database, session.picked_schema
    else:
        chosen, database, schema = (offered[0] if len(offered) == 1 else None), "", ""
    return Place(chosen, _plain(database), _plain(schema), _plain(params.get("q", "")), _plain(params.get("after", "")))


def rail_context(session: AnalysisSession, user: User, params: Mapping[str, str]) -> dict[str, Any]:
    """Context of the rail and the chips: that of the chips, `picked_kind` and what that tab's panel shows.

    Asks no catalogue unless `params` hold `rail=loaded`, the way of a page without JavaScript.
    """
    context = sources_context(session, user)
    if context["can_edit"]:
        context |= panel_context(session, user, params) | {"picked_kind": session.picked_kind}
    return context


def panel_context(session: AnalysisSession, user: User, params: Mapping[str, str]) -> dict[str, Any]:
    """What the panel of the session's chosen tab shows."""
    load = params.get("rail") == "loaded"
    if session.picked_kind == SourceKind.POSTGRES:
        place = place_of(session, user, params)
        if place.connection and params.get("fresh"):
            Catalogue(user, place.connection).refresh(place.database)
        return {"rail": postgres_rail.rail(session, user, place, load=load)}
    if session.picked_kind == SourceKind.GLUE:
        return {"glue": glue_picker.panel(session, user, glue_picker.place_of(session, params), load=load)}
    return {"files": file_picker.panel(session, user, params)}


def _plain(text: str) -> str:
    """The text as PostgreSQL can take it: NUL is in no name."""
    return text.replace("\x00", "")
