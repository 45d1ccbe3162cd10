"""The test of a connection from the shell; the same steps as on the page."""

from __future__ import annotations

import json
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from connections import operations
from connections.checks import Step, TestReport
from connections.models import DatabaseConnection

_MARKS = {"ok": "ok", "warning": "WARN", "failed": "FAIL", "skipped": "-"}


class Command(BaseCommand):
    help = "Tests a connection step by step; the exit code is 1 when a step fails. Warnings do not count as failures."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("name", help="the connection's name")
        parser.add_argument("--json", action="store_true", help="print one JSON object")

    def handle(self, *args: Any, **options: Any) -> None:
        connection = DatabaseConnection.objects.filter(name=options["name"]).first()
        if connection is None:
            names = ", ".join(DatabaseConnection.objects.values_list("name", flat=True)) or "none yet"
            raise CommandError(f"There is no connection {options['name']!r}. There are: {names}.")
        report = operations.test_connection(connection=connection)
        if options["json"]:
            self.stdout.write(json.dumps({"connection": connection.name, **report.as_dict()}))
        else:
            self._print(report)
        if not report.passed:
            raise SystemExit(1)

    def _print(self, report: TestReport) -> None:
        for step in report.steps:
            self.stdout.write(_line(step))
        for problem in filter(None, [*report.warnings, report.error]):
            self.stdout.write(f"\n{problem.message}\n{problem.hint} ({problem.code})")


def _line(step: Step) -> str:
    time = "" if step.milliseconds is None else f"{step.milliseconds} ms"
    return f"{_MARKS[step.state]:4}  {step.name:20}  {time:>8}  {step.note}".rstrip()
