"""The statements about pg_catalog, one for each question of the pickers.

Why pg_catalog: information_schema hides keys from read-only roles and costs hundreds of times more. Nothing here takes
a lock on a table, so a locked one stalls nobody: sizes are `relpages` and not pg_total_relation_size(), partitions are
found in pg_inherits and not by pg_partition_tree(), and no expression is spelled out.
"""

from __future__ import annotations

from typing import LiteralString

DATABASES = """
SELECT d.datname FROM pg_catalog.pg_database d
WHERE d.datallowconn AND NOT d.datistemplate AND pg_catalog.has_database_privilege(d.oid, 'CONNECT')
ORDER BY d.datname
"""

SCHEMAS = """
SELECT n.nspname FROM pg_catalog.pg_namespace n
WHERE n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
  AND pg_catalog.has_schema_privilege(n.oid, 'USAGE')
ORDER BY n.nspname
"""

# Facts of pg_class `c`. reltuples: -1 means never analysed; before PostgreSQL 14 that was 0 with no pages.
# A table is readable when at least one of its columns is.
SUMMARY: LiteralString = """
c.relkind::text,
CASE WHEN c.relkind = 'v' OR c.reltuples < 0 THEN NULL
     WHEN c.reltuples = 0 AND pg_catalog.current_setting('server_version_num')::int < 140000 THEN NULL
     ELSE c.reltuples::bigint END AS estimated_rows,
CASE WHEN c.relkind IN ('r', 'm') AND (c.relpages > 0 OR c.reltuples >= 0)
     THEN c.relpages::bigint * pg_catalog.current_setting('block_size')::int END AS size_bytes,
coalesce(d.description, '') AS comment,
pg_catalog.has_any_column_privilege(c.oid, 'SELECT') AS readable
"""

# One row with nulls stands for a schema without tables, no row at all for a schema that is not there.
TABLES: LiteralString = f"""
SELECT pg_catalog.has_schema_privilege(n.oid, 'USAGE') AS usable, t.*
FROM pg_catalog.pg_namespace n
LEFT JOIN LATERAL (
    SELECT c.relname, {SUMMARY}
    FROM pg_catalog.pg_class c
    LEFT JOIN pg_catalog.pg_description d
      ON d.objoid = c.oid AND d.classoid = 'pg_catalog.pg_class'::pg_catalog.regclass AND d.objsubid = 0
    WHERE c.relnamespace = n.oid AND c.relkind IN ('r', 'p', 'v', 'm', 'f') AND NOT c.relispartition
      AND c.relname > %(after)s::name
      -- CASE: the names of this schema's tables only, not of every index and table of the database.
      AND (%(pattern)s::text IS NULL OR CASE WHEN c.relnamespace = n.oid AND c.relkind IN ('r', 'p', 'v', 'm', 'f')
           THEN c.relname ILIKE %(pattern)s ELSE false END)
    ORDER BY c.relname
    LIMIT %(limit)s
) t ON true
WHERE n.nspname = %(schema)s::name
ORDER BY t.relname
"""  # noqa: S608 (both parts are written here)

# Columns come as arrays side by side, keys and indexes with numbers of columns: JSON objects cost twice as much.
DETAILS: LiteralString = f"""
SELECT n.nspname, c.relname, {SUMMARY},
  pg_catalog.has_schema_privilege(n.oid, 'USAGE') AS usable,
  col.numbers, col.names, col.types, col.nullable, col.comments,
  (SELECT k.conkey FROM pg_catalog.pg_constraint k WHERE k.conrelid = c.oid AND k.contype = 'p') AS primary_key,
  (SELECT json_agg(json_build_object(
            'columns', k.conkey, 'target_schema', tn.nspname, 'target_table', tc.relname,
            'target_columns', (SELECT json_agg(a.attname ORDER BY u.at)
                               FROM unnest(k.confkey) WITH ORDINALITY u(num, at)
                               JOIN pg_catalog.pg_attribute a ON a.attrelid = k.confrelid AND a.attnum = u.num)
          ) ORDER BY k.conname)
   FROM pg_catalog.pg_constraint k
   JOIN pg_catalog.pg_class tc ON tc.oid = k.confrelid
   JOIN pg_catalog.pg_namespace tn ON tn.oid = tc.relnamespace
   WHERE k.conrelid = c.oid AND k.contype = 'f' AND NOT tc.relispartition) AS foreign_keys,
  (SELECT json_agg(json_build_array(ic.relname, i.indkey::int2[], i.indnkeyatts, i.indisunique, am.amname,
            i.indpred IS NOT NULL, i.indisprimary) ORDER BY ic.relname)
   FROM pg_catalog.pg_index i
   JOIN pg_catalog.pg_class ic ON ic.oid = i.indexrelid
   JOIN pg_catalog.pg_am am ON am.oid = ic.relam
   WHERE i.indrelid = c.oid AND i.indisvalid AND i.indisready) AS indexes,
  leaves.number, leaves.estimated_rows, leaves.size_bytes,
  (SELECT sum(s.avg_width) FROM pg_catalog.pg_stats s
   WHERE s.schemaname = n.nspname AND s.tablename = c.relname AND s.inherited = (c.relkind = 'p')) AS row_bytes
FROM unnest(%(schemas)s::text[], %(tables)s::text[]) WITH ORDINALITY wanted(schema, name, at)
JOIN pg_catalog.pg_namespace n ON n.nspname = wanted.schema::name
JOIN pg_catalog.pg_class c ON c.relnamespace = n.oid AND c.relname = wanted.name::name
LEFT JOIN pg_catalog.pg_description d
  ON d.objoid = c.oid AND d.classoid = 'pg_catalog.pg_class'::pg_catalog.regclass AND d.objsubid = 0
LEFT JOIN LATERAL (
    SELECT array_agg(a.attnum) AS numbers, array_agg(a.attname::text) AS names, array_agg(a.type) AS types,
           array_agg(a.nullable) AS nullable, array_agg(a.comment) AS comments
    FROM (SELECT a.attnum, a.attname, pg_catalog.format_type(a.atttypid, a.atttypmod) AS type,
                 NOT (a.attnotnull OR ty.typnotnull) AS nullable, coalesce(cd.description, '') AS comment
          FROM pg_catalog.pg_attribute a
          JOIN pg_catalog.pg_type ty ON ty.oid = a.atttypid
          LEFT JOIN pg_catalog.pg_description cd
            ON cd.objoid = c.oid AND cd.classoid = 'pg_catalog.pg_class'::pg_catalog.regclass AND cd.objsubid = a.attnum
          WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
            AND pg_catalog.has_column_privilege(c.oid, a.attnum, 'SELECT')
          ORDER BY a.attnum) a
) col ON true
LEFT JOIN LATERAL (
    WITH RECURSIVE part(oid) AS (
        SELECT h.inhrelid FROM pg_catalog.pg_inherits h WHERE h.inhparent = c.oid AND c.relkind = 'p'
        UNION ALL
        SELECT h.inhrelid FROM part JOIN pg_catalog.pg_inherits h ON h.inhparent = part.oid)
    SELECT count(*) AS number,
           (sum(l.reltuples) FILTER (WHERE l.reltuples >= 0))::bigint AS estimated_rows,
           sum(l.relpages::bigint * pg_catalog.current_setting('block_size')::int)
             FILTER (WHERE l.relkind = 'r') AS size_bytes
    FROM part JOIN pg_catalog.pg_class l ON l.oid = part.oid WHERE l.relkind <> 'p'
) leaves ON c.relkind = 'p'
WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f')
ORDER BY wanted.at
"""  # noqa: S608 (both parts are written here)

# Tables by name, in one schema: for those that stand on top of a list and are not on the page that was read.
NAMED: LiteralString = f"""
SELECT c.relname, {SUMMARY}
FROM pg_catalog.pg_namespace n
JOIN pg_catalog.pg_class c ON c.relnamespace = n.oid AND c.relname = ANY (%(names)s::name[])
LEFT JOIN pg_catalog.pg_description d
  ON d.objoid = c.oid AND d.classoid = 'pg_catalog.pg_class'::pg_catalog.regclass AND d.objsubid = 0
WHERE n.nspname = %(schema)s::name AND c.relkind IN ('r', 'p', 'v', 'm', 'f') AND NOT c.relispartition
  AND pg_catalog.has_schema_privilege(n.oid, 'USAGE')
ORDER BY c.relname
"""  # noqa: S608 (both parts are written here)

# Every table of a database with the words that a search may find it by; OFFSET keeps the privilege asked once.
INDEX: LiteralString = f"""
SELECT n.nspname, c.relname, {SUMMARY},
  (SELECT array_agg(a.attname::text ORDER BY a.attnum) FROM pg_catalog.pg_attribute a
   WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
     AND (whole.readable OR pg_catalog.has_column_privilege(c.oid, a.attnum, 'SELECT'))),
  (SELECT array_agg(cd.description ORDER BY cd.objsubid) FROM pg_catalog.pg_description cd
   WHERE cd.objoid = c.oid AND cd.classoid = 'pg_catalog.pg_class'::pg_catalog.regclass AND cd.objsubid > 0
     AND pg_catalog.has_column_privilege(c.oid, cd.objsubid::smallint, 'SELECT'))
FROM pg_catalog.pg_class c
JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
LEFT JOIN pg_catalog.pg_description d
  ON d.objoid = c.oid AND d.classoid = 'pg_catalog.pg_class'::pg_catalog.regclass AND d.objsubid = 0
CROSS JOIN LATERAL (SELECT pg_catalog.has_table_privilege(c.oid, 'SELECT') AS readable OFFSET 0) whole
WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f') AND NOT c.relispartition
  AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema' AND pg_catalog.has_schema_privilege(n.oid, 'USAGE')
ORDER BY n.nspname, c.relname
LIMIT %(limit)s
"""  # noqa: S608 (all parts are written here)

# The same search asked of a database that has too many words to keep: what it was found by, empty for its own name.
SEARCH: LiteralString = f"""
SELECT n.nspname, c.relname, {SUMMARY}, found.why
FROM pg_catalog.pg_class c
JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
LEFT JOIN pg_catalog.pg_description d
  ON d.objoid = c.oid AND d.classoid = 'pg_catalog.pg_class'::pg_catalog.regclass AND d.objsubid = 0
CROSS JOIN LATERAL (
    SELECT CASE WHEN c.relkind NOT IN ('r', 'p', 'v', 'm', 'f') THEN NULL
      WHEN c.relname ILIKE %(pattern)s THEN '' ELSE coalesce(
      (SELECT a.attname::text FROM pg_catalog.pg_attribute a
       WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped AND a.attname ILIKE %(pattern)s
         AND pg_catalog.has_column_privilege(c.oid, a.attnum, 'SELECT') LIMIT 1),
      CASE WHEN d.description ILIKE %(pattern)s THEN d.description END,
      (SELECT cd.description FROM pg_catalog.pg_description cd
       WHERE cd.objoid = c.oid AND cd.classoid = 'pg_catalog.pg_class'::pg_catalog.regclass AND cd.objsubid > 0
         AND cd.description ILIKE %(pattern)s
         AND pg_catalog.has_column_privilege(c.oid, cd.objsubid::smallint, 'SELECT') LIMIT 1)) END) found(why)
WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f') AND NOT c.relispartition AND found.why IS NOT NULL
  AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema' AND pg_catalog.has_schema_privilege(n.oid, 'USAGE')
LIMIT %(limit)s
"""  # noqa: S608 (both parts are written here)
