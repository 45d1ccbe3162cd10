"""Whether picked sources are still as they were when they were picked: columns added, removed or retyped, or all gone.

A new kind of source is one reader of its present facts and one line of `_READERS`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass
from itertools import groupby
from typing import Any

from django.contrib.auth.models import User

from catalog import file_access, glue, glue_access
from catalog.browsing import Catalogue
from catalog.files.dialect import from_json
from catalog.models import SelectedSource, SourceKind
from catalog.types import TableDetail, TableRef
from connections.errors import PortalError


@dataclass(frozen=True, slots=True)
class Facts:
    """What `SelectedSource` keeps of a source, as it is now."""

    columns: list[dict[str, Any]]
    statistics: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Drift:
    """How a source differs from what was picked. Pairs are name and type, triples name, old and new type."""

    source: SelectedSource
    is_gone: bool = False
    added: tuple[tuple[str, str], ...] = ()
    removed: tuple[tuple[str, str], ...] = ()
    retyped: tuple[tuple[str, str, str], ...] = ()

    def __bool__(self) -> bool:
        return bool(self.is_gone or self.added or self.removed or self.retyped)


@dataclass(frozen=True, slots=True)
class Report:
    """The sources that have changed, and why others could not be looked at."""

    drifts: tuple[Drift, ...]
    errors: tuple[PortalError, ...]


Reader = Callable[[User, Sequence[SelectedSource]], dict[int, Facts]]


def report(user: User, sources: Iterable[SelectedSource]) -> Report:
    """Looks at all sources now, past every cache. One that cannot be reached does not hide the others."""
    drifts: list[Drift] = []
    errors: dict[str, PortalError] = {}
    for group in _groups(sources):
        try:
            now = present_facts(user, group)
        except PortalError as error:
            errors.setdefault(error.message, error)
            continue
        drifts += [compare(source, now.get(source.pk)) for source in group]
    return Report(tuple(filter(None, drifts)), tuple(errors.values()))


def present_facts(user: User, sources: Sequence[SelectedSource]) -> dict[int, Facts]:
    """The facts of sources of one place by their id; what is gone is left out. Raises the errors of reaching it."""
    return _READERS[SourceKind(sources[0].kind)](user, sources)


def compare(source: SelectedSource, now: Facts | None) -> Drift:
    if now is None:
        return Drift(source, is_gone=True)
    before = {column["name"]: column["type"] for column in source.columns}
    after = {column["name"]: column["type"] for column in now.columns}
    return Drift(
        source,
        added=tuple((name, after[name]) for name in after if name not in before),
        removed=tuple((name, before[name]) for name in before if name not in after),
        retyped=tuple((n, before[n], after[n]) for n in after if n in before and before[n] != after[n]),
    )


def postgres_facts(detail: TableDetail) -> Facts:
    """What is kept of a PostgreSQL table."""
    return Facts(
        columns=[asdict(column) for column in detail.columns],
        statistics={
            "estimated_rows": detail.summary.estimated_rows,
            "size_bytes": detail.summary.size_bytes,
            "comment": detail.summary.comment,
            "kind": detail.summary.kind,
            "average_row_bytes": detail.average_row_bytes,
            "foreign_keys": [asdict(key) for key in detail.foreign_keys],
            "unique_keys": [asdict(key) for key in detail.unique_keys],
            "indexes": [asdict(index) for index in detail.indexes],
            "partitions": detail.partitions,
        },
    )


def _groups(sources: Iterable[SelectedSource]) -> list[list[SelectedSource]]:
    """Sources that one look tells of: the tables of a database, each Glue table by itself."""

    def place(source: SelectedSource) -> tuple[str, int, str, str]:
        own = "" if source.kind == SourceKind.POSTGRES else f"{source.table}\n{source.uri}"
        return source.kind, source.connection_id or 0, source.database, own

    known = (source for source in sources if source.kind in _READERS)
    return [list(group) for _, group in groupby(sorted(known, key=place), key=place)]


def _postgres(user: User, sources: Sequence[SelectedSource]) -> dict[int, Facts]:
    connection, database = sources[0].connection, sources[0].database
    assert connection is not None  # noqa: S101  (a constraint of the table)
    refs = {TableRef(database, source.schema, source.table): source.pk for source in sources}
    found = Catalogue(user, connection).existing_tables(database, list(refs))
    return {refs[detail.ref]: postgres_facts(detail) for detail in found if detail.summary.readable}


def _glue(user: User, sources: Sequence[SelectedSource]) -> dict[int, Facts]:
    (source,) = sources
    glue_access.check(user, source.database)
    try:
        table = glue.table_detail(source.database, source.table)
    except PortalError as error:
        if error.code in ("TABLE_NOT_FOUND", "GLUE_DATABASE_NOT_FOUND"):
            return {}
        raise
    return {source.pk: Facts([column.as_json() for column in table.columns], table.statistics())}


def _file(user: User, sources: Sequence[SelectedSource]) -> dict[int, Facts]:
    """Read as it was picked. Types of CSV are the person's as long as there are as many columns."""
    (source,) = sources
    try:
        file = file_access.file_of(user, uri=source.uri, upload_id=source.upload_id, name=source.table)
        facts = file.facts()
    except PortalError as error:
        if error.code == "FILE_GONE":
            return {}
        raise
    # An upload never changes: its columns are what its owner made of them.
    if file.upload:
        return {source.pk: Facts(source.columns, source.statistics)}
    types = [column["type"] for column in source.columns if not column.get("is_partition_key")]
    found = file.preview(facts, from_json(source.read_options), types)
    return {source.pk: Facts([column.as_json() for column in found.columns], facts.statistics(found))}


_READERS: dict[SourceKind, Reader] = {
    SourceKind.POSTGRES: _postgres,
    SourceKind.GLUE: _glue,
    SourceKind.CSV: _file,
}
