"""Imports the connections of a settings file (the specification, section 4.1); see connections/settings_file.py."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.contrib.auth.models import User
from django.core.management.base import BaseCommand, CommandError, CommandParser

from connections.errors import PortalError
from connections.settings_file import Outcome, import_settings, read_settings


class Command(BaseCommand):
    help = (
        "Imports connections and the default one from a settings.json. Importing it again changes nothing more. "
        "An entry that cannot be taken is refused by name, the others are imported, and the exit code is 1."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path, help="the settings.json")
        parser.add_argument("--dry-run", action="store_true", help="say what would be done, and do nothing")
        parser.add_argument("--user", help="whose name the audit gets; an account that may change connections")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            part = read_settings(_text(options["file"]))
            outcomes = import_settings(part=part, by=_user(options["user"]), dry_run=options["dry_run"])
        except PortalError as error:
            raise CommandError(f"{error.message} {error.hint} ({error.code})") from error
        self._report(outcomes, dry_run=options["dry_run"])
        if any(outcome.state == "refused" for outcome in outcomes):
            raise SystemExit(1)

    def _report(self, outcomes: list[Outcome], *, dry_run: bool) -> None:
        for outcome in outcomes:
            detail = f": {outcome.detail}" if outcome.detail else ""
            self.stdout.write(f"{outcome.state:9}  {outcome.name}{detail}")
        self.stdout.write("Nothing was stored: this was a dry run." if dry_run else "Done.")


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise CommandError(f"{path} cannot be read as UTF-8 text.") from error


def _user(name: str | None) -> User | None:
    if name is None:
        return None
    user = User.objects.filter(username=name, is_active=True).first()
    if user is None:
        raise CommandError(f"There is no account {name!r}.")
    return user
