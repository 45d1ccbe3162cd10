"""The pickers Connection -> Database -> Schema -> Tables: where they stand, and what each level shows.

A level is `waiting` (its fragment will load it), `blocked` (the level above is not chosen), `loaded`, or `failed`
with the error in its place; a level that fails leaves the others as they are.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Literal
from urllib.parse import urlencode

from django.contrib.auth.models import User

from catalog import postgres
from catalog.models import AnalysisSession
from catalog.types import TableSummary
from connections.errors import PortalError
from connections.models import DatabaseConnection
from connections.queries import usable_connections

State = Literal["waiting", "blocked", "loaded", "failed"]


_SHORT_TYPES = {
    "timestamp with time zone": "timestamptz",
    "timestamp without time zone": "timestamp",
    "time with time zone": "timetz",
    "time without time zone": "time",
    "character varying": "varchar",
    "character(": "char(",
    "double precision": "float8",
}


@dataclass(frozen=True, slots=True)
class Place:
    """Where the pickers stand; an empty text is "not chosen yet"."""

    connection: DatabaseConnection | None = None
    database: str = ""
    schema: str = ""
    search: str = ""
    after: str = ""

    def query(self) -> str:
        """The same place as the query of an address."""
        facts = {
            "connection": self.connection.name if self.connection else "",
            "database": self.database,
            "schema": self.schema,
            "q": self.search,
        }
        return urlencode({name: value for name, value in facts.items() if value})


@dataclass(frozen=True, slots=True)
class Level:
    """One select: its options, and the chosen one (empty when none is)."""

    state: State
    options: Sequence[str] = ()
    chosen: str = ""
    error: PortalError | None = None


@dataclass(frozen=True, slots=True)
class Tick:
    """The checkbox of a table; `dom_id` is stable for its place, `error` is why the last click on it failed."""

    name: str
    picked: bool
    dom_id: str
    error: PortalError | None = None

    @property
    def toggle(self) -> str:
        """What a click sends besides the form, as JSON for hx-vals."""
        return json.dumps({"name": self.name, "pick": "" if self.picked else "1"})


@dataclass(frozen=True, slots=True)
class TableRow:
    """A table in the list."""

    summary: TableSummary
    tick: Tick
    columns_query: str

    @property
    def is_plain(self) -> bool:
        """Whether the list has figures for it; of anything else it says the kind in their place."""
        return self.summary.kind == "table" or self.summary.size_bytes is not None


@dataclass(frozen=True, slots=True)
class TableList:
    state: State
    rows: Sequence[TableRow] = ()
    more: bool = False
    last: str = ""
    picked_count: int = 0
    error: PortalError | None = None

    @property
    def total(self) -> str:
        """How many tables the list has: exact when all are shown, `200+` when there are more."""
        return f"{len(self.rows)}+" if self.more else str(len(self.rows))


@dataclass(frozen=True, slots=True)
class Rail:
    """All that templates/catalog/partials/rail.html shows."""

    connections: Sequence[DatabaseConnection]
    place: Place
    databases: Level
    schemas: Level
    tables: TableList
    picked_total: int


def database_level(place: Place) -> tuple[Level, Place]:
    """The databases of the connection, and the place with a chosen one that exists."""
    if place.connection is None:
        return Level("blocked"), replace(place, database="", schema="")
    try:
        names = postgres.list_databases(place.connection)
    except PortalError as error:
        return Level("failed", chosen=place.database, error=error), place
    chosen = _choice(names, place.database)
    return Level("loaded", names, chosen), replace(place, database=chosen)


def schema_level(place: Place) -> tuple[Level, Place]:
    """The schemas of the database, and the place with a chosen one that exists."""
    if place.connection is None or not place.database:
        return Level("blocked"), replace(place, schema="")
    try:
        names = postgres.list_schemas(place.connection, place.database)
    except PortalError as error:
        return Level("failed", chosen=place.schema, error=error), place
    chosen = _choice(names, place.schema)
    return Level("loaded", names, chosen), replace(place, schema=chosen)


def table_list(session: AnalysisSession, place: Place) -> TableList:
    """One page of the tables at `place`, with those picked in `session` marked."""
    if place.connection is None or not place.database or not place.schema:
        return TableList("blocked")
    picked = picked_tables(session, place)
    try:
        page = postgres.list_tables(
            place.connection, place.database, place.schema, search=place.search, after=place.after
        )
    except PortalError as error:
        return TableList("failed", error=error, picked_count=len(picked))
    rows = [table_row(place, summary, picked) for summary in page.tables]
    return TableList("loaded", rows, page.more, page.last, len(picked))


def table_row(place: Place, summary: TableSummary, picked: Collection[str]) -> TableRow:
    query = f"{replace(place, search='').query()}&{urlencode({'table': summary.name})}"
    return TableRow(summary, tick(place, summary.name, picked), query)


def tick(place: Place, name: str, picked: Collection[str], error: PortalError | None = None) -> Tick:
    return Tick(name, name in picked, dom_id(place, name), error)


def dom_id(place: Place, table: str) -> str:
    """An element id for any table name, the same on every page."""
    connection = place.connection.name if place.connection else ""
    digest = hashlib.sha256(json.dumps([connection, place.database, place.schema, table]).encode())
    return f"table-{digest.hexdigest()[:16]}"


def short_type(name: str) -> str:
    """PostgreSQL's own short spelling of a type, for narrow columns: timestamptz, varchar(20)."""
    for long, short in _SHORT_TYPES.items():
        name = name.replace(long, short)
    return name


def picked_tables(session: AnalysisSession, place: Place) -> set[str]:
    """Names of the tables at `place` that are picked in `session`."""
    found = session.sources.filter(connection=place.connection, database=place.database, schema=place.schema)
    return set(found.values_list("table", flat=True))


def rail(session: AnalysisSession, user: User, place: Place, *, load: bool) -> Rail:
    """The rail at `place`. Without `load` it asks no database: every level waits for its own fragment."""
    if load:
        databases, place = database_level(place)
        schemas, place = schema_level(place) if databases.state == "loaded" else (Level("blocked"), place)
        tables = table_list(session, place) if schemas.state == "loaded" else TableList("blocked")
    else:
        first: State = "waiting" if place.connection else "blocked"
        databases, schemas, tables = Level(first, chosen=place.database), Level("blocked"), TableList("blocked")
    return Rail(list(usable_connections(user)), place, databases, schemas, tables, session.sources.count())


def _choice(names: Iterable[str], wanted: str) -> str:
    """The wanted name if it is there, else the only one there is, else none."""
    names = list(names)
    if wanted in names:
        return wanted
    return names[0] if len(names) == 1 else ""
