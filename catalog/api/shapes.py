"""Picked sources as the JSON API takes and shows them. No JDBC address and no ARN: neither leaves the portal."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from catalog import file_operations
from catalog.drift import Drift
from catalog.files.dialect import from_json
from catalog.models import SelectedSource
from connections.envelope import Flag, Input, Name, ShortText

# `upload:UUID` for one of a person's uploads, else an address in S3.
FileReference = Annotated[str, StringConstraints(pattern=r"^(upload:[0-9a-f-]{36}|s3://[^\x00]{1,1100})$")]
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


class FileColumn(BaseModel):
    """`type` is Spark's; the value of a partition key stands in the folder's name."""

    name: str
    type: str
    is_partition_key: bool


class Dialect(BaseModel):
    """How a file is read, in the terms of Spark's options."""

    format: str
    encoding: str
    delimiter: str
    quote: str
    escape: str
    header: bool
    null_value: str
    multiline: bool


class DialectWish(Input):
    """What is left out has its default: a CSV in UTF-8 with commas, double quotes and a header."""

    format: ShortText = Field("csv", description="csv, parquet or json (lines).")
    encoding: ShortText = Field("UTF-8", description="Java's name of it, such as windows-1252.")
    delimiter: ShortText = ","
    quote: ShortText = '"'
    escape: ShortText = Field("", description="Empty: a quote inside quotes is doubled.")
    header: Flag = True
    null_value: ShortText = ""
    multiline: Flag = Field(False, description="Rows may span lines; the file is then read by one task.")


class FileWish(Input):
    """A file to pick. Without a `dialect` it is read as its owner said, else as it seems to be read."""

    file: FileReference
    dialect: DialectWish | None = None
    types: list[ShortText] | None = Field(None, max_length=2000, description="Spark's types of its columns, in order.")

    def as_wish(self) -> file_operations.FileWish:
        dialect = from_json(self.dialect.model_dump()) if self.dialect else None
        return file_operations.FileWish(self.file, dialect, self.types)


class FileSelection(Input):
    files: list[FileWish] = Field(max_length=200)


class ColumnChange(BaseModel):
    """`before` is null for a column that is new, `after` for one that is gone."""

    name: str
    before: str | None
    after: str | None


class Change(BaseModel):
    source_id: int
    alias: str
    is_gone: bool
    columns: list[ColumnChange]


class Unreachable(BaseModel):
    code: str
    message: str
    hint: str
    retryable: bool


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


def change(one: Drift) -> Change:
    columns = [
        *(ColumnChange(name=name, before=None, after=type_) for name, type_ in one.added),
        *(ColumnChange(name=name, before=type_, after=None) for name, type_ in one.removed),
        *(ColumnChange(name=name, before=before, after=after) for name, before, after in one.retyped),
    ]
    return Change(source_id=one.source.pk, alias=one.source.alias, is_gone=one.is_gone, columns=columns)


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
