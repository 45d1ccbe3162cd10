"""What the read plan needs to know of a PostgreSQL table beyond its description: keys with their spread, pages, leaves.

Kept as `SelectedSource.statistics["key_facts"]`, plain JSON, gathered once when a table is picked. Everything comes
from the catalogue but the least and the greatest value of each key, which its index gives at once. `columns` holds the
spread of every column, for whoever writes code.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, LiteralString

import psycopg
from psycopg import sql

from catalog.spread import spread_of
from catalog.types import TableRef
from connections.login import Connection
from connections.models import DatabaseConnection
from connections.pool import borrow

MAX_KEYS = 8
# Ends of an index come in milliseconds; a server that needs longer is not worth the wait.
ENDS_MS = 2_000

# One row per wanted table. Keys are the leading columns of whole, valid B-trees, the primary key first.
_FACTS: LiteralString = """
SELECT wanted.schema, wanted.name, json_build_object(
    'server_version', pg_catalog.current_setting('server_version_num')::int,
    'block_size', pg_catalog.current_setting('block_size')::int,
    'pages', CASE WHEN c.relkind IN ('r', 'm') THEN c.relpages END,
    'analysed', c.reltuples > 0,
    'inherited', EXISTS (SELECT FROM pg_catalog.pg_inherits i WHERE i.inhparent = c.oid AND c.relkind = 'r'),
    'leaves', (
        SELECT json_build_object('count', count(*), 'pages', sum(leaf.relpages),
                                 'rows', sum(greatest(leaf.reltuples, 0))::bigint)
        FROM pg_catalog.pg_partition_tree(c.oid) t JOIN pg_catalog.pg_class leaf ON leaf.oid = t.relid
        WHERE t.isleaf AND c.relkind = 'p'),
    'base_types', (
        WITH RECURSIVE base(attname, oid, typmod) AS (
            SELECT a.attname, ty.typbasetype, ty.typtypmod
            FROM pg_catalog.pg_attribute a JOIN pg_catalog.pg_type ty ON ty.oid = a.atttypid
            WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped AND ty.typtype = 'd'
            UNION ALL
            SELECT base.attname, ty.typbasetype, ty.typtypmod
            FROM base JOIN pg_catalog.pg_type ty ON ty.oid = base.oid AND ty.typtype = 'd')
        SELECT coalesce(json_object_agg(base.attname, pg_catalog.format_type(base.oid, base.typmod)), '{}')
        FROM base JOIN pg_catalog.pg_type ty ON ty.oid = base.oid AND ty.typtype <> 'd'),
    'columns', (
        SELECT coalesce(json_object_agg(s.attname, json_build_object(
            'n_distinct', s.n_distinct,
            'bounds', CASE WHEN ranged.is THEN s.histogram_bounds::text::text[] END,
            'common', CASE WHEN ranged.is THEN s.most_common_vals::text::text[] END)), '{}')
        FROM pg_catalog.pg_stats s
        JOIN pg_catalog.pg_attribute a ON a.attrelid = c.oid AND a.attname = s.attname
        JOIN pg_catalog.pg_type ty ON ty.oid = a.atttypid
        CROSS JOIN LATERAL (SELECT ty.typnamespace = 'pg_catalog'::pg_catalog.regnamespace AND ty.typname IN (
            'int2', 'int4', 'int8', 'numeric', 'float4', 'float8', 'date', 'timestamp', 'timestamptz') AS is) ranged
        WHERE s.schemaname = n.nspname AND s.tablename = c.relname AND s.inherited = (c.relkind = 'p')),
    'keys', (
        SELECT coalesce(json_agg(json_build_object(
            'column', k.attname, 'type', pg_catalog.format_type(k.atttypid, k.atttypmod), 'unique', k.is_unique,
            'n_distinct', s.n_distinct, 'null_frac', s.null_frac,
            'bounds', s.histogram_bounds::text::text[],
            'common', s.most_common_vals::text::text[], 'common_shares', s.most_common_freqs) ORDER BY k.at), '[]')
        FROM (
            SELECT a.attname, a.atttypid, a.atttypmod, bool_or(i.indisunique AND i.indnkeyatts = 1) AS is_unique,
                   row_number() OVER (ORDER BY bool_or(i.indisprimary AND i.indnkeyatts = 1) DESC,
                                      bool_or(i.indisunique AND i.indnkeyatts = 1) DESC, min(a.attnum)) AS at
            FROM pg_catalog.pg_index i
            JOIN pg_catalog.pg_class x ON x.oid = i.indexrelid
            JOIN pg_catalog.pg_am m ON m.oid = x.relam AND m.amname = 'btree'
            JOIN pg_catalog.pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = i.indkey[0]
            JOIN pg_catalog.pg_type ty ON ty.oid = a.atttypid
            WHERE i.indrelid = c.oid AND i.indisvalid AND i.indpred IS NULL
              AND ty.typname IN ('int2', 'int4', 'int8', 'numeric', 'date', 'timestamp', 'timestamptz', 'uuid')
              AND ty.typnamespace = 'pg_catalog'::pg_catalog.regnamespace
            GROUP BY a.attname, a.atttypid, a.atttypmod) k
        LEFT JOIN pg_catalog.pg_stats s
          ON s.schemaname = n.nspname AND s.tablename = c.relname AND s.attname = k.attname
          AND s.inherited = (c.relkind = 'p')
        WHERE k.at <= %(keys)s)
)
FROM unnest(%(schemas)s::text[], %(tables)s::text[]) wanted(schema, name)
JOIN pg_catalog.pg_namespace n ON n.nspname = wanted.schema::name
JOIN pg_catalog.pg_class c ON c.relnamespace = n.oid AND c.relname = wanted.name::name
WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f')
"""

# Values as text must sort as the values do and mean the same everywhere.
_SETTINGS: LiteralString = (
    "SELECT pg_catalog.set_config('TimeZone', 'UTC', true), pg_catalog.set_config('DateStyle', 'ISO', true), "
    "pg_catalog.set_config('statement_timeout', %s, true)"
)


def of_all(connection: DatabaseConnection, refs: Sequence[TableRef]) -> dict[TableRef, dict[str, Any]]:
    """The facts of tables of any databases of the connection. Raises as `key_facts`."""
    found: dict[TableRef, dict[str, Any]] = {}
    for database in dict.fromkeys(ref.database for ref in refs):
        found |= key_facts(connection, database, [ref for ref in refs if ref.database == database])
    return found


def key_facts(
    connection: DatabaseConnection, database: str, refs: Sequence[TableRef]
) -> dict[TableRef, dict[str, Any]]:
    """The facts of tables of one database; a table that is not there has none. One statement, and one per keyed table.

    Raises the errors of reaching the database.
    """
    parameters = {
        "schemas": [ref.schema for ref in refs],
        "tables": [ref.table for ref in refs],
        "keys": MAX_KEYS,
    }
    with borrow(connection, database) as session:
        with session.transaction():
            session.execute(_SETTINGS, [f"{5 * ENDS_MS}ms"])
            rows = session.execute(_FACTS, parameters).fetchall()
        found = {TableRef(database, schema, name): facts for schema, name, facts in rows}
        for ref, facts in found.items():
            facts["columns"] = {column: spread_of(statistics) for column, statistics in facts["columns"].items()}
            _add_ends(session, ref, facts["keys"])
    return found


def _add_ends(session: Connection, ref: TableRef, keys: Sequence[dict[str, Any]]) -> None:
    """Puts `least` and `greatest` into each key, as text; None where it is empty or the answer takes too long."""
    ends: Mapping[int, Any] = dict(enumerate(_ends(session, ref, [key["column"] for key in keys])))
    for number, key in enumerate(keys):
        key["least"], key["greatest"] = ends.get(2 * number), ends.get(2 * number + 1)


def _ends(session: Connection, ref: TableRef, columns: Sequence[str]) -> tuple[Any, ...]:
    if not columns:
        return ()
    # Qualified, for a bare name in ORDER BY would be the text that is selected.
    end = sql.SQL("(SELECT t.{0}::text FROM {1} t WHERE t.{0} IS NOT NULL ORDER BY t.{0} {2} LIMIT 1)")
    table = sql.Identifier(ref.schema, ref.table)
    ways = (sql.SQL("ASC"), sql.SQL("DESC"))
    parts = [end.format(sql.Identifier(column), table, way) for column in columns for way in ways]
    try:
        with session.transaction():
            session.execute(_SETTINGS, [f"{ENDS_MS}ms"])
            return session.execute(sql.SQL("SELECT ") + sql.SQL(", ").join(parts)).fetchone() or ()
    except (psycopg.errors.QueryCanceled, psycopg.errors.LockNotAvailable, psycopg.errors.InsufficientPrivilege):
        return ()
