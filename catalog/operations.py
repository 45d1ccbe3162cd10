"""What can be done to a session and its sources; pages, API and commands all call these.

The caller has checked that the person may change the session; permission on the connection is checked here, first.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any

from django.conf import settings
from django.contrib.auth.models import User
from django.db import transaction
from django.utils import timezone

from catalog import aliases, drift, postgres_sources
from catalog.browsing import Catalogue
from catalog.models import AnalysisSession, FavouriteTable, SelectedSource, SourceKind, TableNote
from catalog.types import TableRef
from connections.errors import PortalError
from connections.models import DatabaseConnection
from connections.queries import check_usable, usable_connections

DEFAULT_TITLE = "New question"


def create_session(*, owner: User, title: str = "") -> AnalysisSession:
    """A new session whose pickers stand where the owner's last one left them, else on the default connection."""
    title = _title(title)
    last = AnalysisSession.objects.owned_by(owner).select_related("picked_connection").first()
    offered = list(usable_connections(owner))
    if last and last.picked_connection in offered:
        return AnalysisSession.objects.create(
            owner=owner,
            title=title,
            picked_connection=last.picked_connection,
            picked_database=last.picked_database,
            picked_schema=last.picked_schema,
        )
    default = offered[0] if offered and (offered[0].is_default or len(offered) == 1) else None
    return AnalysisSession.objects.create(owner=owner, title=title, picked_connection=default)


def rename_session(*, session: AnalysisSession, title: str) -> None:
    """An empty title becomes the default one."""
    session.title = _title(title)
    session.save(update_fields=["title"])


def save_draft(*, session: AnalysisSession, prompt: str) -> None:
    """Keeps what the person has written so far, however long it is."""
    session.draft_prompt = prompt.replace("\x00", "")
    session.draft_saved_at = session.last_used_at = timezone.now()
    session.save(update_fields=["draft_prompt", "draft_saved_at", "last_used_at"])


def remember_picker(
    *, session: AnalysisSession, connection: DatabaseConnection | None, database: str = "", schema: str = ""
) -> None:
    """Where the pickers stand, so that they stand there on the next visit."""
    session.picked_connection = connection
    session.picked_database = database[:63]
    session.picked_schema = schema[:63]
    session.last_used_at = timezone.now()
    session.save(update_fields=["picked_connection", "picked_database", "picked_schema", "last_used_at"])


def remember_kind(*, session: AnalysisSession, kind: SourceKind) -> None:
    """Which of the rail's tabs is open."""
    session.picked_kind = kind
    session.save(update_fields=["picked_kind"])


def add_sources(
    *,
    session: AnalysisSession,
    user: User,
    connection: DatabaseConnection,
    refs: Sequence[TableRef],
    patience: float | None = None,
) -> list[SelectedSource]:
    """Picks tables with their columns and statistics as they are now; those already picked stay as they are.

    `patience` is that of `catalog.browsing.Catalogue`. Raises CONNECTION_NOT_ALLOWED, CONNECTION_DISABLED,
    TOO_MANY_SOURCES, TABLE_NOT_FOUND, PERMISSION_DENIED and the errors of reaching the database, having picked nothing.
    """
    check_usable(user, connection, table=refs[0] if refs else "")
    chosen = set(_refs_of(session, connection))
    wanted = [ref for ref in dict.fromkeys(refs) if ref not in chosen]
    _check_room(session, len(wanted))
    found = postgres_sources.read(Catalogue(user, connection, patience), wanted)
    with transaction.atomic():
        AnalysisSession.objects.select_for_update().get(pk=session.pk)
        _check_room(session, len(found))
        return [postgres_sources.keep(session, one) for one in found]


def set_selection(
    *,
    session: AnalysisSession,
    user: User,
    connection: DatabaseConnection,
    database: str,
    schema: str,
    shown: Collection[str],
    picked: Collection[str],
    patience: float | None = None,
) -> None:
    """Makes the selection among the tables `shown` of one schema what `picked` says; other tables are left alone."""
    refs = [TableRef(database, schema, name) for name in dict.fromkeys(picked)]
    add_sources(session=session, user=user, connection=connection, refs=refs, patience=patience)
    gone = set(shown) - set(picked)
    session.sources.filter(connection=connection, database=database, schema=schema, table__in=gone).delete()


def set_postgres_tables(
    *, session: AnalysisSession, user: User, tables: Sequence[tuple[DatabaseConnection, TableRef]]
) -> list[SelectedSource]:
    """Makes the session's PostgreSQL selection exactly `tables`; those already picked keep their alias and facts.

    Raises as `add_sources`; then nothing has changed.
    """
    picked = session.sources.filter(kind=SourceKind.POSTGRES).select_related("connection")
    chosen = {source.pk: (source.connection, _ref(source)) for source in picked}
    gone = [pk for pk, place in chosen.items() if place not in tables]
    for connection, ref in {table[0]: table[1] for table in tables}.items():
        check_usable(user, connection, table=ref)
    missing = [table for table in dict.fromkeys(tables) if table not in chosen.values()]
    _check_room(session, len(missing) - len(gone))
    found = _read_several(user, missing)
    with transaction.atomic():
        AnalysisSession.objects.select_for_update().get(pk=session.pk)
        picked.filter(pk__in=gone).delete()
        _check_room(session, len(found))
        for one in found:
            postgres_sources.keep(session, one)
    return list(picked.all())


def remove_source(*, session: AnalysisSession, source_id: int) -> None:
    """Removing what is already gone is no error."""
    session.sources.filter(pk=source_id).delete()


def remove_table(*, session: AnalysisSession, connection: DatabaseConnection, ref: TableRef) -> None:
    """The same, by the table's place."""
    session.sources.filter(connection=connection, database=ref.database, schema=ref.schema, table=ref.table).delete()


def rename_alias(*, session: AnalysisSession, source_id: int, alias: str) -> None:
    """Raises ALIAS_INVALID, ALIAS_TAKEN, and NOT_FOUND when the source is not in the session any more."""
    with transaction.atomic():
        AnalysisSession.objects.select_for_update().get(pk=session.pk)
        taken = session.sources.exclude(pk=source_id).values_list("alias", flat=True)
        checked = aliases.check(alias, list(taken))
        if not session.sources.filter(pk=source_id).update(alias=checked):
            raise PortalError("NOT_FOUND")


def refresh_source(*, session: AnalysisSession, user: User, source_id: int) -> SelectedSource:
    """Takes columns and statistics of a picked source as they are now; its alias and its options stay.

    Raises NOT_FOUND, TABLE_NOT_FOUND when it is gone, and the errors of reaching it.
    """
    source = session.sources.select_related("connection").filter(pk=source_id).first()
    if source is None:
        raise PortalError("NOT_FOUND")
    facts = drift.present_facts(user, [source]).get(source.pk)
    if facts is None:
        raise PortalError("TABLE_NOT_FOUND", table=f"{source.place}{source.table}")
    source.columns, source.statistics = facts.columns, facts.statistics
    if source.connection:
        catalogue, ref = Catalogue(user, source.connection), _ref(source)
        source.statistics["key_facts"] = postgres_sources.key_facts(catalogue, [ref]).get(ref, {})
    source.save(update_fields=["columns", "statistics"])
    return source


def set_star(*, user: User, connection: DatabaseConnection, ref: TableRef, on: bool) -> None:
    """Stars a table for this person, or takes the star back. Raises CONNECTION_NOT_ALLOWED, CONNECTION_DISABLED."""
    check_usable(user, connection, table=ref)
    if on:
        FavouriteTable.objects.get_or_create(user=user, **_place(connection, ref))
    else:
        FavouriteTable.objects.filter(user=user, **_place(connection, ref)).delete()


def write_note(*, user: User, connection: DatabaseConnection, ref: TableRef, text: str) -> None:
    """What is known of a table, for all who may use the connection; the last writer wins, an empty text removes it.

    Raises CONNECTION_NOT_ALLOWED and CONNECTION_DISABLED.
    """
    check_usable(user, connection, table=ref)
    if text:
        TableNote.objects.update_or_create(**_place(connection, ref), defaults={"text": text, "updated_by": user})
    else:
        TableNote.objects.filter(**_place(connection, ref)).delete()


def _place(connection: DatabaseConnection, ref: TableRef) -> dict[str, Any]:
    return {
        "kind": SourceKind.POSTGRES,
        "connection": connection,
        "database": ref.database,
        "schema": ref.schema,
        "table": ref.table,
    }


def _refs_of(session: AnalysisSession, connection: DatabaseConnection) -> list[TableRef]:
    places = session.sources.filter(connection=connection).values_list("database", "schema", "table")
    return [TableRef(*place) for place in places]


def _title(text: str) -> str:
    return " ".join(text.split())[:120] or DEFAULT_TITLE


def _ref(source: SelectedSource) -> TableRef:
    return TableRef(source.database, source.schema, source.table)


def _read_several(user: User, tables: Sequence[tuple[DatabaseConnection, TableRef]]) -> list[postgres_sources.Found]:
    refs: dict[DatabaseConnection, list[TableRef]] = {}
    for connection, ref in tables:
        refs.setdefault(connection, []).append(ref)
    catalogues = {connection: Catalogue(user, connection, patience=None) for connection in refs}
    return [found for one, some in refs.items() for found in postgres_sources.read(catalogues[one], some)]


def _check_room(session: AnalysisSession, more: int) -> None:
    if more and session.sources.count() + more > settings.PGSPARK_MAX_SOURCES:
        raise PortalError("TOO_MANY_SOURCES", limit=settings.PGSPARK_MAX_SOURCES)
