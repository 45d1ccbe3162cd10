"""Imports connections from the settings file of the specification, section 4.1. Importing twice changes nothing more.

An entry that cannot be taken is refused by name, and the others are imported all the same: after mending the file it
is imported again. What an entry does not say stays as it is; groups are named, and must exist.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any, Literal

from django.contrib.auth.models import Group, User
from django.core.exceptions import ValidationError
from django.db import transaction

from connections.errors import PortalError
from connections.models import DatabaseConnection
from connections.operations import EDITED, make_default, save_connection

State = Literal["created", "changed", "unchanged", "refused"]

_TYPES: dict[str, type] = dict.fromkeys(EDITED, str) | {"enabled": bool, "max_parallel_reads": int}


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one entry, or of `default_connection`; `detail` says what changed or why it was refused."""

    name: str
    state: State
    detail: str = ""


class _Refused(Exception):
    """An entry that cannot be taken, with the reason in words."""


def read_settings(text: str) -> dict[str, Any]:
    """The part of a settings file about PostgreSQL. Raises PortalError SETTINGS_FILE_INVALID."""
    try:
        document = json.loads(text)
    except ValueError:
        raise PortalError("SETTINGS_FILE_INVALID", problem="it is not JSON") from None
    if not _can_be_stored(document):
        raise PortalError("SETTINGS_FILE_INVALID", problem="it holds characters that no text may have")
    part = document.get("postgres", document) if isinstance(document, dict) else None
    if not isinstance(part, dict) or not isinstance(part.get("connections"), list):
        raise PortalError("SETTINGS_FILE_INVALID", problem="it has no list of connections")
    return part


def _can_be_stored(document: object) -> bool:
    """Whether all its texts can: JSON may spell NUL and halves of characters, which a database has no place for."""
    try:
        return b"\\u0000" not in json.dumps(document, ensure_ascii=False).encode()
    except UnicodeEncodeError:
        return False


@transaction.atomic
def import_settings(*, part: dict[str, Any], by: User | None, dry_run: bool = False) -> list[Outcome]:
    """Imports what `read_settings` gave; with `dry_run` says the same and changes nothing."""
    outcomes: list[Outcome] = []
    for number, entry in enumerate(part["connections"], start=1):
        name = _name(entry, number)
        outcomes.append(_import_entry(name, entry, by, seen={outcome.name for outcome in outcomes}))
    if part.get("default_connection") is not None:
        refused = {outcome.name for outcome in outcomes if outcome.state == "refused"}
        outcomes.append(_import_default(part["default_connection"], by, refused))
    transaction.set_rollback(dry_run)
    return outcomes


def _name(entry: object, number: int) -> str:
    name = entry.get("name") if isinstance(entry, dict) else None
    return name if isinstance(name, str) and name else f"entry {number}"


def _import_entry(name: str, entry: Any, by: User | None, seen: set[str]) -> Outcome:
    try:
        if name in seen:
            raise _Refused("an entry above has the same name; give each its own")
        fields, groups = _fields(entry), _groups(entry)
        return _save(name, fields, groups, by)
    except _Refused as refused:
        return Outcome(name, "refused", str(refused))
    except ValidationError as error:
        problems = (f"{field}: {' '.join(texts)}" for field, texts in error.message_dict.items())
        return Outcome(name, "refused", "; ".join(problem.removeprefix("__all__: ") for problem in problems))


def _fields(entry: object) -> dict[str, Any]:
    """The fields of an entry, each of its type; an unknown one is refused, because a typing error would be silent."""
    if not isinstance(entry, dict):
        raise _Refused("it is not a JSON object")
    for key, value in entry.items():
        wanted = _TYPES.get(key)
        if wanted is None and key != "groups":
            raise _Refused(f"{key} is no field of a connection; known are {', '.join([*_TYPES, 'groups'])}")
        if wanted is not None and type(value) is not wanted:
            raise _Refused(f"{key}: must be {'true or false' if wanted is bool else f'of type {wanted.__name__}'}")
    return {key: value for key, value in entry.items() if key != "groups"}


def _groups(entry: dict[str, Any]) -> list[Group] | None:
    names = entry.get("groups")
    if names is None:
        return None
    if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
        raise _Refused("groups: must be a list of names")
    found = {group.name: group for group in Group.objects.filter(name__in=names)}
    if missing := sorted(set(names) - set(found)):
        raise _Refused(f"groups: there is no group {', '.join(missing)}; add it in the admin first")
    return list(found.values())


def _save(name: str, fields: dict[str, Any], groups: list[Group] | None, by: User | None) -> Outcome:
    connection = DatabaseConnection.objects.filter(name=name).first()
    is_new, connection = connection is None, connection or DatabaseConnection()
    for key, value in fields.items():
        setattr(connection, key, value)
    connection.full_clean()
    changes = save_connection(connection=connection, groups=groups, by=by)
    if is_new:
        return Outcome(name, "created", "" if groups else "open to staff only until it gets groups")
    return Outcome(name, "changed" if changes else "unchanged", ", ".join(changes))


def _import_default(name: object, by: User | None, refused: set[str]) -> Outcome:
    connection = DatabaseConnection.objects.filter(name=name).first() if isinstance(name, str) else None
    if connection is None or name in refused:
        return Outcome("default_connection", "refused", "it names no connection that was imported or exists")
    if connection.is_default:
        return Outcome("default_connection", "unchanged", connection.name)
    make_default(connection=connection, by=by)
    return Outcome("default_connection", "changed", connection.name)
