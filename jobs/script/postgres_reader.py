"""The reader of a PostgreSQL table, as text of the script."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from jobs.script.postgres_types import ColumnReading
from jobs.script.quoting import comments, sql_name
from jobs.script.read_plan import ReadPlan

_DRIVER = "org.postgresql.Driver"


@dataclass(frozen=True, slots=True)
class PostgresSource:
    """A table to read; `alias` is a valid Python name, all else may hold any character.

    `reader_host` is read from in place of the secret's host; `ca_bundle` is a path on the engine.
    """

    alias: str
    connection: str
    secret_arn: str
    tls_mode: str
    database: str
    schema: str
    table: str
    columns: Sequence[ColumnReading]
    plan: ReadPlan
    reader_host: str = ""
    ca_bundle: str = ""
    uses_token: bool = False

    # The parts of the script's head that its reader calls.
    parts = ("postgres.tmpl",)

    def reader(self) -> str:
        """A function `_read_ALIAS(spark)` that gives the table as a DataFrame with the readings' names."""
        place = f"{self.database}.{self.schema}.{self.table}"
        lines = [
            f"def _read_{self.alias}(spark):",
            f"    # {place!r} on connection {self.connection!r}",
            *comments([self.plan.sentence, *self.plan.reasons, *notes_of(self.columns)]),
            f"    login = _login({', '.join(self._login())})",
            *self._load(),
        ]
        return "\n".join([*lines, ""])

    def _login(self) -> list[str]:
        named = {"reader_host": self.reader_host, "ca_bundle": self.ca_bundle, "uses_token": self.uses_token}
        given = [f"{name}={value!r}" for name, value in named.items() if value]
        return [repr(self.secret_arn), repr(self.database), repr(self.tls_mode), *given]

    def _load(self) -> list[str]:
        if self.plan.predicates:
            return self._by_predicates()
        options = {
            "driver": repr(_DRIVER),
            "url": 'login["url"]',
            "dbtable": repr(self._dbtable()),
            "user": 'login["user"]',
            "password": 'login["password"]',
            "fetchsize": repr(str(self.plan.fetch_size)),
            **self._strides(),
        }
        lines = [f"        .option({name!r}, {value})" for name, value in options.items()]
        return ["    return (", '        spark.read.format("jdbc")', *lines, "        .load()", *self._named(), "    )"]

    def _strides(self) -> dict[str, str]:
        if self.plan.strides is None:
            return {}
        return {
            "partitionColumn": repr(self._inner(self.plan.column)),
            "lowerBound": repr(str(self.plan.strides.lower)),
            "upperBound": repr(str(self.plan.strides.upper)),
            "numPartitions": repr(str(self.plan.parts)),
        }

    def _by_predicates(self) -> list[str]:
        """`predicates` are no option of the data source: only this call takes them."""
        properties = [
            f"            'driver': {_DRIVER!r},",
            "            'user': login[\"user\"],",
            "            'password': login[\"password\"],",
            f"            'fetchsize': {str(self.plan.fetch_size)!r},",
        ]
        if self.plan.needs_snapshot:
            properties.append("            'sessionInitStatement': _same_snapshot(spark, login),")
        return [
            "    return (",
            "        spark.read.jdbc(",
            '            login["url"],',
            f"            {self._dbtable()!r},",
            "            predicates=[",
            *(f"                {self._moved(text)!r}," for text in self.plan.predicates),
            "            ],",
            "            properties={",
            *(f"    {line}" for line in properties),
            "            },",
            "        )",
            *self._named(),
            "    )",
        ]

    @property
    def _is_plain(self) -> bool:
        """Whether the table itself can be read: Spark can quote its names, and no column is converted."""
        return not self.plan.row_filter and not self._is_renamed and all(column.is_plain for column in self.columns)

    @property
    def _is_renamed(self) -> bool:
        """Spark does not double quotes inside a column's name and refuses names that differ only in case."""
        return any('"' in column.column or column.column != column.name for column in self.columns)

    @property
    def _cut_by(self) -> str:
        """The name under which the parts' conditions find the key: a name that no column has."""
        name = "pgspark_part"
        while any(name == column.name.lower() for column in self.columns):
            name += "_"
        return name

    def _inner(self, column: str) -> str:
        """What a column is called inside the subquery."""
        at = next(number for number, one in enumerate(self.columns, start=1) if one.column == column)
        return f"c{at}" if self._is_renamed else column

    def _moved(self, predicate: str) -> str:
        """A condition on the key, or on the place of a row, by the name that it has outside the subquery."""
        if self._is_plain:
            return predicate
        return predicate.replace(self._key(), sql_name(self._cut_by))

    def _key(self) -> str:
        return sql_name(self.plan.column) if self.plan.column else "ctid"

    def _dbtable(self) -> str:
        table = f"{sql_name(self.schema)}.{sql_name(self.table)}"
        if self._is_plain:
            return table
        asked = [f"{column.expression} AS {sql_name(self._inner(column.column))}" for column in self.columns]
        if self.plan.predicates:
            asked.append(f"{self._key()} AS {sql_name(self._cut_by)}")
        where = f" WHERE {self.plan.row_filter}" if self.plan.row_filter else ""
        return f"(SELECT {', '.join(asked)} FROM {table}{where}) AS source"  # noqa: S608

    def _named(self) -> list[str]:
        lines = []
        if self.plan.predicates and not self._is_plain:
            lines.append(f"        .drop({self._cut_by!r})")
        if self._is_renamed:
            lines.append(f"        .toDF(*{[column.name for column in self.columns]!r})")
        return lines


def notes_of(columns: Sequence[ColumnReading]) -> list[str]:
    """What differs from the table, in words: each note once, with the columns that it is about."""
    named: dict[str, list[str]] = {}
    for column in columns:
        if column.note:
            named.setdefault(column.note, []).append(column.column)
    return [f"{', '.join(names)}: {note}" for note, names in named.items()]
