"""What can be done to connections; the page, the admin, the API and commands all call these.

`by` is who does it: asked for the permission here, on every path, and named in the audit (Django's log of the admin).
None is whoever runs the portal's commands on its own machine.
"""

from __future__ import annotations

from collections.abc import Iterable
from copy import copy
from functools import partial

import structlog
from django.contrib.admin.models import ADDITION, CHANGE, DELETION, LogEntry
from django.contrib.auth.models import Group, User
from django.db import transaction
from django.db.models import ProtectedError
from django.utils import timezone

from connections import credentials
from connections.checks import TestReport, run_checks
from connections.errors import PortalError
from connections.models import DatabaseConnection
from connections.pool import close_pools
from connections.queries import check_may, usage_of

log = structlog.get_logger(__name__)

# What a person edits, in the order of the form; the default and the groups have their own rules.
EDITED = (
    "name",
    "description",
    "secret_arn",
    "auth_method",
    "tls_mode",
    "reader_host",
    "enabled",
    "max_parallel_reads",
)
_LABELS = {field.name: str(field.verbose_name) for field in DatabaseConnection._meta.fields}
# After a change of these the last test says nothing any more.
_DECISIVE = frozenset({"secret_arn", "auth_method", "tls_mode", "reader_host"})


def test_connection(*, connection: DatabaseConnection) -> TestReport:
    """Runs the checklist, stores when it was and how it ended, and lets the next use read the secret anew."""
    report = run_checks(connection)
    code = report.error.code if report.error else ""
    DatabaseConnection.objects.filter(pk=connection.pk).update(last_tested_at=timezone.now(), last_test_code=code)
    connection.refresh_from_db(fields=["last_tested_at", "last_test_code"])
    return report


test_connection.__test__ = False  # type: ignore[attr-defined]  # pytest takes the name for a test


@transaction.atomic
def save_connection(
    *,
    connection: DatabaseConnection,
    by: User | None,
    groups: Iterable[Group] | None = None,
    is_default: bool | None = None,
) -> list[str]:
    """Stores a new or edited connection that has passed `full_clean`, and says in words what changed.

    What is None stays as it is. A new default takes the place of the old one. Raises CONNECTION_MANAGERS_ONLY.
    """
    is_new = connection.pk is None
    check_may(by, "add" if is_new else "change")
    changes = _store(connection)
    if groups is not None:
        changes += _set_groups(connection, groups)
    if is_default is not None:
        changes += _set_default(connection, by, is_default=is_default)
    if is_new or changes:
        _audit(connection, by, ADDITION if is_new else CHANGE, changes)
    transaction.on_commit(partial(_start_afresh, connection))
    return changes


@transaction.atomic
def set_enabled(*, connection: DatabaseConnection, enabled: bool, by: User | None) -> None:
    """A disabled connection keeps its sources and history, and answers no more questions."""
    check_may(by, "change")
    other = DatabaseConnection.objects.filter(pk=connection.pk, enabled=not enabled)
    changed = other.update(enabled=enabled, updated_at=timezone.now())
    connection.enabled = enabled
    if not changed:
        return
    _audit(connection, by, CHANGE, ["enabled" if enabled else "disabled"])
    transaction.on_commit(partial(_start_afresh, connection))


@transaction.atomic
def make_default(*, connection: DatabaseConnection, by: User | None) -> None:
    """New sessions start on it, and no longer on the one before."""
    check_may(by, "change")
    changes = _set_default(connection, by, is_default=True)
    if changes:
        _audit(connection, by, CHANGE, changes)


@transaction.atomic
def delete_connection(*, connection: DatabaseConnection, typed_name: str, by: User | None) -> None:
    """Deletes a connection that no session uses, with the notes and stars of its tables.

    Raises CONNECTION_NAME_NOT_TYPED, CONNECTION_IN_USE (with how many sessions and runs), CONNECTION_MANAGERS_ONLY.
    """
    check_may(by, "delete")
    if typed_name != connection.name:
        raise PortalError("CONNECTION_NAME_NOT_TYPED", connection=connection.name)
    _audit(connection, by, DELETION, [])
    # A copy, because deleting takes the key away from the object.
    transaction.on_commit(partial(_start_afresh, copy(connection)))
    try:
        connection.delete()
    except ProtectedError as error:
        usage = usage_of(connection)
        raise PortalError("CONNECTION_IN_USE", connection=connection.name, usage=usage.in_words) from error


def _store(connection: DatabaseConnection) -> list[str]:
    """Writes the fields that differ from what is stored."""
    stored = DatabaseConnection.objects.select_for_update().filter(pk=connection.pk).first()
    if stored is None:
        connection.save(force_insert=True)
        return []
    changed = [name for name in EDITED if getattr(stored, name) != getattr(connection, name)]
    if _DECISIVE.intersection(changed):
        connection.last_tested_at, connection.last_test_code = None, ""
    if changed:
        connection.save(update_fields=[*changed, "last_tested_at", "last_test_code", "updated_at"])
    return [label for name, label in _LABELS.items() if name in changed]


def _set_groups(connection: DatabaseConnection, groups: Iterable[Group]) -> list[str]:
    wanted, there = set(groups), set(connection.groups.all())
    if wanted == there:
        return []
    connection.groups.set(wanted)
    return [f"groups ({', '.join(sorted(group.name for group in wanted)) or 'none'})"]


def _set_default(connection: DatabaseConnection, by: User | None, *, is_default: bool) -> list[str]:
    """The database allows one default, so the old one gives way first."""
    before = DatabaseConnection.objects.select_for_update().filter(is_default=True).first()
    if is_default == (before == connection):
        return []
    if is_default and before:
        DatabaseConnection.objects.filter(pk=before.pk).update(is_default=False)
        _audit(before, by, CHANGE, ["no longer the default"])
    DatabaseConnection.objects.filter(pk=connection.pk).update(is_default=is_default)
    connection.is_default = is_default
    return ["made the default" if is_default else "no longer the default"]


def _audit(connection: DatabaseConnection, by: User | None, flag: int, changes: list[str]) -> None:
    """One entry in Django's log, with what changed and never to which value; the portal's log has it too."""
    verb = {ADDITION: "added", CHANGE: "changed", DELETION: "deleted"}[flag]
    who = by.get_username() if by else ""
    log.info("connection_audit", act=verb, connection=connection.name, by=who, changes=changes)
    if by is None:
        return
    message = f"{verb.capitalize()}: {', '.join(changes)}." if changes else f"{verb.capitalize()}."
    LogEntry.objects.log_actions(by.pk, [connection], flag, change_message=message, single_object=True)


def _start_afresh(connection: DatabaseConnection) -> None:
    """Forgets what this process holds open or knows; in others the key of a pool tells old and new apart."""
    close_pools(connection)
    credentials.forget(connection)
