"""From the selection to the script: what a version remembers of its sources, and what a run reads them by.

A kind of source is one class of `jobs/script/` and one line of `_BUILDERS`. Permission is asked here each time, for a
selection may be older than what its owner is allowed today.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from django.conf import settings
from django.contrib.auth.models import User

from catalog import file_access, glue_access
from catalog.models import AnalysisSession, SelectedSource, SourceKind
from connections.errors import PortalError
from connections.models import AuthMethod, DatabaseConnection
from connections.object_store import uri_of
from connections.queries import check_usable
from jobs.models import CodeVersion
from jobs.run_files import manifest_key, output_prefix
from jobs.script.assemble import Script, ScriptJob, Source, assemble
from jobs.script.file_reader import FileSource
from jobs.script.glue_reader import GlueSource
from jobs.script.postgres_reader import PostgresSource
from jobs.script.postgres_types import ColumnReading, bounded_columns, read_columns
from jobs.script.read_options import ReadOptions, read_options
from jobs.script.read_plan import ReadPlan, read_plan

Snapshot = Mapping[str, Any]


def snapshot(session: AnalysisSession, by: User) -> list[dict[str, Any]]:
    """The selection as it is now. Raises NO_SOURCES and what `build_sources` raises."""
    sources = list(session.sources.select_related("connection"))
    if not sources:
        raise PortalError("NO_SOURCES")
    taken = [snapshot_of(source) for source in sources]
    for source in taken:
        _CHECKS[SourceKind(source["kind"])](source, by)
    return taken


def snapshot_of(source: SelectedSource) -> dict[str, Any]:
    """A picked source as plain JSON."""
    place = {"database": source.database, "schema": source.schema, "table": source.table, "uri": source.uri}
    facts = {"columns": source.columns, "statistics": source.statistics, "read_options": source.read_options}
    return {
        "alias": source.alias,
        "kind": source.kind,
        "connection_id": source.connection_id,
        "connection": source.connection.name if source.connection else "",
        "upload_id": source.upload_id,
        **place,
        **facts,
    }


def with_present_options(session: AnalysisSession, sources: Sequence[Snapshot]) -> list[dict[str, Any]]:
    """The snapshot with the options that people have chosen since for tables that are still picked."""
    picked = session.sources.filter(kind=SourceKind.POSTGRES)
    chosen = {(source.alias, source.table): source.read_options for source in picked}
    return [
        {**source, "read_options": chosen[place]}
        if (place := (source["alias"], source.get("table"))) in chosen
        else dict(source)
        for source in sources
    ]


def build_script(version: CodeVersion, by: User, *, run_id: str, row_limit: int | None) -> Script:
    """The complete script. Raises what `build_sources` raises."""
    job = ScriptJob(
        run_id=run_id,
        version=version.number,
        sources=build_sources(version.sources, by),
        transform=version.transform,
        output_uri=uri_of(output_prefix(run_id)),
        manifest_uri=uri_of(manifest_key(run_id)),
        row_limit=row_limit,
    )
    return assemble(job)


def build_sources(sources: Sequence[Snapshot], by: User) -> list[Source]:
    """The readers. Raises CONNECTION_NOT_ALLOWED, CONNECTION_DISABLED, READ_OPTION_INVALID."""
    tables = Counter(source["connection_id"] for source in sources)
    built = []
    for source in sources:
        kind = SourceKind(source["kind"])
        _CHECKS[kind](source, by)
        built.append(_BUILDERS[kind](source, tables[source["connection_id"]]))
    return built


def table_plan(
    source: Snapshot, connection: DatabaseConnection, tables: int = 1
) -> tuple[ReadPlan, list[ColumnReading]]:
    """How a PostgreSQL table is read, when a run reads `tables` of this connection. Raises READ_OPTION_INVALID."""
    statistics = source["statistics"]
    facts = statistics.get("key_facts") or {}
    options = table_options(source, connection)
    plan = read_plan(
        statistics,
        budget=max(connection.max_parallel_reads // tables, 1),
        options=options,
        uses_token=connection.auth_method == AuthMethod.IAM,
        # An endpoint of many readers gives each connection another server.
        one_instance=not connection.reader_host,
    )
    columns = read_columns(
        source["columns"],
        base_types=facts.get("base_types"),
        bounded=bounded_columns(facts),
        as_text=frozenset(options.as_text),
    )
    return plan, columns


def table_options(source: Snapshot, connection: DatabaseConnection) -> ReadOptions:
    """A person's own options for a table, checked. Raises READ_OPTION_INVALID."""
    return read_options(
        source.get("read_options") or {},
        columns=source["columns"],
        facts=source["statistics"].get("key_facts") or {},
        most_partitions=connection.max_parallel_reads,
    )


def _connection_of(source: Snapshot) -> DatabaseConnection:
    place = f"{source['schema']}.{source['table']}"
    found = DatabaseConnection.objects.filter(pk=source["connection_id"]).first()
    if found is None:
        raise PortalError("CONNECTION_NOT_ALLOWED", table=place)
    return found


def _check_postgres(source: Snapshot, by: User) -> None:
    check_usable(by, _connection_of(source), table=f"{source['schema']}.{source['table']}")


def _postgres(source: Snapshot, tables: int) -> Source:
    connection = _connection_of(source)
    plan, columns = table_plan(source, connection, tables)
    return PostgresSource(
        alias=source["alias"],
        connection=connection.name,
        secret_arn=connection.secret_arn,
        tls_mode=connection.tls_mode,
        database=source["database"],
        schema=source["schema"],
        table=source["table"],
        columns=columns,
        plan=plan,
        reader_host=connection.reader_host,
        ca_bundle=settings.PGSPARK_ENGINE_CA_BUNDLE if connection.tls_mode.startswith("verify") else "",
        uses_token=connection.auth_method == AuthMethod.IAM,
    )


def _check_glue(source: Snapshot, by: User) -> None:
    glue_access.check(by, source["database"])


def _glue(source: Snapshot, tables: int) -> Source:
    return glue_source(source)


def glue_source(source: Snapshot) -> GlueSource:
    return GlueSource(alias=source["alias"], database=source["database"], table=source["table"])


def _check_file(source: Snapshot, by: User) -> None:
    file_access.check(by, uri=source["uri"], upload_id=source["upload_id"], name=source["table"])


def _file(source: Snapshot, tables: int) -> Source:
    return file_source(source)


def file_source(source: Snapshot) -> FileSource:
    return FileSource(
        alias=source["alias"],
        uri=source["uri"],
        columns=[(column["name"], column["type"]) for column in source["columns"]],
        dialect=source["read_options"],
    )


_CHECKS: dict[SourceKind, Callable[[Snapshot, User], None]] = {
    SourceKind.POSTGRES: _check_postgres,
    SourceKind.GLUE: _check_glue,
    SourceKind.CSV: _check_file,
}
# A builder gets the snapshot, and how many tables of its connection the same run reads.
_BUILDERS: dict[SourceKind, Callable[[Snapshot, int], Source]] = {
    SourceKind.POSTGRES: _postgres,
    SourceKind.GLUE: _glue,
    SourceKind.CSV: _file,
}
