"""The rail's PostgreSQL tab as a whole: the connections on offer, and all levels below the chosen one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.contrib.auth.models import User

from catalog.models import AnalysisSession
from catalog.picker import Level, Place, State, database_level, schema_level
from catalog.table_list import TableList, table_list
from catalog.wide_search import SearchList, search_list
from connections.models import DatabaseConnection
from connections.queries import usable_connections


@dataclass(frozen=True, slots=True)
class Rail:
    """All that templates/catalog/partials/rail_postgres.html shows."""

    connections: Sequence[DatabaseConnection]
    place: Place
    databases: Level
    schemas: Level
    tables: TableList
    wide: SearchList | None = None


def rail(session: AnalysisSession, user: User, place: Place, *, load: bool) -> Rail:
    """The rail at `place`. Without `load` it asks no database: every level waits for its own fragment."""
    if load:
        databases, place = database_level(user, place)
        schemas, place = schema_level(user, place) if databases.state == "loaded" else (Level("blocked"), place)
        tables = table_list(session, user, place) if schemas.state == "loaded" else TableList("blocked")
        wide = search_list(session, user, place) if place.search and tables.state == "loaded" else None
    else:
        wide = None
        first: State = "waiting" if place.connection else "blocked"
        databases, schemas, tables = Level(first, chosen=place.database), Level("blocked"), TableList("blocked")
    return Rail(list(usable_connections(user)), place, databases, schemas, tables, wide)
