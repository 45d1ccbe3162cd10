"""Browsing a database of 20 000 tables: the portal's queries against information_schema and SQLAlchemy's Inspector.

    make bench-catalog

Everything runs over one kind of connection to one server, as a role that may only read, in turn and in the same run.
The portal's queries are timed without its cache, with the pool's check of the connection before each. What would take
hours (information_schema, table by table) is measured on a few tables and scaled; its names end in `_scaled`.
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable
from typing import TYPE_CHECKING

import psycopg

from bench.big_catalogue import DATABASE, LARGEST, READER, SCHEMAS, VAR, BigCatalogue, ensure_big_catalogue
from bench.report import Report, median, seconds_of
from pgspark_site.local_stack.processes import Supervisor

if TYPE_CHECKING:
    from connections.models import DatabaseConnection

ROUNDS = 15
# As many tables of the slow way as show its price.
SAMPLED = 5
TABLE = "t05000"
MS_OVER_SELECT_1 = 50.0

# The facts of one table as the standard views tell them: columns, primary key, foreign keys.
_BY_VIEWS = (
    """SELECT column_name, data_type, is_nullable, character_maximum_length, numeric_precision, numeric_scale
       FROM information_schema.columns WHERE table_schema = %s AND table_name = %s ORDER BY ordinal_position""",
    """SELECT k.column_name FROM information_schema.table_constraints c
       JOIN information_schema.key_column_usage k USING (constraint_schema, constraint_name, table_schema, table_name)
       WHERE c.constraint_type = 'PRIMARY KEY' AND table_schema = %s AND table_name = %s""",
    """SELECT k.column_name, u.table_schema, u.table_name, u.column_name
       FROM information_schema.table_constraints c
       JOIN information_schema.key_column_usage k USING (constraint_schema, constraint_name)
       JOIN information_schema.constraint_column_usage u USING (constraint_schema, constraint_name)
       WHERE c.constraint_type = 'FOREIGN KEY' AND c.table_schema = %s AND c.table_name = %s""",
)


def main() -> int:
    report = Report("catalog")
    supervisor = Supervisor(VAR / "log")
    supervisor.obey_signals()
    VAR.mkdir(parents=True, exist_ok=True)
    try:
        made = ensure_big_catalogue(supervisor)
        _measure(made, report)
    finally:
        supervisor.stop_all()
    return report.end()


def _measure(made: BigCatalogue, report: Report) -> None:
    connection = _portal(made)
    ways = [_Portal(connection), _Views(made), _Inspector(made)]
    portal, views, inspector = ways
    for way in ways:
        way.warm()
    print(f"{sum(SCHEMAS.values())} tables; schema {LARGEST} has {SCHEMAS[LARGEST]}. Milliseconds at the median")
    report.note("select_1", base := _median(portal.select_1))
    _interleaved(report, "first_page", base, portal.first_page, inspector.names)
    _interleaved(report, "search_names_of_schema", base, portal.search_names, inspector.search_names)
    _interleaved(report, "search_whole_database", base, portal.search_all, None)
    report.note("search_index_read_once", portal.index_ms)
    _one_table(report, portal, views, inspector)
    _whole_schema(report, portal, views, inspector)


def _interleaved(
    report: Report, name: str, base: float, mine: Callable[[], object], theirs: Callable[[], object] | None
) -> None:
    own, other = [], []
    for _ in range(ROUNDS):
        own.append(_ms(mine))
        if theirs:
            other.append(_ms(theirs))
    report.note(name, median(own))
    report.at_most(f"{name}_over_select_1", median(own) - base, MS_OVER_SELECT_1)
    if other:
        report.note(f"{name}_inspector", median(other))
        report.at_most(f"{name}_share_of_inspector", median(own) / median(other), 1.0)


def _one_table(report: Report, portal: _Portal, views: _Views, inspector: _Inspector) -> None:
    own, viewed, inspected = [], [], []
    for _ in range(ROUNDS):
        own.append(_ms(lambda: portal.table(TABLE)))
        inspected.append(_ms(lambda: inspector.table(TABLE)))
    for _ in range(SAMPLED):
        viewed.append(_ms(lambda: views.table(TABLE)))
    report.note("table", median(own))
    report.note("table_information_schema", median(viewed))
    report.note("table_inspector", median(inspected))
    report.at_least("table_times_faster_than_information_schema", median(viewed) / median(own), 20)
    report.at_most("table_share_of_inspector", median(own) / median(inspected), 1.0)


def _whole_schema(report: Report, portal: _Portal, views: _Views, inspector: _Inspector) -> None:
    """Columns, primary and foreign keys of all tables of the largest schema; the portal's also hold its indexes."""
    tables = SCHEMAS[LARGEST]
    own = median([_ms(portal.schema) for _ in range(3)])
    inspected = median([_ms(inspector.schema) for _ in range(3)])
    sample = [f"t{number:05}" for number in range(1, tables, tables // SAMPLED)]
    per_table = median([_ms(lambda name=name: views.table(name)) for name in sample])
    only_columns = median([_ms(lambda name=name: views.columns(name)) for name in sample * 10])
    report.note("schema", own)
    report.note("schema_inspector", inspected)
    report.note("schema_information_schema_scaled", per_table * tables)
    report.note("schema_only_columns_information_schema_scaled", only_columns * tables)
    report.at_least("schema_times_faster_than_information_schema", per_table * tables / own, 20)
    report.at_most("schema_share_of_inspector", own / inspected, 1.0)


class _Portal:
    """What the pages ask, past their cache."""

    def __init__(self, connection: DatabaseConnection) -> None:
        self.connection = connection
        self.index_ms = 0.0

    def warm(self) -> None:
        from catalog import postgres
        from catalog.search import MOST_TABLES, SearchIndex

        self.first_page()
        began = time.perf_counter()
        self.index = SearchIndex(postgres.searchable_tables(self.connection, DATABASE, MOST_TABLES))
        self.index_ms = 1000 * (time.perf_counter() - began)

    def select_1(self) -> None:
        from connections.pool import borrow

        with borrow(self.connection, DATABASE) as session:
            session.execute("SELECT 1").fetchall()

    def first_page(self) -> int:
        from catalog import postgres

        return len(postgres.list_tables(self.connection, DATABASE, LARGEST).tables)

    def search_names(self) -> int:
        from catalog import postgres

        return len(postgres.list_tables(self.connection, DATABASE, LARGEST, search="0999").tables)

    def search_all(self) -> None:
        """Nothing has it, so that all words are looked at: names, columns, comments."""
        assert not self.index.find("nothing has this").matches

    def table(self, name: str) -> None:
        from catalog import postgres
        from catalog.types import TableRef

        assert len(postgres.table_detail(self.connection, TableRef(DATABASE, LARGEST, name)).columns) == 10

    def schema(self) -> None:
        """Page after page, as somebody who scrolls through all of it and opens every table."""
        from catalog import postgres
        from catalog.types import TableRef

        after, tables = "", 0
        while page := postgres.list_tables(self.connection, DATABASE, LARGEST, after=after):
            refs = [TableRef(DATABASE, LARGEST, table.name) for table in page.tables]
            tables += len(postgres.table_details(self.connection, DATABASE, refs))
            after = page.last
            if not page.more:
                break
        assert tables == SCHEMAS[LARGEST]


class _Views:
    def __init__(self, made: BigCatalogue) -> None:
        self.session = psycopg.connect(_url(made, "postgresql"), autocommit=True)

    def warm(self) -> None:
        self.columns(TABLE)

    def columns(self, name: str) -> None:
        self.session.execute(_BY_VIEWS[0], [LARGEST, name]).fetchall()

    def table(self, name: str) -> None:
        for query in _BY_VIEWS:
            self.session.execute(query, [LARGEST, name]).fetchall()


class _Inspector:
    """SQLAlchemy's, without its own cache: a new one for each question, on one connection."""

    def __init__(self, made: BigCatalogue) -> None:
        from sqlalchemy import create_engine

        self.connection = create_engine(_url(made, "postgresql+psycopg")).connect()

    def warm(self) -> None:
        self.table(TABLE)

    def names(self) -> list[str]:
        inspector = self._inspector()
        return inspector.get_table_names(schema=LARGEST) + inspector.get_view_names(schema=LARGEST)

    def search_names(self) -> None:
        assert [name for name in self.names() if "0999" in name]

    def table(self, name: str) -> None:
        inspector = self._inspector()
        inspector.get_columns(name, schema=LARGEST)
        inspector.get_pk_constraint(name, schema=LARGEST)
        inspector.get_foreign_keys(name, schema=LARGEST)

    def schema(self) -> None:
        inspector = self._inspector()
        assert len(inspector.get_multi_columns(schema=LARGEST)) == SCHEMAS[LARGEST]
        inspector.get_multi_pk_constraint(schema=LARGEST)
        inspector.get_multi_foreign_keys(schema=LARGEST)

    def _inspector(self):  # type: ignore[no-untyped-def]
        from sqlalchemy import inspect

        return inspect(self.connection)


def _portal(made: BigCatalogue) -> DatabaseConnection:
    """Sets Django up with an AWS stand-in that holds the secret; the connection is in no table."""
    from moto.server import ThreadedMotoServer

    aws = ThreadedMotoServer("127.0.0.1", port=0, verbose=False)
    aws.start()
    host, port = aws.get_host_and_port()
    os.environ |= {
        "DJANGO_SETTINGS_MODULE": "pgspark_site.settings",
        "SECRET_KEY": "only-for-this-benchmark-and-long-enough-to-pass",
        "PGSPARK_DATABASE_HOSTS": made.host,
        "PGSPARK_LOG_LEVEL": "WARNING",
        "AWS_ENDPOINT_URL": f"http://{host}:{port}",
        "AWS_REGION": "us-east-1",
        "AWS_ACCESS_KEY_ID": "stand-in",
        "AWS_SECRET_ACCESS_KEY": "stand-in",
    }
    import django

    django.setup()
    import json

    from connections.aws import client
    from connections.models import DatabaseConnection

    secret = client("secretsmanager").create_secret(Name="spark/postgres/bench", SecretString=json.dumps(made.secret()))
    return DatabaseConnection(pk=1, name="bench", secret_arn=secret["ARN"], tls_mode="disable")


def _url(made: BigCatalogue, scheme: str) -> str:
    return f"{scheme}://{READER}:{made.password}@{made.host}:{made.port}/{DATABASE}"


def _median(act: Callable[[], object]) -> float:
    return median([_ms(act) for _ in range(ROUNDS)])


def _ms(act: Callable[[], object]) -> float:
    return 1000 * seconds_of(act)


if __name__ == "__main__":
    sys.exit(main())
