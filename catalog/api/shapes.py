"""Picked sources as the JSON API takes and shows them. No JDBC address and no ARN: neither leaves the portal."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from catalog.models import SelectedSource
from connections.envelope import Input, Name

GlueName = Annotated[str, StringConstraints(pattern=r"^[^\x00]*$", min_length=1, max_length=255)]


class PostgresTable(Input):
    database: Name
    schema_name: Name = Field(alias="schema")
    table: Name


class PostgresSelection(Input):
    connection_name: Name
    tables: list[PostgresTable] = Field(max_length=200)


class PlacedTable(PostgresTable):
    """A table with its connection; the answer of a selection may be sent back as it is."""

    model_config = ConfigDict(extra="ignore")

    connection_name: Name


class GlueTableRef(BaseModel):
    """A table of the Glue Catalog; the answer of a selection may be sent back as it is."""

    model_config = ConfigDict(extra="ignore")

    database: GlueName
    table: GlueName


class GlueSelection(Input):
    tables: list[GlueTableRef] = Field(max_length=200)


class PickedColumn(BaseModel):
    name: str
    type: str
    nullable: bool


class PickedTable(BaseModel):
    connection_name: str
    database: str
    schema_name: str = Field(alias="schema")
    table: str
    alias: str
    columns: list[PickedColumn]


class PickedGlueTable(BaseModel):
    database: str
    table: str
    alias: str
    columns: list[PickedColumn]


class Source(BaseModel):
    """`alias` is its name in the code; what a kind of source does not have is empty or null."""

    id: int
    alias: str
    kind: str
    connection_name: str | None
    database: str
    schema_name: str = Field(alias="schema")
    table: str
    uri: str
    columns: list[PickedColumn]
    estimated_rows: int | None
    size_bytes: int | None


def source(one: SelectedSource) -> Source:
    return Source(
        id=one.pk,
        alias=one.alias,
        kind=one.kind,
        connection_name=one.connection.name if one.connection else None,
        database=one.database,
        schema=one.schema,
        table=one.table,
        uri=one.uri,
        columns=_columns(one),
        estimated_rows=one.statistics.get("estimated_rows"),
        size_bytes=one.statistics.get("size_bytes"),
    )


def picked_table(one: SelectedSource) -> PickedTable:
    return PickedTable(
        connection_name=one.connection.name if one.connection else "",
        database=one.database,
        schema=one.schema,
        table=one.table,
        alias=one.alias,
        columns=_columns(one),
    )


def picked_glue_table(one: SelectedSource) -> PickedGlueTable:
    return PickedGlueTable(database=one.database, table=one.table, alias=one.alias, columns=_columns(one))


def _columns(one: SelectedSource) -> list[PickedColumn]:
    return [_column(column) for column in one.columns]


def _column(column: dict[str, Any]) -> PickedColumn:
    return PickedColumn(name=column["name"], type=column["type"], nullable=column.get("nullable", True))
