"""What people have marked at a place: starred tables, picked ones, notes. No database knows of it."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any

from django.contrib.auth.models import User
from django.db import connection as portal_database
from django.db.models import QuerySet

from catalog.models import AnalysisSession, FavouriteTable, SourceKind, TableNote
from catalog.picker import Place
from catalog.types import TableRef
from connections.models import DatabaseConnection

RECENT = 5
# More stars than a person oversees stay stars, further down the list.
STARRED = 20

# Every list and every search asks for all of it, so it is one statement; of picks those of all the person's sessions.
_MARKED = """
SELECT 'star' AS mark, "schema", "table", '' AS note, false AS is_here, NULL::timestamptz AS picked_at
FROM catalog_favouritetable
WHERE user_id = %(user)s AND kind = %(kind)s AND connection_id = %(connection)s AND database = %(database)s
  AND "schema" = ANY(%(schemas)s)
UNION ALL
SELECT 'pick', "schema", "table", '', bool_or(picked.session_id = %(session)s), max(picked.created_at)
FROM catalog_selectedsource picked JOIN catalog_analysissession session ON session.id = picked.session_id
WHERE session.owner_id = %(user)s AND kind = %(kind)s AND connection_id = %(connection)s AND database = %(database)s
  AND "schema" = ANY(%(schemas)s)
GROUP BY "schema", "table"
UNION ALL
SELECT 'note', "schema", "table", text, false, NULL
FROM catalog_tablenote
WHERE kind = %(kind)s AND connection_id = %(connection)s AND database = %(database)s
  AND "schema" = ANY(%(schemas)s) AND "table" = ANY(%(tables)s)
ORDER BY mark, picked_at DESC, "table"
"""


@dataclass(slots=True)
class Marks:
    """The marks in one schema: `starred` in order of name, `recent` the last picked first, whatever the session.

    `picked` are those of the session, `notes` are by table.
    """

    starred: list[str] = field(default_factory=list)
    recent: list[str] = field(default_factory=list)
    picked: set[str] = field(default_factory=set)
    notes: dict[str, str] = field(default_factory=dict)


def marks_in(
    session: AnalysisSession, user: User, place: Place, schemas: Collection[str], tables: Collection[str]
) -> Mapping[str, Marks]:
    """The marks of `user` in each of `schemas` of the place's database, and everybody's notes to `tables` in them."""
    asked: dict[str, Any] = {
        "user": user.pk,
        "session": session.pk,
        "kind": SourceKind.POSTGRES.value,
        "connection": place.connection.pk if place.connection else None,
        "database": place.database,
        "schemas": list(schemas),
        "tables": list(tables),
    }
    marks = {schema: Marks() for schema in schemas}
    with portal_database.cursor() as cursor:
        cursor.execute(_MARKED, asked)
        for mark, schema, table, note, is_here, _ in cursor.fetchall():
            _add(marks[schema], mark, table, note, is_here)
    return marks


def _add(marks: Marks, mark: str, table: str, note: str, is_here: bool) -> None:
    if mark == "star":
        marks.starred.append(table)
    elif mark == "note":
        marks.notes[table] = note
    else:
        marks.recent.append(table)
        if is_here:
            marks.picked.add(table)


def note_of(connection: DatabaseConnection, ref: TableRef) -> TableNote | None:
    """The note with who wrote it."""
    return _notes(connection, ref).select_related("updated_by").first()


def note_text(connection: DatabaseConnection, ref: TableRef) -> str:
    """What the note says, empty where there is none."""
    return _notes(connection, ref).values_list("text", flat=True).first() or ""


def _notes(connection: DatabaseConnection, ref: TableRef) -> QuerySet[TableNote]:
    return TableNote.objects.filter(
        kind=SourceKind.POSTGRES,
        connection=connection,
        database=ref.database,
        schema=ref.schema,
        table=ref.table,
    )


def is_starred(user: User, connection: DatabaseConnection, ref: TableRef) -> bool:
    return FavouriteTable.objects.filter(
        user=user,
        kind=SourceKind.POSTGRES,
        connection=connection,
        database=ref.database,
        schema=ref.schema,
        table=ref.table,
    ).exists()
