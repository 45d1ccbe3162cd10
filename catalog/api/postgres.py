"""JSON API of PostgreSQL's catalogue, on the specification's paths (section 4.3)."""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime
from typing import Annotated

from django.contrib.auth.models import User
from ninja import Query, Router
from pydantic import BaseModel, Field, StringConstraints

from catalog.browsing import Catalogue
from catalog.search import SHORTEST
from catalog.types import TableDetail, TablePage, TableRef, TableSummary
from connections.envelope import Answer, ApiRequest, Name, ShortText, answers
from connections.queries import connection_for

SearchText = Annotated[str, StringConstraints(pattern=r"^[^\x00]*$", min_length=SHORTEST, max_length=200)]

_PATIENCE_SECONDS = 10.0

router = Router(tags=["PostgreSQL"], by_alias=True)


class ReadAnswer(Answer):
    """Answers are kept for a minute or so; `read_at` is when the database was asked."""

    read_at: datetime


class DatabasesAnswer(ReadAnswer):
    databases: list[str]


class SchemasAnswer(ReadAnswer):
    schemas: list[str]


class Column(BaseModel):
    name: str
    type: str
    nullable: bool
    is_primary_key: bool
    is_foreign_key: bool
    comment: str


class Table(BaseModel):
    """`columns` is null where they were not asked for; figures are the database's estimates, null where it has none."""

    name: str
    schema_name: str = Field(alias="schema")
    kind: str
    comment: str
    estimated_rows: int | None
    size_bytes: int | None
    readable: bool
    columns: list[Column] | None


class TablesAnswer(ReadAnswer):
    """`next_cursor` asks for the tables that follow; null after the last."""

    tables: list[Table]
    next_cursor: str | None


class ForeignKey(BaseModel):
    columns: list[str]
    target_schema: str
    target_table: str
    target_columns: list[str]


class DescribedTable(Table):
    foreign_keys: list[ForeignKey]


class TableAnswer(ReadAnswer):
    table: DescribedTable


class FoundTable(Table):
    """`why` is the column or comment that it was found by, empty for its own name."""

    why: str


class FoundAnswer(ReadAnswer):
    """`more` says that there are others; search for more of the name."""

    tables: list[FoundTable]
    more: bool


class Freshness(BaseModel):
    fresh: bool = Field(False, description="Asks the database itself, whatever was kept.")


class TableFilters(Freshness):
    search: ShortText = Field("", description="Part of a name, in any case.")
    columns: bool = Field(True, description="Whether to list each table's columns.")
    cursor: ShortText = Field("", description="`next_cursor` of the page before.")


@router.get("/postgres/{connection_name}/databases", response=answers(DatabasesAnswer, remote=True))
def list_databases(request: ApiRequest, connection_name: Name, wish: Query[Freshness]) -> DatabasesAnswer:
    """Databases that the connection's user may enter, by name."""
    found = _catalogue(request.auth, connection_name, "", wish).databases()
    return DatabasesAnswer(databases=found.value, read_at=found.read_at)


@router.get("/postgres/{connection_name}/schemas/{database}", response=answers(SchemasAnswer, remote=True))
def list_schemas(request: ApiRequest, connection_name: Name, database: Name, wish: Query[Freshness]) -> SchemasAnswer:
    """Schemas of a database, by name, without PostgreSQL's own."""
    found = _catalogue(request.auth, connection_name, database, wish).schemas(database)
    return SchemasAnswer(schemas=found.value, read_at=found.read_at)


@router.get("/postgres/{connection_name}/tables/{database}/{schema_name}", response=answers(TablesAnswer, remote=True))
def list_tables(
    request: ApiRequest, connection_name: Name, database: Name, schema_name: Name, wish: Query[TableFilters]
) -> TablesAnswer:
    """Tables and views of a schema, a page at a time, each with its columns unless `columns=false`."""
    catalogue = _catalogue(request.auth, connection_name, database, wish)
    found = catalogue.tables(database, schema_name, search=wish.search, after=wish.cursor)
    page = found.value
    described = _described(catalogue, database, schema_name, page) if wish.columns else {}
    return TablesAnswer(
        tables=[_table(schema_name, summary, described.get(summary.name)) for summary in page.tables],
        next_cursor=page.last if page.more else None,
        read_at=found.read_at,
    )


@router.get(
    "/postgres/{connection_name}/tables/{database}/{schema_name}/{table}", response=answers(TableAnswer, remote=True)
)
def get_table(
    request: ApiRequest,
    connection_name: Name,
    database: Name,
    schema_name: Name,
    table: Name,
    wish: Query[Freshness],
) -> TableAnswer:
    """One table with its columns and keys."""
    catalogue = _catalogue(request.auth, connection_name, database, wish)
    found = catalogue.detail(TableRef(database, schema_name, table))
    shown = _table(schema_name, found.value.summary, found.value)
    keys = [ForeignKey(**asdict(key)) for key in found.value.foreign_keys]
    described = DescribedTable(**shown.model_dump(by_alias=True), foreign_keys=keys)
    return TableAnswer(table=described, read_at=found.read_at)


@router.get("/postgres/{connection_name}/search/{database}", response=answers(FoundAnswer, remote=True))
def search_tables(request: ApiRequest, connection_name: Name, database: Name, text: Query[SearchText]) -> FoundAnswer:
    """Tables of all schemas of a database by part of their name, a column's name or a comment."""
    found = _catalogue(request.auth, connection_name, database).search(database, text)
    tables = [
        FoundTable(**_table(match.schema, match.summary, None).model_dump(by_alias=True), why=match.why)
        for match in found.value.matches
    ]
    return FoundAnswer(tables=tables, more=found.value.more, read_at=found.read_at)


def _catalogue(user: User, connection_name: str, database: str, wish: Freshness | None = None) -> Catalogue:
    """A script waits longer than a page, but not on a thread that others need: it is told to come back then."""
    catalogue = Catalogue(user, connection_for(user, connection_name), patience=_PATIENCE_SECONDS)
    if wish and wish.fresh:
        catalogue.refresh(database)
    return catalogue


def _described(catalogue: Catalogue, database: str, schema: str, page: TablePage) -> dict[str, TableDetail]:
    """The details of a page's tables by name, with one statement; one that was dropped meanwhile has none."""
    refs = [TableRef(database, schema, summary.name) for summary in page.tables]
    return {detail.ref.table: detail for detail in catalogue.existing_tables(database, refs)}


def _table(schema: str, summary: TableSummary, detail: TableDetail | None) -> Table:
    columns = [Column(**asdict(column)) for column in detail.columns] if detail else None
    return Table(schema=schema, columns=columns, **asdict(summary))
