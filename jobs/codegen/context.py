"""Turns the stored snapshot of picked sources into what a generator may see.

Only names of tables and columns, types, keys, comments, notes, row estimates and what statistics say of numbers and
dates pass. The connection, the database and the schema are used to match foreign keys and then left behind. Columns
have the names that `transform` sees: those under which they are read.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from jobs.codegen.base import Base, ColumnInfo, GenerationRequest, Join, SourceInfo, Turn
from jobs.codegen.likely_joins import likely_joins
from jobs.column_names import read_names

Snapshot = Mapping[str, Any]
Place = tuple[Any, ...]
# A text's least and greatest value are somebody's data; those of numbers and dates are a range.
_HAS_RANGE = re.compile(
    r"^(smallint|integer|int|tinyint|bigint|numeric|decimal|real|double|float|date|timestamp)", re.IGNORECASE
)
_RANGE_VALUE = re.compile(r"[-+0-9.eE:/ TZ]{1,40}")


def request_for(
    prompt: str,
    sources: Sequence[Snapshot],
    *,
    base: Base | None = None,
    failure: str = "",
    turns: Sequence[Turn] = (),
    model: str = "",
) -> GenerationRequest:
    """The request for `prompt` over the picked `sources`, in the order in which they were picked."""
    infos = tuple(_source_info(source) for source in sources)
    joins = _joins_between(sources)
    return GenerationRequest(
        prompt=prompt,
        sources=infos,
        joins=joins,
        likely_joins=likely_joins(infos, joins),
        base=base,
        failure=failure,
        turns=tuple(turns),
        model=model,
    )


def _source_info(source: Snapshot) -> SourceInfo:
    statistics = source.get("statistics") or {}
    unique = {key["columns"][0] for key in statistics.get("unique_keys") or () if len(key["columns"]) == 1}
    spreads = (statistics.get("key_facts") or {}).get("columns") or {}
    rows = statistics.get("estimated_rows")
    names = _names(source)
    return SourceInfo(
        alias=source["alias"],
        table=source["table"],
        columns=tuple(
            _column_info(column, name, unique, spreads.get(column["name"]) or {}, rows)
            for column, name in zip(source["columns"], names.values(), strict=True)
        ),
        comment=statistics.get("comment") or "",
        estimated_rows=rows,
        kind=source.get("kind") or "POSTGRES",
        note=source.get("note") or "",
    )


def _names(source: Snapshot) -> dict[str, str]:
    """What each column of a source is called in `transform`. Glue and files have such names from the start."""
    spelled = [column["name"] for column in source["columns"]]
    is_postgres = (source.get("kind") or "POSTGRES") == "POSTGRES"
    return dict(zip(spelled, read_names(spelled) if is_postgres else spelled, strict=True))


def _column_info(column: Snapshot, name: str, unique: set[str], spread: Snapshot, rows: int | None) -> ColumnInfo:
    has_range = _HAS_RANGE.match(column["type"]) is not None
    return ColumnInfo(
        name=name,
        type=column["type"],
        nullable=column.get("nullable", True),
        is_primary_key=column.get("is_primary_key", False),
        comment=column.get("comment") or "",
        is_unique=column["name"] in unique,
        distinct=_distinct(spread.get("n_distinct"), rows),
        low=_range_value(spread.get("low")) if has_range else "",
        high=_range_value(spread.get("high")) if has_range else "",
    )


def _distinct(counted: float | None, rows: int | None) -> int | None:
    """PostgreSQL's estimate: a negative one is a share of the rows."""
    if not counted or (counted < 0 and rows is None):
        return None
    return round(counted if counted > 0 else -counted * (rows or 0))


def _range_value(value: object) -> str:
    """A number or a date as text; anything else is left out, whatever the type of its column."""
    text = "" if value is None else str(value)
    return text if _RANGE_VALUE.fullmatch(text) else ""


def _joins_between(sources: Sequence[Snapshot]) -> tuple[Join, ...]:
    """The foreign keys whose both ends are picked, from the same database of the same connection."""
    at = {_place(source, source.get("schema"), source["table"]): source for source in sources}
    joins = []
    for source in sources:
        for key in (source.get("statistics") or {}).get("foreign_keys") or ():
            target = at.get(_place(source, key["target_schema"], key["target_table"]))
            if target is not None:
                own, others = _named(source, key["columns"]), _named(target, key["target_columns"])
                joins.append(Join(source["alias"], own, target["alias"], others))
    return tuple(joins)


def _named(source: Snapshot, columns: Sequence[str]) -> tuple[str, ...]:
    names = _names(source)
    return tuple(names.get(column, column) for column in columns)


def _place(source: Snapshot, schema: object, table: object) -> Place:
    return (source.get("kind"), source.get("connection"), source.get("database"), schema, table)
