"""Turns the stored snapshot of picked sources into what a generator may see.

Only names of tables and columns, types, keys, comments and row estimates pass. The connection, the database
and the schema are used to match foreign keys and then left behind.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from jobs.codegen.base import ColumnInfo, GenerationRequest, Join, SourceInfo

Snapshot = Mapping[str, Any]
Place = tuple[Any, ...]


def request_for(prompt: str, sources: Sequence[Snapshot]) -> GenerationRequest:
    """The request for `prompt` over the picked `sources`, in the order in which they were picked."""
    return GenerationRequest(
        prompt=prompt,
        sources=tuple(_source_info(source) for source in sources),
        joins=_joins_between(sources),
    )


def _source_info(source: Snapshot) -> SourceInfo:
    statistics = source.get("statistics") or {}
    return SourceInfo(
        alias=source["alias"],
        table=source["table"],
        columns=tuple(_column_info(column) for column in source["columns"]),
        comment=statistics.get("comment") or "",
        estimated_rows=statistics.get("estimated_rows"),
    )


def _column_info(column: Snapshot) -> ColumnInfo:
    return ColumnInfo(
        name=column["name"],
        type=column["type"],
        nullable=column.get("nullable", True),
        is_primary_key=column.get("is_primary_key", False),
        comment=column.get("comment") or "",
    )


def _joins_between(sources: Sequence[Snapshot]) -> tuple[Join, ...]:
    """The foreign keys whose both ends are picked, from the same database of the same connection."""
    alias_of = {_place(source, source.get("schema"), source["table"]): source["alias"] for source in sources}
    joins = []
    for source in sources:
        for key in (source.get("statistics") or {}).get("foreign_keys") or ():
            target = alias_of.get(_place(source, key["target_schema"], key["target_table"]))
            if target is not None:
                joins.append(Join(source["alias"], tuple(key["columns"]), target, tuple(key["target_columns"])))
    return tuple(joins)


def _place(source: Snapshot, schema: object, table: object) -> Place:
    return (source.get("kind"), source.get("connection"), source.get("database"), schema, table)
