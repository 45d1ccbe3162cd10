"""The Glue Data Catalog: its databases, tables and columns, a page at a time and searched by the service itself."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError
from django.conf import settings

from catalog.glue_tables import read_table
from catalog.glue_types import GluePage, GluePartition, GlueTable
from connections.aws import client, error_code, from_botocore
from connections.errors import PortalError

# Glue's own most for one answer.
PAGE_SIZE = 100
# Answers asked for at most to fill one page: a search may go through many tables that do not match.
_MOST_CALLS = 10
_MOST_DATABASES = 2000
_THROTTLED = {"ThrottlingException", "Throttling", "ThrottledException", "TooManyRequestsException"}


def list_databases() -> list[str]:
    """Names of the databases that the portal may show (PGSPARK_GLUE_DATABASES), sorted."""
    names: list[str] = []
    with _glue_errors("glue:GetDatabases"):
        for page in client("glue").get_paginator("get_databases").paginate(PaginationConfig={"PageSize": PAGE_SIZE}):
            names += [database["Name"] for database in page["DatabaseList"]]
            if len(names) >= _MOST_DATABASES:
                break
    allowed: list[str] = settings.PGSPARK_GLUE_DATABASES
    return sorted(name for name in names if not allowed or name in allowed)


def list_tables(database: str, *, search: str = "", after: str = "") -> GluePage:
    """The tables whose names contain `search`, whatever the case; `after` is the page before's."""
    needle = search.lower()
    request: dict[str, Any] = {"DatabaseName": database, "MaxResults": PAGE_SIZE}
    if needle:
        request["Expression"] = _expression(needle)
    if after:
        request["NextToken"] = after
    found: list[GlueTable] = []
    with _glue_errors("glue:GetTables", database=database):
        for _ in range(_MOST_CALLS):
            answer = client("glue").get_tables(**request)
            found += [read_table(raw) for raw in answer["TableList"] if needle in raw["Name"].lower()]
            after = request["NextToken"] = answer.get("NextToken", "")
            if not after or len(found) >= PAGE_SIZE:
                break
    return GluePage(tuple(found), after)


def table_detail(database: str, name: str) -> GlueTable:
    """Raises TABLE_NOT_FOUND and the errors of `list_tables`."""
    with _glue_errors("glue:GetTable", database=database, table=name):
        return read_table(client("glue").get_table(DatabaseName=database, Name=name)["Table"])


def partitions(database: str, name: str) -> Iterator[GluePartition]:
    """All partitions of a table, fetched a page at a time. Raises as `table_detail`."""
    with _glue_errors("glue:GetPartitions", database=database, table=name):
        pages = (
            client("glue")
            .get_paginator("get_partitions")
            .paginate(DatabaseName=database, TableName=name, ExcludeColumnSchema=True)
        )
        for page in pages:
            for raw in page["Partitions"]:
                location = raw.get("StorageDescriptor", {}).get("Location", "")
                yield GluePartition(tuple(raw["Values"]), re.sub(r"^s3[an]://", "s3://", location))


def _expression(needle: str) -> str:
    """A pattern that holds wherever Glue's matching is a regular expression and wherever `*` stands for any text."""
    return f".{{0,255}}{re.sub(r'[^a-z0-9_]', '.', needle)}.{{0,255}}"


@contextmanager
def _glue_errors(action: str, *, database: str = "", table: str = "") -> Iterator[None]:
    """Glue's refusals in words: which permission is missing, what is gone, or that it is only busy."""
    try:
        yield
    except ClientError as error:
        raise _refused(error, action, database, table) from error
    except BotoCoreError as error:
        raise from_botocore(error, service="Glue") from error


def _refused(error: ClientError, action: str, database: str, table: str) -> PortalError:
    code = error_code(error)
    if code in _THROTTLED:
        return PortalError("GLUE_BUSY")
    if code == "AccessDeniedException":
        # Lake Formation answers in the same code; its name is only in the text, which goes no further than here.
        is_lake_formation = "lake formation" in str(error).lower()
        return PortalError(
            "GLUE_LAKE_FORMATION" if is_lake_formation else "GLUE_ACCESS_DENIED",
            action=action,
            what=f"{database}.{table}" if table else database or "the catalogue",
        )
    if code == "EntityNotFoundException" and table:
        return PortalError("TABLE_NOT_FOUND", table=f"{database}.{table}")
    if code in ("EntityNotFoundException", "ValidationException", "InvalidInputException") and database:
        return PortalError("GLUE_DATABASE_NOT_FOUND", database=database)
    return from_botocore(error, service="Glue")
