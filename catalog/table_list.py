"""The list of tables at a place: starred and recently picked ones first, then all others, page by page."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from urllib.parse import urlencode

from django.contrib.auth.models import User

from catalog.browsing import Catalogue
from catalog.marks import RECENT, STARRED, Marks, marks_in
from catalog.models import AnalysisSession
from catalog.picker import Place, State, failed_state
from catalog.table_rows import TableRow, picked_tables, rows_of
from catalog.types import TablePage
from connections.errors import PortalError

MOST_PINNED = STARRED + RECENT


@dataclass(frozen=True, slots=True)
class Group:
    """Rows under one heading; `missing` are names that belong here and are not on the page that was read."""

    label: str
    rows: Sequence[TableRow]
    missing: Sequence[str] = ()
    error: PortalError | None = None

    @property
    def shown(self) -> str:
        """The names of the rows as JSON: what the plain form says it has shown."""
        return json.dumps([row.summary.name for row in self.rows])

    @property
    def missing_query(self) -> str:
        return urlencode([("name", name) for name in self.missing])


@dataclass(frozen=True, slots=True)
class TableList:
    state: State
    groups: Sequence[Group] = ()
    count: int = 0
    more: bool = False
    last: str = ""
    picked_count: int = 0
    error: PortalError | None = None
    read_at: datetime | None = None

    @property
    def total(self) -> str:
        """How many tables the list has: exact when all are shown, `40+` when there are more."""
        return f"{self.count}+" if self.more else str(self.count)


def table_list(session: AnalysisSession, user: User, place: Place) -> TableList:
    """One page of the tables at `place`, with those picked in `session` marked."""
    if place.connection is None or not place.database or not place.schema:
        return TableList("blocked")
    try:
        catalogue = Catalogue(user, place.connection)
        answer = catalogue.tables(place.database, place.schema, search=place.search, after=place.after)
    except PortalError as error:
        return TableList(failed_state(error), error=error, picked_count=len(picked_tables(session, place)))
    if not place.after:
        catalogue.expect_search(place.database)
    page = answer.value
    marks = marks_in(session, user, place, [place.schema], [table.name for table in page.tables])[place.schema]
    return TableList(
        "loaded",
        _groups(place, page, marks),
        count=len(page.tables),
        more=page.more,
        last=page.last,
        picked_count=len(marks.picked),
        read_at=answer.read_at,
    )


def pinned_rows(session: AnalysisSession, user: User, place: Place, names: Sequence[str]) -> Group:
    """The tables `names` at `place`; those that are not there any more are `missing`."""
    if place.connection is None or not names:
        return Group("", [])
    try:
        tables = Catalogue(user, place.connection).tables_named(place.database, place.schema, names).value
    except PortalError as error:
        return Group("", [], names, error)
    found = {table.name: table for table in tables}
    marks = marks_in(session, user, place, [place.schema], found)[place.schema]
    there = [found[name] for name in names if name in found]
    rows = rows_of(replace(place, search=""), there, marks)
    return Group("", rows, [name for name in names if name not in found])


def _groups(place: Place, page: TablePage, marks: Marks) -> list[Group]:
    """A search has one group; later pages leave out what the first has shown on top."""
    at = replace(place, search="", after="")
    rows = {row.summary.name: row for row in rows_of(at, page.tables, marks)}
    if place.search:
        return [Group("Found", list(rows.values()))] if rows else []
    starred, recent = marks.starred[:STARRED], marks.recent[:RECENT]
    pinned = {"Starred": starred, "Recent": [name for name in recent if name not in starred]}
    on_top = {name for names in pinned.values() for name in names}
    groups = [] if place.after else [_pinned(label, names, rows) for label, names in pinned.items()]
    groups.append(Group("All tables", [row for name, row in rows.items() if name not in on_top]))
    return [group for group in groups if group.rows or group.missing]


def _pinned(label: str, names: Sequence[str], rows: Mapping[str, TableRow]) -> Group:
    there = [rows[name] for name in names if name in rows]
    return Group(label, there, [name for name in names if name not in rows])
