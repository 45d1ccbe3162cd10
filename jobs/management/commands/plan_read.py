"""How a run would read a PostgreSQL table as it is now, and why; nothing is picked and nothing is read."""

from __future__ import annotations

import json
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from catalog import drift, key_facts, postgres
from catalog.models import SourceKind
from catalog.types import TableRef
from connections.errors import PortalError
from connections.models import DatabaseConnection
from jobs.script.postgres_reader import notes_of
from jobs.script_building import table_plan


class Command(BaseCommand):
    help = "Shows the read plan of a table with its reasons, and what differs in what is read."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--connection", required=True, help="name of a connection")
        parser.add_argument("--table", required=True, metavar="DB.SCHEMA.TABLE")
        parser.add_argument("--partition-column", default="", help="cut by this column")
        parser.add_argument("--partitions", help="cut into so many parts")
        parser.add_argument("--fetch-size", help="rows per round trip")
        parser.add_argument("--row-filter", default="", metavar="CONDITION", help="read only rows where it holds")
        parser.add_argument("--json", action="store_true", help="print one JSON object")

    def handle(self, *args: Any, **options: Any) -> None:
        connection = DatabaseConnection.objects.filter(name=options["connection"]).first()
        if connection is None:
            raise CommandError(f"There is no connection {options['connection']!r}.")
        chosen = ("partition_column", "partitions", "fetch_size", "row_filter")
        try:
            report = _report(connection, _ref(options["table"]), {name: options[name] for name in chosen})
        except PortalError as error:
            raise CommandError(f"{error.message} {error.hint} ({error.code})") from error
        self.stdout.write(json.dumps(report) if options["json"] else _in_words(report))


def _report(connection: DatabaseConnection, ref: TableRef, chosen: dict[str, Any]) -> dict[str, Any]:
    facts = drift.postgres_facts(postgres.table_detail(connection, ref))
    keys = key_facts.of_all(connection, [ref]).get(ref, {})
    source = {
        "kind": SourceKind.POSTGRES,
        "columns": facts.columns,
        "statistics": {**facts.statistics, "key_facts": keys},
        "read_options": chosen,
    }
    plan, columns = table_plan(source, connection)
    types = {column.name: column.type for column in columns}
    return {"table": str(ref), **plan.as_json(), "columns": types, "notes": notes_of(columns)}


def _ref(text: str) -> TableRef:
    parts = text.split(".", 2)
    if len(parts) != 3 or not all(parts):
        raise CommandError(f"{text!r} is not of the form DB.SCHEMA.TABLE.")
    return TableRef(*parts)


def _in_words(report: dict[str, Any]) -> str:
    notes = [f"  differs: {note}" for note in report["notes"]]
    return "\n".join([f"{report['table']}: {report['sentence']}", *(f"  {why}" for why in report["reasons"]), *notes])
