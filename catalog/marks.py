"""What people have marked at a place: starred tables, recently picked ones, notes. No database knows of it."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from django.contrib.auth.models import User
from django.db.models import Max

from catalog.models import FavouriteTable, SelectedSource, SourceKind, TableNote
from catalog.picker import Place
from catalog.types import TableRef
from connections.models import DatabaseConnection

RECENT = 5
# More stars than a person oversees stay stars, further down the list.
STARRED = 20


@dataclass(frozen=True, slots=True)
class Marks:
    """`starred` in order of name, `recent` the last picked first, `notes` by table."""

    starred: Sequence[str]
    recent: Sequence[str]
    notes: Mapping[str, str]


def marks_at(user: User, place: Place, names: Collection[str]) -> Marks:
    """The marks of `user` at `place`, and everybody's notes to the tables `names` of it."""
    where = {
        "kind": SourceKind.POSTGRES,
        "connection": place.connection,
        "database": place.database,
        "schema": place.schema,
    }
    starred = FavouriteTable.objects.filter(user=user, **where).order_by("table").values_list("table", flat=True)
    picked = SelectedSource.objects.filter(session__owner=user, **where).values("table")
    recent = picked.annotate(last=Max("created_at")).order_by("-last").values_list("table", flat=True)
    notes = TableNote.objects.filter(table__in=names, **where).values_list("table", "text")
    return Marks(list(starred[:STARRED]), list(recent[:RECENT]), dict(notes))


def note_of(connection: DatabaseConnection, ref: TableRef) -> TableNote | None:
    return (
        TableNote.objects.filter(
            kind=SourceKind.POSTGRES,
            connection=connection,
            database=ref.database,
            schema=ref.schema,
            table=ref.table,
        )
        .select_related("updated_by")
        .first()
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
