"""Checks a transform against a schema from the shell: the same policy and rehearsal as the page, no database."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from catalog.models import SourceKind
from jobs.checking.check import Checked, check
from jobs.checking.sources import Source
from jobs.source_frames import frames_of


class Command(BaseCommand):
    help = "Checks a transform against a schema file; exit code 1 if a finding blocks it."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--schema", type=Path, required=True, metavar="FILE.json", help="the sources")
        parser.add_argument("--transform", type=Path, required=True, metavar="FILE.py", help="the transform")
        parser.add_argument("--no-rehearsal", action="store_true", help="the policy only, without Spark")
        parser.add_argument("--json", action="store_true", help="print one JSON object")

    def handle(self, *args: Any, **options: Any) -> None:
        sources = _sources(_text(options["schema"]))
        checked = check(_text(options["transform"]), sources, rehearse=not options["no_rehearsal"])
        self.stdout.write(json.dumps(_report(checked)) if options["json"] else _words(checked))
        if checked.is_blocked:
            raise SystemExit(1)


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise CommandError(f"{path} cannot be read as UTF-8 text.") from error


def _sources(text: str) -> list[Source]:
    try:
        return sources_of(json.loads(text))
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        hint = 'It is {"sources": [{"alias", "kind": "POSTGRES", "GLUE" or "CSV", "columns": [{"name", "type"}]}]}.'
        raise CommandError(f"The schema file is not of the form that is read here. {hint}") from error


def sources_of(schema: dict[str, Any]) -> list[Source]:
    """The sources of a schema file, `{"sources": [{"alias", "kind", "columns": [{"name", "type", "nullable"}]}]}`.

    A source may also have `keys`, a list of lists of columns that are unique together. Raises ValueError, TypeError,
    KeyError or AttributeError for another form.
    """
    listed = schema["sources"]
    frames = frames_of([_snapshot(source) for source in listed])
    return [_with_keys(frame, source) for frame, source in zip(frames, listed, strict=True)]


def _snapshot(source: dict[str, Any]) -> dict[str, Any]:
    if not str(source["alias"]).isidentifier():
        raise ValueError("an alias is a Python name")
    columns = [{"name": str(column["name"]), "type": str(column["type"])} for column in source["columns"]]
    return {"alias": source["alias"], "kind": SourceKind(source["kind"]).value, "columns": columns}


def _with_keys(frame: Source, source: dict[str, Any]) -> Source:
    if source.get("keys") is None:
        return frame
    return Source(frame.alias, frame.kind, frame.columns, tuple(tuple(map(str, key)) for key in source["keys"]))


def _report(checked: Checked) -> dict[str, Any]:
    rehearsal = checked.rehearsal
    return {
        "ok": not checked.is_blocked,
        "findings": checked.finding_dicts(),
        "output_schema": rehearsal.get("schema"),
        "rehearsal": rehearsal,
    }


def _words(checked: Checked) -> str:
    lines = [f"{one.line}:{one.column} {one.severity} {one.rule}: {one.message} {one.hint}" for one in checked.findings]
    columns = [f"  {column['name']} {column['type']}" for column in checked.rehearsal.get("schema", [])]
    return "\n".join([*(lines or ["Nothing was found."]), *(["Output:", *columns] if columns else [])])
