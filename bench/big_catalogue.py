"""A database with the catalogue of a large company: 20 000 tables of 10 columns in 4 schemas, keys among them.

It is made once, on a throw-away server below var/bench-catalog, and kept between runs.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from pathlib import Path

import psycopg
from psycopg import sql

from pgspark_site.local_stack.portal import ROOT
from pgspark_site.local_stack.postgres import THROW_AWAY, cluster, ensure_role, start_cluster
from pgspark_site.local_stack.processes import Supervisor

VAR = ROOT / "var" / "bench-catalog"
DATABASE = "company"
READER = "company_reader"
LARGEST = "app"
SCHEMAS = {LARGEST: 10_000, "billing": 5_000, "warehouse": 3_000, "archive": 2_000}
TABLES = sum(SCHEMAS.values())
# Raised whenever what is made changes.
_EDITION = "edition 1"
_AT_ONCE = 500

# Every fourth table points at the one before it, which makes 5 000 foreign keys.
_MAKE = """
DO $$
BEGIN
  FOR n IN {first}..{last} LOOP
    EXECUTE format(
      'CREATE TABLE %1$s.t%2$s (id bigint PRIMARY KEY, name text NOT NULL, status text, amount numeric(12,2),
         quantity integer, parent_id bigint, created_at timestamptz, updated_at timestamptz, note text, payload jsonb)',
      '{schema}', lpad(n::text, 5, '0'));
    IF n % 4 = 0 THEN
      EXECUTE format('ALTER TABLE %1$s.t%2$s ADD FOREIGN KEY (parent_id) REFERENCES %1$s.t%3$s',
        '{schema}', lpad(n::text, 5, '0'), lpad((n - 1)::text, 5, '0'));
    END IF;
    IF n % 10 = 0 THEN
      EXECUTE format('COMMENT ON TABLE %1$s.t%2$s IS %3$L', '{schema}', lpad(n::text, 5, '0'), 'Ledger part ' || n);
    END IF;
  END LOOP;
END $$
"""


@dataclass(frozen=True, slots=True)
class BigCatalogue:
    """Where it is, and the reader of it, who may select everything; `admin_url` leads to its server."""

    host: str
    port: int
    password: str
    admin_url: str

    def secret(self) -> dict[str, str | int]:
        return {
            "host": self.host,
            "port": self.port,
            "database": DATABASE,
            "username": READER,
            "password": self.password,
        }


def ensure_big_catalogue(supervisor: Supervisor, folder: Path = VAR) -> BigCatalogue:
    """Starts its server, and makes it where it is not there yet, which takes a minute or two."""
    folder.mkdir(parents=True, exist_ok=True)
    password = _kept_password(folder)
    made = cluster(folder, password=password, options=[*THROW_AWAY, "max_locks_per_transaction=4096"])
    server = start_cluster(supervisor, made)
    with psycopg.connect(server.url(), autocommit=True) as admin:
        ensure_role(admin, READER, password)
        if _label(admin) != _EDITION:
            _make(admin, server.url(database=DATABASE))
    return BigCatalogue("127.0.0.1", server.port, password, server.url())


def _kept_password(folder: Path) -> str:
    kept = folder / "password"
    if not kept.exists():
        kept.touch(mode=0o600)
        kept.write_text(secrets.token_urlsafe(16))
    return kept.read_text()


def _label(admin: psycopg.Connection) -> str | None:
    query = "SELECT shobj_description(oid, 'pg_database') FROM pg_database WHERE datname = %s"
    row = admin.execute(query, [DATABASE]).fetchone()
    return row[0] if row else None


def _make(admin: psycopg.Connection, url: str) -> None:
    print(f"Making {TABLES} tables, once ...", flush=True)
    admin.execute(f"DROP DATABASE IF EXISTS {DATABASE} WITH (FORCE)")
    admin.execute(f"CREATE DATABASE {DATABASE} TEMPLATE template0 ENCODING 'UTF8'")
    with psycopg.connect(url, autocommit=True) as inside:
        for schema, tables in SCHEMAS.items():
            inside.execute(f"CREATE SCHEMA {schema}")
            for first in range(1, tables + 1, _AT_ONCE):
                inside.execute(_MAKE.format(schema=schema, first=first, last=min(first + _AT_ONCE - 1, tables)))
            inside.execute(f"GRANT USAGE ON SCHEMA {schema} TO {READER}")
            inside.execute(f"GRANT SELECT ON ALL TABLES IN SCHEMA {schema} TO {READER}")
        inside.execute("VACUUM ANALYZE pg_catalog.pg_class, pg_catalog.pg_attribute, pg_catalog.pg_constraint")
        inside.execute("VACUUM ANALYZE pg_catalog.pg_description, pg_catalog.pg_namespace, pg_catalog.pg_index")
    admin.execute(sql.SQL("COMMENT ON DATABASE {} IS {}").format(sql.Identifier(DATABASE), sql.Literal(_EDITION)))
