"""The picked sources as the engine's readers deliver them: what a rehearsal builds its empty frames from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from catalog.models import SourceKind
from jobs.checking.sources import Keys, Source
from jobs.script.postgres_types import read_columns


def frames_of(sources: Sequence[Mapping[str, Any]]) -> list[Source]:
    """Stored sources (`CodeVersion.sources`) with Spark's types, under the names that the readers give the columns."""
    return [_postgres(source) if source["kind"] == SourceKind.POSTGRES else _other(source) for source in sources]


def _postgres(source: Mapping[str, Any]) -> Source:
    statistics = source.get("statistics") or {}
    columns = source.get("columns") or ()
    readings = read_columns(
        columns,
        base_types=(statistics.get("key_facts") or {}).get("base_types"),
        as_text=frozenset((source.get("read_options") or {}).get("as_text") or ()),
    )
    names = {reading.column: reading.name for reading in readings}
    primary = [column["name"] for column in columns if column.get("is_primary_key")]
    unique = [key["columns"] for key in statistics.get("unique_keys") or ()]
    keys: Keys = tuple(tuple(names.get(name, name) for name in key) for key in (primary, *unique) if key)
    told = bool(keys) or "unique_keys" in statistics
    pairs = tuple((reading.name, reading.type) for reading in readings)
    return Source(source["alias"], source["kind"], pairs, keys if told else None)


def _other(source: Mapping[str, Any]) -> Source:
    """Glue tables and files name Spark's own types, and nobody vouches for a key of theirs."""
    columns = source.get("columns") or ()
    return Source(source["alias"], source["kind"], tuple((column["name"], column["type"]) for column in columns))
