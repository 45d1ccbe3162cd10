"""What one person may browse of one connection: every question goes through the permission, then through the cache."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from functools import partial
from typing import Any, TypeVar

from django.conf import settings
from django.contrib.auth.models import User

from catalog import postgres, search
from catalog.catalogue_cache import DETAIL_SECONDS, LIST_SECONDS, UNKEPT, Answer, Question, ask, expect, refresh
from catalog.key_facts import key_facts
from catalog.search import Found, SearchIndex
from catalog.statistics import ColumnStatistics, Sample, column_statistics, sample_rows
from catalog.types import TableDetail, TablePage, TableRef, TableSummary
from connections.models import DatabaseConnection
from connections.queries import check_usable

T = TypeVar("T")

_SAMPLE_SECONDS = 3.0


def patience_of_pages() -> float:
    """How long a page waits for a database before it says so and asks again by itself."""
    return float(settings.PGSPARK_PATIENCE_SECONDS)


@dataclass(frozen=True, slots=True)
class Catalogue:
    """Raises CONNECTION_NOT_ALLOWED and CONNECTION_DISABLED when made; every question the errors of reading, too.

    `patience` is how many seconds to wait for a slow database before DATABASE_SLOW is raised; pages have the setting's,
    None waits to the end.
    """

    user: User
    connection: DatabaseConnection
    patience: float | None = field(default_factory=patience_of_pages)

    def __post_init__(self) -> None:
        check_usable(self.user, self.connection)

    def refresh(self, database: str) -> None:
        """Makes the next questions about `database` go to the database itself."""
        refresh(self.connection, database)
        refresh(self.connection, "")

    def databases(self) -> Answer[list[str]]:
        return self._ask(
            Question("databases", "", (), LIST_SECONDS, lambda: postgres.list_databases(self.connection)),
        )

    def schemas(self, database: str) -> Answer[list[str]]:
        return self._ask(
            Question("schemas", database, (), LIST_SECONDS, lambda: postgres.list_schemas(self.connection, database)),
        )

    def tables(self, database: str, schema: str, *, search: str = "", after: str = "") -> Answer[TablePage]:
        return self._ask(
            Question(
                "tables",
                database,
                (schema, search, after),
                LIST_SECONDS,
                lambda: postgres.list_tables(self.connection, database, schema, search=search, after=after),
                TablePage.as_json,
                TablePage.from_json,
            )
        )

    def tables_named(self, database: str, schema: str, names: Sequence[str]) -> Answer[list[TableSummary]]:
        return self._ask(
            Question(
                "tables named",
                database,
                (schema, *names),
                LIST_SECONDS,
                lambda: postgres.tables_named(self.connection, database, schema, names),
                lambda tables: [asdict(table) for table in tables],
                lambda kept: [TableSummary(**table) for table in kept],
            )
        )

    def search(self, database: str, text: str) -> Answer[Found]:
        """Tables of all schemas of `database` by name, column or comment."""
        answer = self._ask(self._search_index(database))
        index = answer.value
        if index is not None:
            return Answer(index.find(text), answer.read_at)
        limit = search.LIMIT
        return self._ask(
            Question(
                "search",
                database,
                (text,),
                LIST_SECONDS,
                lambda: postgres.search_tables(self.connection, database, text, limit),
                asdict,
                search.found_from_json,
            )
        )

    def expect_search(self, database: str) -> None:
        """Has read what a search needs by the time that somebody has typed a word."""
        expect(self.connection, self._search_index(database))

    def _search_index(self, database: str) -> Question[SearchIndex | None]:
        read = partial(self._read_search_index, database)
        return Question("search index", database, (), DETAIL_SECONDS, read, is_large=True)

    def _read_search_index(self, database: str) -> SearchIndex | None:
        """None for a database that has more words than this process keeps."""
        tables = postgres.searchable_tables(self.connection, database, search.MOST_TABLES + 1)
        if len(tables) > search.MOST_TABLES or sum(len(table.columns) for table in tables) > search.MOST_WORDS:
            return None
        return SearchIndex(tables)

    def statistics(self, ref: TableRef) -> Answer[dict[str, ColumnStatistics]]:
        """The planner's statistics of the columns that have some, by name."""
        return self._ask(
            Question(
                "statistics",
                ref.database,
                (ref.schema, ref.table),
                DETAIL_SECONDS,
                lambda: {column.name: column for column in column_statistics(self.connection, ref)},
                lambda columns: [column.as_json() for column in columns.values()],
                lambda kept: {column["name"]: ColumnStatistics.from_json(column) for column in kept},
            )
        )

    def sample(self, ref: TableRef) -> Sample:
        """A few rows, read now and kept nowhere: there is nothing to come back for, so it is worth a longer wait."""
        names = [column.name for column in self.detail(ref).value.columns]
        place = (ref.schema, ref.table)
        question = Question("sample", ref.database, place, UNKEPT, lambda: sample_rows(self.connection, ref, names))
        patience = None if self.patience is None else max(self.patience, _SAMPLE_SECONDS)
        return ask(self.connection, question, patience=patience).value

    def detail(self, ref: TableRef) -> Answer[TableDetail]:
        answer = self.details(ref.database, [ref])
        return Answer(answer.value[0], answer.read_at)

    def details(
        self, database: str, refs: Sequence[TableRef], *, max_age: float | None = None
    ) -> Answer[list[TableDetail]]:
        """The tables of `refs`, all in `database`, in their order; not older than `max_age` seconds."""
        return self._ask(
            Question(
                "details",
                database,
                tuple((ref.schema, ref.table) for ref in refs),
                DETAIL_SECONDS,
                lambda: postgres.table_details(self.connection, database, refs),
                lambda details: [detail.as_json() for detail in details],
                lambda kept: [TableDetail.from_json(detail) for detail in kept],
            ),
            max_age,
        )

    def existing_tables(self, database: str, refs: Sequence[TableRef]) -> list[TableDetail]:
        """Those of `refs`, all in `database`, that are there now; past what was read before."""
        return self._ask(
            Question(
                "existing tables",
                database,
                tuple((ref.schema, ref.table) for ref in refs),
                UNKEPT,
                lambda: postgres.existing_tables(self.connection, database, refs),
            )
        ).value

    def key_facts(
        self, database: str, refs: Sequence[TableRef], *, max_age: float | None = None
    ) -> Answer[dict[TableRef, dict[str, Any]]]:
        """What the read plan needs to know of `refs`, all in `database`; a table that is not there has none."""
        return self._ask(
            Question(
                "key facts",
                database,
                tuple((ref.schema, ref.table) for ref in refs),
                LIST_SECONDS,
                lambda: key_facts(self.connection, database, refs),
                lambda facts: [[ref.schema, ref.table, found] for ref, found in facts.items()],
                lambda kept: {TableRef(database, schema, table): found for schema, table, found in kept},
            ),
            max_age,
        )

    def _ask(self, question: Question[T], max_age: float | None = None) -> Answer[T]:
        return ask(self.connection, question, patience=self.patience, max_age=max_age)
