"""The part of a search that looks beyond the shown schema: in all schemas, by name, column and comment."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from django.contrib.auth.models import User

from catalog.browsing import Catalogue
from catalog.marks import marks_in
from catalog.models import AnalysisSession
from catalog.picker import Place, State, failed_state
from catalog.search import Match
from catalog.table_rows import TableRow, rows_of
from connections.errors import PortalError


@dataclass(frozen=True, slots=True)
class SearchList:
    """What the list of the shown schema does not show already; blocked while the text is too short to look for."""

    state: State
    rows: Sequence[TableRow] = ()
    more: bool = False
    error: PortalError | None = None
    read_at: datetime | None = None


def search_list(session: AnalysisSession, user: User, place: Place) -> SearchList:
    """Tables of the place's database that have its search text in a name, a column or a comment."""
    if place.connection is None or not place.database or not place.is_searched_widely:
        return SearchList("blocked")
    try:
        answer = Catalogue(user, place.connection).search(place.database, place.search.strip())
    except PortalError as error:
        return SearchList(failed_state(error), error=error)
    new = [match for match in answer.value.matches if match.why or match.schema != place.schema]
    return SearchList("loaded", _rows(session, user, place, new), answer.value.more, None, answer.read_at)


def _rows(session: AnalysisSession, user: User, place: Place, matches: Sequence[Match]) -> list[TableRow]:
    """In the order of the matches."""
    if not matches:
        return []
    schemas = {match.schema for match in matches}
    marks = marks_in(session, user, place, schemas, {match.summary.name for match in matches})
    at = {schema: replace(place, schema=schema, search="", after="") for schema in schemas}
    return [
        replace(row, why=match.why)
        for match in matches
        for row in rows_of(at[match.schema], [match.summary], marks[match.schema], place.schema)
    ]
