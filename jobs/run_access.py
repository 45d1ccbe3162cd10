"""All that a run may reach, from the sources of its version: what engines grant to the job, and nothing else."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from catalog.models import SourceKind
from connections.models import AuthMethod, DatabaseConnection
from jobs.execution.base import Access


def access_of(sources: Sequence[Mapping[str, Any]]) -> Access:
    """Asks no permission: that is done where the script is built, from the same sources."""
    used = {source["connection_id"] for source in sources if source["kind"] == SourceKind.POSTGRES}
    connections = DatabaseConnection.objects.filter(pk__in=used)
    glue = [source for source in sources if source["kind"] == SourceKind.GLUE]
    return Access(
        secret_arns=tuple(sorted({connection.secret_arn for connection in connections})),
        inputs=tuple(sorted({*_files(sources), *_locations(glue)})),
        glue_tables=tuple(sorted({f"{source['database']}.{source['table']}" for source in glue})),
        uses_database=bool(used),
        uses_iam_login=any(connection.auth_method == AuthMethod.IAM for connection in connections),
    )


def _files(sources: Sequence[Mapping[str, Any]]) -> set[str]:
    return {source["uri"] for source in sources if source["kind"] == SourceKind.CSV}


def _locations(tables: Sequence[Mapping[str, Any]]) -> set[str]:
    """Where the rows of Glue tables are: each in a folder of its own."""
    found = {str((table.get("statistics") or {}).get("location") or "") for table in tables}
    return {location.rstrip("/") + "/" for location in found if location.startswith("s3://")}
