"""PostgreSQL tables as they are now, and as sources of a session. Who may pick what is decided in operations.py."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from catalog import aliases, drift
from catalog.browsing import Catalogue
from catalog.models import AnalysisSession, SelectedSource, SourceKind
from catalog.types import TableDetail, TableRef
from connections.errors import PortalError
from connections.models import DatabaseConnection

# A picked table's facts are at most so old; as long as a slow database takes, so that a second try finds them.
NOW_SECONDS = 30


@dataclass(frozen=True, slots=True)
class Found:
    """A table as it was just read; `keys` are the facts by which its reading is planned (`catalog.key_facts`)."""

    connection: DatabaseConnection
    detail: TableDetail
    keys: dict[str, Any]


def read(catalogue: Catalogue, refs: Sequence[TableRef]) -> list[Found]:
    """`refs` as they are now, one statement per database. Raises TABLE_NOT_FOUND, PERMISSION_DENIED."""
    details: list[TableDetail] = []
    for database, group in _by_database(refs):
        details += catalogue.details(database, group, max_age=NOW_SECONDS).value
    if any(not detail.summary.readable for detail in details):
        raise PortalError("PERMISSION_DENIED", connection=catalogue.connection.name)
    keys = key_facts(catalogue, refs)
    return [Found(catalogue.connection, detail, keys.get(detail.ref, {})) for detail in details]


def key_facts(catalogue: Catalogue, refs: Sequence[TableRef]) -> dict[TableRef, dict[str, Any]]:
    """What the read plan needs to know of `refs` besides (`catalog.key_facts`)."""
    found: dict[TableRef, dict[str, Any]] = {}
    for database, group in _by_database(refs):
        found |= catalogue.key_facts(database, group, max_age=NOW_SECONDS).value
    return found


def keep(session: AnalysisSession, found: Found) -> SelectedSource:
    """The new row, or the one that a second click has made meanwhile."""
    ref, facts = found.detail.ref, drift.postgres_facts(found.detail)
    taken = list(session.sources.values_list("alias", flat=True))
    source, _ = SelectedSource.objects.get_or_create(
        session=session,
        kind=SourceKind.POSTGRES,
        connection=found.connection,
        database=ref.database,
        schema=ref.schema,
        table=ref.table,
        defaults={
            "alias": aliases.derive(ref.table, ref.schema, taken),
            "columns": facts.columns,
            "statistics": {**facts.statistics, "key_facts": found.keys},
        },
    )
    return source


def _by_database(refs: Sequence[TableRef]) -> list[tuple[str, list[TableRef]]]:
    ordered = sorted(refs, key=lambda ref: ref.database)
    return [(database, list(group)) for database, group in groupby(ordered, key=lambda ref: ref.database)]
