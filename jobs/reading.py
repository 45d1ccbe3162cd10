"""How the picked sources are read: what the page tells of it, and what a person decides instead."""

from __future__ import annotations

import csv
import io
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from django.contrib.auth.models import User

from catalog.models import AnalysisSession, SelectedSource, SourceKind
from connections.errors import PortalError
from connections.queries import check_usable
from jobs.script.key_ranges import keys_of
from jobs.script.postgres_reader import notes_of
from jobs.script_building import file_source, glue_source, snapshot_of, table_options, table_plan

OPTIONS = ("partition_column", "partitions", "fetch_size", "row_filter", "as_text")


def readings(sources: Sequence[SelectedSource]) -> list[dict[str, Any]]:
    """For each source its number, alias, a sentence, reasons and notes; for a table also what may be chosen and is."""
    tables = Counter(source.connection_id for source in sources)
    return [
        {"id": source.pk, "number": number, "alias": source.alias, **_reading(source, tables[source.connection_id])}
        for number, source in enumerate(sources, start=1)
    ]


def reading_of(session: AnalysisSession, source_id: int) -> dict[str, Any]:
    """The one of `readings` that is about this source. Raises NOT_FOUND."""
    sources = list(session.sources.select_related("connection"))
    found = next((reading for reading in readings(sources) if reading["id"] == source_id), None)
    if found is None:
        raise PortalError("NOT_FOUND")
    return found


def set_read_options(
    *, session: AnalysisSession, source_id: int, by: User, options: Mapping[str, Any]
) -> SelectedSource:
    """Keeps a person's own options for a picked table in place of those before; empty ones are the plan's to decide.

    Raises NOT_FOUND, CONNECTION_NOT_ALLOWED, CONNECTION_DISABLED, READ_OPTION_INVALID; then nothing is changed.
    """
    source = session.sources.select_related("connection").filter(pk=source_id, kind=SourceKind.POSTGRES).first()
    if source is None or source.connection is None:
        raise PortalError("NOT_FOUND")
    check_usable(by, source.connection, table=source.place + source.table)
    raw = {name: options[name] for name in OPTIONS if options.get(name)}
    checked = table_options({**snapshot_of(source), "read_options": raw}, source.connection)
    # The filter as the person wrote it: it is checked and quoted anew for each script.
    kept = checked.as_json() | ({"row_filter": str(raw["row_filter"]).strip()} if checked.row_filter else {})
    source.read_options = kept
    source.save(update_fields=["read_options"])
    return source


def _reading(source: SelectedSource, tables: int) -> dict[str, Any]:
    return _READINGS[SourceKind(source.kind)](source, tables)


def _table(source: SelectedSource, tables: int) -> dict[str, Any]:
    assert source.connection is not None  # noqa: S101  (a constraint of the table)
    facts = source.statistics.get("key_facts") or {}
    choices = {
        "as_text": _listed(source.read_options.get("as_text") or ()),
        "keys": [key.column for key in keys_of(facts)],
        "chosen": source.read_options,
        "most_partitions": source.connection.max_parallel_reads,
        "can_choose": True,
    }
    try:
        plan, columns = table_plan(snapshot_of(source), source.connection, tables)
    except PortalError as error:
        return {"sentence": error.message, "reasons": [error.hint], "notes": [], "error": error, **choices}
    return {"sentence": plan.sentence, "reasons": list(plan.reasons), "notes": notes_of(columns), **choices}


def _listed(names: Sequence[str]) -> str:
    """Names as the form takes them again."""
    line = io.StringIO()
    csv.writer(line, lineterminator="").writerow(names)
    return line.getvalue().replace(",", ", ") if not any("," in name for name in names) else line.getvalue()


def _glue(source: SelectedSource, tables: int) -> dict[str, Any]:
    return {"sentence": glue_source(snapshot_of(source)).sentence, "reasons": [], "notes": []}


def _file(source: SelectedSource, tables: int) -> dict[str, Any]:
    read = file_source(snapshot_of(source))
    return {"sentence": read.sentence, "reasons": [], "notes": read.notes}


_READINGS: dict[SourceKind, Callable[[SelectedSource, int], dict[str, Any]]] = {
    SourceKind.POSTGRES: _table,
    SourceKind.GLUE: _glue,
    SourceKind.CSV: _file,
}
