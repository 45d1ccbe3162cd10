"""The pickers Connection -> Database -> Schema -> Tables: where they stand, and what each level shows.

A level is `waiting` (its fragment will load it), `blocked` (the level above is not chosen), `loaded`, `slow` (asked,
not answered yet: its fragment asks again), or `failed` with the error in its place; a level that fails leaves the
others as they are.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Literal
from urllib.parse import urlencode

from django.contrib.auth.models import User

from catalog.browsing import Catalogue
from catalog.catalogue_cache import Answer
from catalog.search import SHORTEST
from catalog.types import TableRef
from connections.errors import PortalError
from connections.models import DatabaseConnection

State = Literal["waiting", "blocked", "loaded", "slow", "failed"]


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
        return urlencode({name: value for name, value in (self._facts() | {"q": self.search}).items() if value})

    @property
    def is_searched_widely(self) -> bool:
        """Whether the search text is long enough to be looked for in all schemas."""
        return len(self.search.strip()) >= SHORTEST

    def table_query(self, table: str, schema: str = "") -> str:
        """A table at this place, or in another schema of the same database."""
        return urlencode(self._facts() | {"schema": schema or self.schema, "table": table})

    def ref(self, table: str) -> TableRef:
        return TableRef(self.database, self.schema, table)

    def _facts(self) -> dict[str, str]:
        name = self.connection.name if self.connection else ""
        return {"connection": name, "database": self.database, "schema": self.schema}


@dataclass(frozen=True, slots=True)
class Level:
    """One select: its options, and the chosen one (empty when none is)."""

    state: State
    options: Sequence[str] = ()
    chosen: str = ""
    error: PortalError | None = None
    read_at: datetime | None = None


def database_level(user: User, place: Place) -> tuple[Level, Place]:
    """The databases of the connection, and the place with a chosen one that exists."""
    if place.connection is None:
        return Level("blocked"), replace(place, database="", schema="")
    connection = place.connection
    level = _level(lambda: Catalogue(user, connection).databases(), place.database)
    return level, replace(place, database=level.chosen)


def schema_level(user: User, place: Place) -> tuple[Level, Place]:
    """The schemas of the database, and the place with a chosen one that exists."""
    if place.connection is None or not place.database:
        return Level("blocked"), replace(place, schema="")
    connection = place.connection
    level = _level(lambda: Catalogue(user, connection).schemas(place.database), place.schema)
    return level, replace(place, schema=level.chosen)


def failed_state(error: PortalError) -> State:
    """A database that has not answered yet has not failed."""
    return "slow" if error.code == "DATABASE_SLOW" else "failed"


def _level(ask: Callable[[], Answer[list[str]]], wanted: str) -> Level:
    """What was wanted stays chosen while it cannot be told whether it is there."""
    try:
        answer = ask()
    except PortalError as error:
        return Level(failed_state(error), chosen=wanted, error=error)
    return Level("loaded", answer.value, _choice(answer.value, wanted), read_at=answer.read_at)


def _choice(names: Iterable[str], wanted: str) -> str:
    """The wanted name if it is there, else the only one there is, else none."""
    names = list(names)
    if wanted in names:
        return wanted
    return names[0] if len(names) == 1 else ""
