"""Sources and joins as the text that a model reads, at a chosen level of detail."""

from __future__ import annotations

from collections.abc import Collection
from enum import IntEnum

from jobs.codegen.base import ColumnInfo, Join, LikelyJoin, SourceInfo
from jobs.codegen.untrusted import name, quoted

COMMENT_CHARS = 200
NOTE_CHARS = 600
KINDS = {"POSTGRES": "PostgreSQL table", "GLUE": "table of the Glue Catalog", "CSV": "file"}


class Detail(IntEnum):
    """How much is said of a source; each level leaves out what the one before it still says."""

    FULL = 0
    NO_STATISTICS = 1
    NO_COMMENTS = 2
    KEY_COLUMNS = 3
    NAME_ONLY = 4


def source_text(source: SourceInfo, detail: Detail, joins: Collection[Join], asked_for: Collection[str]) -> str:
    """One source; at KEY_COLUMNS only its keys, the columns of its joins and those that were `asked_for` by name."""
    shown = columns_at(source, detail, joins, asked_for)
    hidden = len(source.columns) - len(shown)
    body = [_column_text(column, source, detail, joins) for column in shown]
    if detail < Detail.NO_COMMENTS and source.comment:
        body.insert(0, f"comment: {quoted(source.comment, COMMENT_CHARS)}")
    # What people wrote down for everybody goes last: it says what nothing else says.
    if detail < Detail.NAME_ONLY and source.note:
        body.insert(0, f"note: {quoted(source.note, NOTE_CHARS)}")
    if hidden:
        body.append(f"({hidden} of {len(source.columns)} columns are not shown)")
    lines = "\n".join(f"  {line}" for line in body)
    return f"<source {_head(source)}>\n{lines}\n</source>"


def columns_at(
    source: SourceInfo, detail: Detail, joins: Collection[Join], asked_for: Collection[str]
) -> list[ColumnInfo]:
    if detail < Detail.KEY_COLUMNS:
        return list(source.columns)
    if detail == Detail.NAME_ONLY:
        return []
    joined = {column for alias, columns in _ends(joins) if alias == source.alias for column in columns}
    return [
        column
        for column in source.columns
        if column.is_primary_key or column.name in joined or column.name.lower() in asked_for
    ]


def joins_text(joins: Collection[Join], likely: Collection[LikelyJoin]) -> str:
    """Foreign keys, then likely joins, best first; empty without any."""
    lines = [f"{join_text(join)}  (foreign key)" for join in joins]
    lines += [f"{join_text(one.join)}  (likely: {one.why})" for one in likely]
    return "<joins>\n" + "\n".join(f"  {line}" for line in lines) + "\n</joins>" if lines else ""


def join_text(join: Join) -> str:
    pairs = zip(join.columns, join.target_columns, strict=True)
    return " and ".join(f"{join.alias}.{name(left)} = {join.target_alias}.{name(right)}" for left, right in pairs)


def _ends(joins: Collection[Join]) -> list[tuple[str, tuple[str, ...]]]:
    return [end for join in joins for end in ((join.alias, join.columns), (join.target_alias, join.target_columns))]


def _head(source: SourceInfo) -> str:
    rows = "" if source.estimated_rows is None else f' rows="about {source.estimated_rows}"'
    kind = KINDS.get(source.kind, "table")
    called = "" if source.table == source.alias else f" table={quoted(source.table, COMMENT_CHARS)}"
    return f'alias="{source.alias}"{called} kind="{kind}"{rows}'


def _column_text(column: ColumnInfo, source: SourceInfo, detail: Detail, joins: Collection[Join]) -> str:
    words = [f"{name(column.name)} {name_of_type(column.type)}", *_key_words(column, source, joins)]
    if not column.nullable:
        words.append("not null")
    if detail < Detail.NO_STATISTICS:
        words += _statistics(column)
    text = ", ".join(words)
    if detail < Detail.NO_COMMENTS and column.comment:
        text += f", comment: {quoted(column.comment, COMMENT_CHARS)}"
    return text


def name_of_type(type_name: str) -> str:
    """Types are the catalogue's, but a type can be somebody's own and carry any name."""
    cleaned = quoted(type_name, 300)[1:-1]
    return cleaned.replace('\\"', '"')


def _key_words(column: ColumnInfo, source: SourceInfo, joins: Collection[Join]) -> list[str]:
    words = ["primary key"] if column.is_primary_key else ["unique"] if column.is_unique else []
    for join in joins:
        if join.alias == source.alias and column.name in join.columns:
            target = join.target_columns[join.columns.index(column.name)]
            words.append(f"references {join.target_alias}.{name(target)}")
    return words


def _statistics(column: ColumnInfo) -> list[str]:
    words = [] if column.distinct is None or column.is_unique else [f"about {column.distinct} distinct"]
    if column.low and column.high:
        words.append(f"about {column.low} to {column.high}")
    return words
