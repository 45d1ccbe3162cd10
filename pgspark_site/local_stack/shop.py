"""The sample shop: the same rows on every machine, made by the server itself from `shop.sql`."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

import psycopg
from psycopg import sql

from pgspark_site.local_stack.postgres import ensure_role

_SCRIPT = Path(__file__).with_name("shop.sql")
# Raised whenever shop.sql changes what it makes; a database of another edition is made anew.
EDITION = 1
# Roles belong to the whole server, and two test runs may share one.
_LOCK = 7_064_2026


@dataclass(frozen=True, slots=True)
class Shop:
    """Where the sample is, and its reader, who may select and nothing else."""

    host: str
    port: int
    database: str
    user: str
    password: str = field(repr=False)

    def secret(self, name: str) -> dict[str, str | int]:
        """The secret's structure of the specification, section 3.1."""
        return {
            "connection_name": name,
            "host": self.host,
            "port": self.port,
            "database": self.database,
            "username": self.user,
            "password": self.password,
            "jdbc_url": f"jdbc:postgresql://{self.host}:{self.port}/{self.database}",
        }


def ensure_shop(
    admin_url: str, *, database: str = "shop", reader: str = "shop_reader", password: str, scale: float = 1.0
) -> Shop:
    """Makes the sample unless this edition at this scale is there; `admin_url` is a superuser's."""
    with psycopg.connect(admin_url, autocommit=True) as admin:
        admin.execute("SELECT pg_advisory_lock(%s)", [_LOCK])
        ensure_role(admin, reader, password, "CONNECTION LIMIT 60")
        label = f"sample shop, edition {EDITION}, scale {scale:g}"
        if _label(admin, database) != label:
            _make(admin, database, reader, scale)
            admin.execute(sql.SQL("COMMENT ON DATABASE {} IS {}").format(sql.Identifier(database), sql.Literal(label)))
        return Shop(admin.info.host, admin.info.port, database, reader, password)


def _label(admin: psycopg.Connection, database: str) -> str | None:
    row = admin.execute(
        "SELECT shobj_description(oid, 'pg_database') FROM pg_database WHERE datname = %s", [database]
    ).fetchone()
    return row[0] if row else None


def _make(admin: psycopg.Connection, database: str, reader: str, scale: float) -> None:
    name = sql.Identifier(database)
    admin.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(name))
    admin.execute(sql.SQL("CREATE DATABASE {} TEMPLATE template0 ENCODING 'UTF8'").format(name))
    admin.execute(sql.SQL("REVOKE ALL ON DATABASE {} FROM PUBLIC").format(name))
    admin.execute(sql.SQL("GRANT CONNECT ON DATABASE {} TO {}").format(name, sql.Identifier(reader)))
    with psycopg.connect(admin.info.dsn, password=admin.info.password, dbname=database) as inside:
        inside.execute("SELECT set_config('shop.scale', %s, false)", [str(scale)])
        inside.execute(_SCRIPT.read_bytes())
        for schema in ("public", "analytics"):
            _let_read(inside, schema, reader)
    with psycopg.connect(admin.info.dsn, password=admin.info.password, dbname=database, autocommit=True) as inside:
        inside.execute("VACUUM ANALYZE")


def _let_read(inside: psycopg.Connection, schema: str, reader: str) -> None:
    who, where = sql.Identifier(reader), sql.Identifier(schema)
    inside.execute(sql.SQL("GRANT USAGE ON SCHEMA {} TO {}").format(where, who))
    inside.execute(sql.SQL("GRANT SELECT ON ALL TABLES IN SCHEMA {} TO {}").format(where, who))
