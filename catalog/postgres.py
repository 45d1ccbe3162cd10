"""What PostgreSQL says about itself: databases, schemas, tables, columns. One statement of pg_catalog each.

Why pg_catalog: information_schema hides keys from read-only roles and costs hundreds of times more. Nothing here takes
a lock on a table, so a locked one stalls nobody: sizes are `relpages`, not pg_total_relation_size().
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, LiteralString

from catalog.types import Column, ForeignKey, TableDetail, TableRef, TableSummary
from connections.errors import PortalError
from connections.models import DatabaseConnection
from connections.pool import borrow

PAGE_SIZE = 200

KINDS = {"r": "table", "p": "partitioned table", "v": "view", "m": "materialised view", "f": "foreign table"}


@dataclass(frozen=True, slots=True)
class TablePage:
    """Tables in order of name; `more` says that others follow after the last of them."""

    tables: tuple[TableSummary, ...]
    more: bool

    @property
    def last(self) -> str:
        """The name to give as `after` for the next page."""
        return self.tables[-1].name if self.tables else ""


_DATABASES = """
SELECT d.datname FROM pg_catalog.pg_database d
WHERE d.datallowconn AND NOT d.datistemplate AND pg_catalog.has_database_privilege(d.oid, 'CONNECT')
ORDER BY d.datname
"""

_SCHEMAS = """
SELECT n.nspname FROM pg_catalog.pg_namespace n
WHERE n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
  AND pg_catalog.has_schema_privilege(n.oid, 'USAGE')
ORDER BY n.nspname
"""

# Facts of pg_class `c`. reltuples: -1 means never analysed; before PostgreSQL 14 that was 0 with no pages.
_SUMMARY: LiteralString = """
c.relkind::text,
CASE WHEN c.relkind = 'v' OR c.reltuples < 0 THEN NULL
     WHEN c.reltuples = 0 AND pg_catalog.current_setting('server_version_num')::int < 140000 THEN NULL
     ELSE c.reltuples::bigint END AS estimated_rows,
CASE WHEN c.relkind IN ('r', 'm') AND (c.relpages > 0 OR c.reltuples >= 0)
     THEN c.relpages::bigint * pg_catalog.current_setting('block_size')::int END AS size_bytes,
coalesce(d.description, '') AS comment,
pg_catalog.has_table_privilege(c.oid, 'SELECT') AS readable
"""

# One row with nulls stands for a schema without tables, no row at all for a schema that is not there.
_TABLES: LiteralString = f"""
SELECT pg_catalog.has_schema_privilege(n.oid, 'USAGE') AS usable, t.*
FROM pg_catalog.pg_namespace n
LEFT JOIN LATERAL (
    SELECT c.relname, {_SUMMARY}
    FROM pg_catalog.pg_class c
    LEFT JOIN pg_catalog.pg_description d
      ON d.objoid = c.oid AND d.classoid = 'pg_catalog.pg_class'::pg_catalog.regclass AND d.objsubid = 0
    WHERE c.relnamespace = n.oid AND c.relkind IN ('r', 'p', 'v', 'm', 'f') AND NOT c.relispartition
      AND c.relname > %(after)s::name
      AND (%(pattern)s::text IS NULL OR c.relname ILIKE %(pattern)s)
    ORDER BY c.relname
    LIMIT %(limit)s
) t ON true
WHERE n.nspname = %(schema)s::name
ORDER BY t.relname
"""  # noqa: S608 (both parts are written here)

_DETAILS: LiteralString = f"""
SELECT n.nspname, c.relname, {_SUMMARY},
  pg_catalog.has_schema_privilege(n.oid, 'USAGE') AS usable,
  (SELECT json_agg(json_build_object(
            'name', a.attname,
            'type', pg_catalog.format_type(a.atttypid, a.atttypmod),
            'nullable', NOT (a.attnotnull OR ty.typnotnull),
            'is_primary_key', coalesce(a.attnum = ANY (pk.conkey), false),
            'is_foreign_key', EXISTS (
                SELECT FROM pg_catalog.pg_constraint k
                WHERE k.conrelid = c.oid AND k.contype = 'f' AND a.attnum = ANY (k.conkey)),
            'comment', coalesce(cd.description, '')) ORDER BY a.attnum)
   FROM pg_catalog.pg_attribute a
   JOIN pg_catalog.pg_type ty ON ty.oid = a.atttypid
   LEFT JOIN pg_catalog.pg_description cd
     ON cd.objoid = c.oid AND cd.classoid = 'pg_catalog.pg_class'::pg_catalog.regclass AND cd.objsubid = a.attnum
   WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped) AS columns,
  (SELECT json_agg(json_build_object(
            'columns', (SELECT json_agg(a.attname ORDER BY u.at)
                        FROM unnest(k.conkey) WITH ORDINALITY u(num, at)
                        JOIN pg_catalog.pg_attribute a ON a.attrelid = k.conrelid AND a.attnum = u.num),
            'target_schema', tn.nspname,
            'target_table', tc.relname,
            'target_columns', (SELECT json_agg(a.attname ORDER BY u.at)
                               FROM unnest(k.confkey) WITH ORDINALITY u(num, at)
                               JOIN pg_catalog.pg_attribute a ON a.attrelid = k.confrelid AND a.attnum = u.num)
          ) ORDER BY k.conname)
   FROM pg_catalog.pg_constraint k
   JOIN pg_catalog.pg_class tc ON tc.oid = k.confrelid
   JOIN pg_catalog.pg_namespace tn ON tn.oid = tc.relnamespace
   WHERE k.conrelid = c.oid AND k.contype = 'f' AND NOT tc.relispartition) AS foreign_keys,
  (SELECT sum(s.avg_width) FROM pg_catalog.pg_stats s
   WHERE s.schemaname = n.nspname AND s.tablename = c.relname AND s.inherited = (c.relkind = 'p')) AS row_bytes
FROM unnest(%(schemas)s::text[], %(tables)s::text[]) WITH ORDINALITY wanted(schema, name, at)
JOIN pg_catalog.pg_namespace n ON n.nspname = wanted.schema::name
JOIN pg_catalog.pg_class c ON c.relnamespace = n.oid AND c.relname = wanted.name::name
LEFT JOIN pg_catalog.pg_description d
  ON d.objoid = c.oid AND d.classoid = 'pg_catalog.pg_class'::pg_catalog.regclass AND d.objsubid = 0
LEFT JOIN pg_catalog.pg_constraint pk ON pk.conrelid = c.oid AND pk.contype = 'p'
WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f')
ORDER BY wanted.at
"""  # noqa: S608 (both parts are written here)


def list_databases(connection: DatabaseConnection) -> list[str]:
    """Databases that the connection's user may enter, by name."""
    return [name for (name,) in _rows(connection, "", _DATABASES)]


def list_schemas(connection: DatabaseConnection, database: str) -> list[str]:
    """Schemas of `database` that the user may use, by name, without PostgreSQL's own."""
    return [name for (name,) in _rows(connection, database, _SCHEMAS)]


def list_tables(
    connection: DatabaseConnection, database: str, schema: str, *, search: str = "", after: str = ""
) -> TablePage:
    """One page of the tables and views of a schema, unreadable ones included; partitions are part of their parent.

    `search` is a part of the name, in any case. Raises SCHEMA_NOT_FOUND and PERMISSION_DENIED besides the errors of
    reaching the database.
    """
    parameters = {
        "schema": schema,
        "after": after,
        "pattern": f"%{_escaped(search)}%" if search else None,
        "limit": PAGE_SIZE + 1,
    }
    rows = _rows(connection, database, _TABLES, parameters)
    if not rows:
        raise PortalError("SCHEMA_NOT_FOUND", schema=schema, database=database)
    if not rows[0][0]:
        raise PortalError("PERMISSION_DENIED", connection=connection.name)
    tables = tuple(_summary(row[1], row[2:]) for row in rows if row[1] is not None)
    return TablePage(tables[:PAGE_SIZE], more=len(tables) > PAGE_SIZE)


def table_detail(connection: DatabaseConnection, ref: TableRef) -> TableDetail:
    """One table with its columns, keys and statistics. Raises TABLE_NOT_FOUND."""
    return table_details(connection, ref.database, [ref])[0]


def table_details(connection: DatabaseConnection, database: str, refs: Sequence[TableRef]) -> list[TableDetail]:
    """The tables of `refs`, all in `database`, in their order, with one statement. Raises TABLE_NOT_FOUND."""
    parameters = {"schemas": [ref.schema for ref in refs], "tables": [ref.table for ref in refs]}
    found = [_detail(database, row) for row in _rows(connection, database, _DETAILS, parameters)]
    missing = [ref for ref in refs if ref not in {detail.ref for detail in found}]
    if missing:
        raise PortalError("TABLE_NOT_FOUND", table=str(missing[0]))
    return found


def _rows(
    connection: DatabaseConnection, database: str, query: LiteralString, parameters: dict[str, Any] | None = None
) -> list[tuple[Any, ...]]:
    with borrow(connection, database) as session:
        return session.execute(query, parameters).fetchall()


def _escaped(search: str) -> str:
    r"""`search` with what ILIKE would read as a pattern (% _ \) taken literally."""
    return search.replace("\\", r"\\").replace("%", r"\%").replace("_", r"\_")


def _summary(name: str, facts: tuple[Any, ...]) -> TableSummary:
    kind, rows, size, comment, readable = facts
    return TableSummary(name, KINDS[kind], rows, size, comment, readable)


def _detail(database: str, row: tuple[Any, ...]) -> TableDetail:
    schema, name, *rest = row
    summary = _summary(name, tuple(rest[:5]))
    usable, columns, keys, row_bytes = rest[5:]
    return TableDetail(
        ref=TableRef(database, schema, name),
        summary=TableSummary(
            name, summary.kind, summary.estimated_rows, summary.size_bytes, summary.comment, summary.readable and usable
        ),
        columns=tuple(Column(**column) for column in columns or ()),
        foreign_keys=tuple(
            ForeignKey(tuple(k["columns"]), k["target_schema"], k["target_table"], tuple(k["target_columns"]))
            for k in keys or ()
        ),
        average_row_bytes=row_bytes,
    )
