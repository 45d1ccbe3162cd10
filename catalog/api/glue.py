"""JSON API of the Glue Data Catalog."""

from __future__ import annotations

from ninja import Query, Router
from pydantic import BaseModel, Field

from catalog import glue, glue_access
from catalog.api.shapes import GlueName
from catalog.glue_types import GlueTable as CatalogTable
from connections.envelope import Answer, ApiRequest, LongText, ShortText, answers

router = Router(tags=["Glue Catalog"], by_alias=True)


class GlueDatabasesAnswer(Answer):
    databases: list[str]


class GlueColumn(BaseModel):
    """`type` is Hive's spelling, which is Spark's too."""

    name: str
    type: str
    comment: str
    is_partition_key: bool


class GlueTable(BaseModel):
    """`unusable` says why it cannot be picked; figures are null where nobody wrote them into the catalogue."""

    name: str
    kind: str
    format: str
    location: str
    comment: str
    estimated_rows: int | None
    size_bytes: int | None
    unusable: str
    columns: list[GlueColumn]


class GlueTablesAnswer(Answer):
    """`next_cursor` asks for the tables that follow; null after the last."""

    tables: list[GlueTable]
    next_cursor: str | None


class GlueTableAnswer(Answer):
    table: GlueTable


class GlueFilters(BaseModel):
    search: ShortText = Field("", description="Part of a name, in any case.")
    cursor: LongText = Field("", description="`next_cursor` of the page before.")


@router.get("/glue/databases", response=answers(GlueDatabasesAnswer, remote=True))
def list_glue_databases(request: ApiRequest) -> GlueDatabasesAnswer:
    """The databases of the Glue Catalog that this portal shows, by name."""
    glue_access.check(request.auth)
    return GlueDatabasesAnswer(databases=glue.list_databases())


@router.get("/glue/{database}/tables", response=answers(GlueTablesAnswer, remote=True))
def list_glue_tables(request: ApiRequest, database: GlueName, filters: Query[GlueFilters]) -> GlueTablesAnswer:
    """Tables of a Glue database with their columns, a page at a time, in the catalogue's own order."""
    glue_access.check(request.auth, database)
    page = glue.list_tables(database, search=filters.search, after=filters.cursor)
    return GlueTablesAnswer(tables=[_table(one) for one in page.tables], next_cursor=page.after or None)


@router.get("/glue/{database}/tables/{table}", response=answers(GlueTableAnswer, remote=True))
def get_glue_table(request: ApiRequest, database: GlueName, table: GlueName) -> GlueTableAnswer:
    glue_access.check(request.auth, database)
    return GlueTableAnswer(table=_table(glue.table_detail(database, table)))


def _table(one: CatalogTable) -> GlueTable:
    return GlueTable(
        name=one.name,
        kind=one.kind,
        format=one.format,
        location=one.location,
        comment=one.comment,
        estimated_rows=one.estimated_rows,
        size_bytes=one.size_bytes,
        unusable=one.unusable,
        columns=[
            GlueColumn(
                name=column.name, type=column.type, comment=column.comment, is_partition_key=column.is_partition_key
            )
            for column in one.columns
        ],
    )
