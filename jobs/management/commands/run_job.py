"""One job from the shell: the same operations as the page, ended by the result's first rows."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any

from django.contrib.auth.models import User
from django.core.management.base import BaseCommand, CommandError, CommandParser

import catalog.file_operations
import catalog.glue_operations
import catalog.operations
from catalog.files import named
from catalog.files.incoming import IncomingFile
from catalog.models import AnalysisSession, CsvUpload
from catalog.types import TableRef
from connections.errors import PortalError
from connections.models import DatabaseConnection
from jobs import operations, queries, results
from jobs.models import CodeVersion, JobRun, LedgerRow, RunRepair
from jobs.result_display import display
from jobs.states import CodeState, RunState

ASK_SECONDS = 0.1
ROWS = 20
PIECE_BYTES = 256 * 1024


class Command(BaseCommand):
    help = "Runs one job: picks tables, generates or takes a transform, runs it and prints the first rows."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--user", help="whose session it is; the first staff account when not given")
        parser.add_argument("--connection", help="name of a connection; needed for --table")
        parser.add_argument("--table", action="append", default=[], metavar="DB.SCHEMA.TABLE", help="repeatable")
        parser.add_argument("--glue", action="append", default=[], metavar="DB.TABLE", help="repeatable")
        parser.add_argument(
            "--csv", action="append", default=[], metavar="PATH", help="a file to upload, or s3://...; repeatable"
        )
        what = parser.add_mutually_exclusive_group(required=True)
        what.add_argument("--prompt", help="the question in words")
        what.add_argument("--transform", type=Path, metavar="FILE", help="a file that holds the transform")
        parser.add_argument("--generator", default="", help="which generator writes the code")
        parser.add_argument("--target", default="", help="which engine runs it")
        parser.add_argument("--size", default="", help="how large it runs on EMR Serverless: a resource profile")
        parser.add_argument(
            "--repair", action="store_true", help="should the code fail, have a model repair it and run it again"
        )
        parser.add_argument("--wait", type=int, default=900, metavar="SECONDS", help="how long to wait for the end")
        parser.add_argument("--json", action="store_true", help="print one JSON object as the last line")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            run, seconds = self._run(options)
        except PortalError as error:
            raise CommandError(f"{error.message} {error.hint} ({error.code})") from error
        self._report(run, seconds, as_json=options["json"])
        if run.state != RunState.SUCCEEDED:
            raise SystemExit(1)

    def _run(self, options: dict[str, Any]) -> tuple[JobRun, dict[str, float]]:
        user = _user(options["user"])
        started = time.monotonic()
        session = _session(user, options)
        picked = time.monotonic()
        if options["prompt"]:
            version = operations.ask(session=session, prompt=options["prompt"], by=user, generator=options["generator"])
        else:
            version = operations.save_edit(session=session, transform=_text(options["transform"]), by=user)
        self._wait(version, options["wait"])
        if version.state != CodeState.READY:
            raise CommandError(f"{version.failure['message']} ({version.failure_code})")
        _refuse_blocked(version)
        written = time.monotonic()
        wish = {"target": options["target"], "profile": options["size"], "repair": options["repair"]}
        run = self._to_the_end(operations.start_run(version=version, by=user, **wish), options["wait"])
        steps = queries.timeline(run).steps
        stages = {step.key: round(step.seconds, 2) for step in steps if step.seconds is not None}
        return run, {"pick": round(picked - started, 2), "generate": round(written - picked, 2), **stages}

    def _to_the_end(self, run: JobRun, seconds: int) -> JobRun:
        """The run, or the last one of those that repairs of it started."""
        self._wait(run, seconds)
        repair = RunRepair.objects.filter(run=run).first()
        if repair is None:
            return run
        self._wait(repair, seconds)
        return self._to_the_end(repair.next_run, seconds) if repair.next_run else run

    def _wait(self, row: LedgerRow, seconds: int) -> None:
        give_up = time.monotonic() + seconds
        while row.is_active:
            if time.monotonic() > give_up:
                raise CommandError(f"It has not ended after {seconds} s (state {row.state}). Is a worker running?")
            time.sleep(ASK_SECONDS)
            row.refresh_from_db()

    def _report(self, run: JobRun, seconds: dict[str, float], *, as_json: bool) -> None:
        page = results.page(run, offset=0, limit=ROWS) if run.state == RunState.SUCCEEDED else None
        columns = [column.name for column in page.columns] if page else []
        rows = [[display(value) for value in row] for row in page.rows] if page else []
        report = {
            "run": str(run.uuid),
            "path": f"/runs/{run.uuid}/",
            "state": run.state,
            "target": run.target,
            "columns": columns,
            "rows": rows,
            "row_count": run.row_count,
            "seconds": seconds,
            "failure": {"code": run.failure_code, **run.failure} if run.failure_code else None,
        }
        self.stdout.write(json.dumps(report) if as_json else _table(report))


def _user(name: str | None) -> User:
    found = User.objects.filter(username=name) if name else User.objects.filter(is_staff=True).order_by("pk")
    user = found.first()
    if user is None:
        raise CommandError(
            f"There is no account {name!r}." if name else "There is no staff account: name one by --user."
        )
    return user


def _session(user: User, options: dict[str, Any]) -> AnalysisSession:
    """A new session with everything picked that the options name."""
    tables = [_ref(table) for table in options["table"]]
    glue_tables = [_glue_name(table) for table in options["glue"]]
    if not (tables or glue_tables or options["csv"]):
        raise CommandError("Name at least one source by --table, --glue or --csv.")
    connection = _connection(user, options["connection"]) if tables else None
    session = catalog.operations.create_session(owner=user)
    if connection:
        catalog.operations.add_sources(session=session, user=user, connection=connection, refs=tables)
        place = {"database": tables[0].database, "schema": tables[0].schema}
        catalog.operations.remember_picker(session=session, connection=connection, **place)
    for database, name in glue_tables:
        catalog.glue_operations.add_tables(session=session, user=user, database=database, names=[name])
    for path in options["csv"]:
        _pick_file(session, user, path)
    return session


def _connection(user: User, name: str | None) -> DatabaseConnection:
    if not name:
        raise CommandError("--table needs --connection.")
    found = DatabaseConnection.objects.visible_to(user).filter(name=name).first()
    if found is None:
        raise CommandError(f"{user.get_username()} may use no connection {name!r}.")
    return found


def _pick_file(session: AnalysisSession, user: User, path: str) -> None:
    """Picks what is in S3, or uploads a file of this machine first."""
    reference = path if path.startswith("s3://") else named.reference_of(_upload(user, Path(path)))
    catalog.file_operations.pick_file(session=session, user=user, reference=reference)


def _upload(user: User, path: Path) -> CsvUpload:
    incoming = IncomingFile(path.name)
    try:
        with path.open("rb") as file:
            while piece := file.read(PIECE_BYTES):
                incoming.write(piece)
        return catalog.file_operations.keep_upload(owner=user, incoming=incoming)
    except OSError as error:
        raise CommandError(f"{path} cannot be read.") from error
    finally:
        incoming.close()


def _glue_name(text: str) -> tuple[str, str]:
    database, dot, name = text.partition(".")
    if not (database and dot and name):
        raise CommandError(f"{text!r} is not of the form DB.TABLE.")
    return database, name


def _ref(text: str) -> TableRef:
    parts = text.split(".", 2)
    if len(parts) != 3 or not all(parts):
        raise CommandError(f"{text!r} is not of the form DB.SCHEMA.TABLE.")
    return TableRef(*parts)


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise CommandError(f"{path} cannot be read as UTF-8 text.") from error


def _refuse_blocked(version: CodeVersion) -> None:
    blocking = [finding for finding in version.findings if finding["severity"] == "blocking"]
    if blocking:
        lines = [f"line {finding['line']}: {finding['message']} {finding['hint']}" for finding in blocking]
        raise CommandError("The code is blocked:\n" + "\n".join(lines))


def _table(report: dict[str, Any]) -> str:
    lines = [f"{report['state']} on {report['target']}, {report['row_count']} rows, {report['path']}"]
    if report["failure"]:
        lines.append(f"{report['failure']['message']} {report['failure']['hint']} ({report['failure']['code']})")
    cells = [report["columns"], *[[("NULL" if cell is None else cell) for cell in row] for row in report["rows"]]]
    widths = [max(len(row[number]) for row in cells) for number in range(len(report["columns"]))]
    lines += ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in cells]
    lines.append("seconds: " + ", ".join(f"{stage} {value}" for stage, value in report["seconds"].items()))
    return "\n".join(lines)
