"""What can be done with tables of the Glue Catalog; pages, API and commands all call these.

The caller has checked that the person may change the session; the right to use Glue is checked here, first.
"""

from __future__ import annotations

from collections.abc import Collection

from django.contrib.auth.models import User
from django.db import transaction
from django.utils import timezone

from catalog import glue, glue_access, sources
from catalog.glue_types import GlueTable
from catalog.models import AnalysisSession, SelectedSource, SourceKind
from connections.errors import PortalError


def remember_database(*, session: AnalysisSession, database: str) -> None:
    """Where the Glue picker stands, so that it stands there on the next visit."""
    session.picked_glue_database = database[:255]
    session.last_used_at = timezone.now()
    session.save(update_fields=["picked_glue_database", "last_used_at"])


def add_tables(*, session: AnalysisSession, user: User, database: str, names: Collection[str]) -> list[SelectedSource]:
    """Picks tables with their columns as they are now; those already picked stay as they are.

    Raises GLUE_DISABLED, GLUE_NOT_ALLOWED, GLUE_DATABASE_NOT_FOUND, TABLE_NOT_FOUND, GLUE_TABLE_UNUSABLE,
    TOO_MANY_SOURCES and the errors of reaching Glue; then nothing is picked.
    """
    glue_access.check(user, database)
    chosen = set(_picked(session, database))
    wanted = [name for name in dict.fromkeys(names) if name not in chosen]
    sources.check_room(session, len(wanted))
    return sources.keep(session, [_usable(glue.table_detail(database, name)) for name in wanted])


def set_tables(*, session: AnalysisSession, user: User, tables: Collection[tuple[str, str]]) -> list[SelectedSource]:
    """Makes the session's Glue selection exactly these (database, name); those already picked stay as they are.

    Raises as `add_tables`; then nothing has changed.
    """
    for database in {database for database, _ in tables}:
        glue_access.check(user, database)
    picked = session.sources.filter(kind=SourceKind.GLUE)
    gone = [source for source in picked if (source.database, source.table) not in tables]
    chosen = {(source.database, source.table) for source in picked}
    missing = [place for place in dict.fromkeys(tables) if place not in chosen]
    sources.check_room(session, len(missing) - len(gone))
    found = [_usable(glue.table_detail(database, name)) for database, name in missing]
    with transaction.atomic():
        picked.filter(pk__in=[source.pk for source in gone]).delete()
        sources.keep(session, found)
    return list(picked.all())


def set_selection(
    *, session: AnalysisSession, user: User, database: str, shown: Collection[str], picked: Collection[str]
) -> None:
    """Makes the selection among the tables `shown` what `picked` says; other tables are left alone."""
    add_tables(session=session, user=user, database=database, names=picked)
    gone = set(shown) - set(picked)
    session.sources.filter(kind=SourceKind.GLUE, database=database, table__in=gone).delete()


def remove_table(*, session: AnalysisSession, database: str, name: str) -> None:
    """Removing what is already gone is no error."""
    session.sources.filter(kind=SourceKind.GLUE, database=database, table=name).delete()


def _picked(session: AnalysisSession, database: str) -> list[str]:
    return list(session.sources.filter(kind=SourceKind.GLUE, database=database).values_list("table", flat=True))


def _usable(table: GlueTable) -> sources.NewSource:
    if table.unusable:
        raise PortalError("GLUE_TABLE_UNUSABLE", table=f"{table.database}.{table.name}", reason=table.unusable)
    return sources.NewSource(
        kind=SourceKind.GLUE,
        database=table.database,
        table=table.name,
        qualifier=table.database,
        columns=[column.as_json() for column in table.columns],
        statistics=table.statistics(),
    )
