"""A row of the lists of PostgreSQL tables: its checkbox, star and note, and what its folds and links ask for."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from catalog.marks import Marks
from catalog.models import AnalysisSession
from catalog.picker import Place
from catalog.types import TableSummary
from connections.errors import PortalError

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
class Tick:
    """The checkbox of a table at `place` in a list of `shown`, a schema. `error` is why the last click on it failed."""

    place: Place
    name: str
    picked: bool
    shown: str
    error: PortalError | None = None

    @property
    def is_elsewhere(self) -> bool:
        return self.place.schema != self.shown

    @property
    def label(self) -> str:
        return f"Pick {self.name} of {self.place.schema}" if self.is_elsewhere else f"Pick {self.name}"

    @property
    def toggle(self) -> str:
        """What a click sends (`catalog.forms.PickForm`), as JSON for hx-vals. The rest comes from the list's form."""
        sent = {"name": self.name, "pick": "" if self.picked else "1"}
        if self.is_elsewhere:
            sent |= table_form(self.place, self.name) | {"at": self.shown}
        return json.dumps(sent)


@dataclass(frozen=True, slots=True)
class TableRow:
    """A table in a list. `query` is that of its addresses, `note` is what people wrote of it.

    `why` is the column or comment by which a search found it.
    """

    place: Place
    summary: TableSummary
    tick: Tick
    dom_id: str
    query: str
    is_starred: bool = False
    note: str = ""
    why: str = ""

    @property
    def title(self) -> str:
        comment = f": {self.summary.comment[:200]}" if self.summary.comment else ""
        return f"{self.summary.name} ({self.summary.kind}){comment}"

    @property
    def is_marked(self) -> bool:
        return self.is_starred or bool(self.note)

    @property
    def found_by(self) -> str:
        """Where it is, if not in the shown schema, and the word that a search found besides its name."""
        return " · ".join(filter(None, [self.place.schema if self.tick.is_elsewhere else "", self.why]))

    @property
    def is_plain(self) -> bool:
        """Whether the list has figures for it; of anything else it says the kind in their place."""
        return self.summary.kind == "table" or self.summary.size_bytes is not None


def rows_of(place: Place, summaries: Iterable[TableSummary], marks: Marks, shown: str = "") -> list[TableRow]:
    """Rows of tables that are all in the schema of `place`, for a list of `shown`, the same schema unless given."""
    return [
        TableRow(
            place,
            summary,
            Tick(place, summary.name, summary.name in marks.picked, shown or place.schema),
            dom_id(table_form(place, summary.name)),
            place.table_query(summary.name),
            is_starred=summary.name in marks.starred,
            note=marks.notes.get(summary.name, ""),
        )
        for summary in summaries
    ]


def picked_tables(session: AnalysisSession, place: Place) -> set[str]:
    """Names of the tables at `place` that are picked in `session`."""
    found = session.sources.filter(connection=place.connection, database=place.database, schema=place.schema)
    return set(found.values_list("table", flat=True))


def short_type(name: str) -> str:
    """PostgreSQL's own short spelling of a type, for narrow columns: timestamptz, varchar(20)."""
    for long, short in _SHORT_TYPES.items():
        name = name.replace(long, short)
    return name


def table_form(place: Place, table: str) -> dict[str, str]:
    """The fields of `catalog.forms.TableForm`."""
    connection = place.connection.name if place.connection else ""
    return {"connection": connection, "database": place.database, "schema": place.schema, "name": table}


def dom_id(form: Mapping[str, str]) -> str:
    """An element id for the table of a `table_form`, the same on every page."""
    digest = hashlib.sha256(json.dumps([form[name] for name in ("connection", "database", "schema", "name")]).encode())
    return f"table-{digest.hexdigest()[:16]}"
