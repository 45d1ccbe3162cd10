"""The pickers of the Glue Catalog: database, then tables. Levels and their states are those of `catalog.picker`."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from urllib.parse import urlencode

from django.contrib.auth.models import User
from django.urls import reverse

from catalog import glue, glue_access
from catalog.glue_types import GlueTable
from catalog.models import AnalysisSession, SourceKind
from catalog.picker import Level, State
from catalog.rows import RowTick, SourceRow
from connections.errors import PortalError
from connections.templatetags.portal import compact, size


@dataclass(frozen=True, slots=True)
class GluePlace:
    """Where the pickers stand; an empty text is "not chosen yet"."""

    database: str = ""
    search: str = ""
    after: str = ""

    def query(self) -> str:
        """The same place as the query of an address."""
        facts = {"database": self.database, "q": self.search}
        return urlencode({name: value for name, value in facts.items() if value})


@dataclass(frozen=True, slots=True)
class GlueTables:
    state: State
    rows: Sequence[SourceRow] = ()
    after: str = ""
    picked_count: int = 0
    error: PortalError | None = None

    @property
    def total(self) -> str:
        """How many tables the list has: exact when all are shown, `100+` when there are more."""
        return f"{len(self.rows)}+" if self.after else str(len(self.rows))


@dataclass(frozen=True, slots=True)
class GluePanel:
    """All that templates/catalog/partials/rail_glue.html shows; `refused` when the person may not use Glue at all."""

    place: GluePlace
    databases: Level
    tables: GlueTables
    refused: PortalError | None = None


def place_of(session: AnalysisSession, params: Mapping[str, str]) -> GluePlace:
    """As `params` say, else as remembered."""
    database = params.get("database", session.picked_glue_database)
    return GluePlace(*(text.replace("\x00", "") for text in (database, params.get("q", ""), params.get("after", ""))))


def panel(session: AnalysisSession, user: User, place: GluePlace, *, load: bool) -> GluePanel:
    """The panel at `place`. Without `load` it does not ask Glue: the databases wait for their own fragment."""
    try:
        glue_access.check(user)
    except PortalError as error:
        return GluePanel(place, Level("blocked"), GlueTables("blocked"), refused=error)
    if not load:
        return GluePanel(place, Level("waiting", chosen=place.database), GlueTables("blocked"))
    databases, place = database_level(place)
    tables = table_list(session, place) if databases.state == "loaded" else GlueTables("blocked")
    return GluePanel(place, databases, tables)


def database_level(place: GluePlace) -> tuple[Level, GluePlace]:
    """The databases, and the place with a chosen one that exists: the only one is chosen by itself."""
    try:
        names = glue.list_databases()
    except PortalError as error:
        return Level("failed", chosen=place.database, error=error), place
    chosen = place.database if place.database in names else names[0] if len(names) == 1 else ""
    return Level("loaded", names, chosen), replace(place, database=chosen)


def table_list(session: AnalysisSession, place: GluePlace) -> GlueTables:
    """One page of the tables at `place`, with those picked in `session` marked."""
    if not place.database:
        return GlueTables("blocked")
    picked = picked_tables(session, place.database)
    try:
        page = glue.list_tables(place.database, search=place.search, after=place.after)
    except PortalError as error:
        return GlueTables("failed", error=error, picked_count=len(picked))
    rows = [_row(session, table, picked) for table in page.tables]
    return GlueTables("loaded", rows, page.after, len(picked))


def picked_tables(session: AnalysisSession, database: str) -> set[str]:
    found = session.sources.filter(kind=SourceKind.GLUE, database=database)
    return set(found.values_list("table", flat=True))


def tick(
    session: AnalysisSession, database: str, name: str, picked: Collection[str], error: PortalError | None = None
) -> RowTick:
    url = reverse("catalog:glue_pick", args=[session.uuid])
    return RowTick(name, name, name in picked, url, {"database": database, "name": name}, error)


def _row(session: AnalysisSession, table: GlueTable, picked: Collection[str]) -> SourceRow:
    query = urlencode({"database": table.database, "table": table.name})
    kind = table.kind if table.kind == "view" or table.format == "unknown" else table.format
    return SourceRow(
        tick=tick(session, table.database, table.name, picked),
        kind=kind,
        figures=(compact(table.estimated_rows), size(table.size_bytes)),
        detail_url=f"{reverse('catalog:glue_columns', args=[session.uuid])}?{query}",
        comment=table.comment,
        off=table.unusable,
    )
