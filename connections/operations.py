"""What can be done to connections; the page, the admin and commands all call these."""

from __future__ import annotations

from django.utils import timezone

from connections import credentials
from connections.checks import TestReport, run_checks
from connections.models import DatabaseConnection
from connections.pool import close_pools


def test_connection(connection: DatabaseConnection) -> TestReport:
    """Runs the checklist, stores when it was and how it ended, and lets the next use read the secret anew."""
    report = run_checks(connection)
    code = report.error.code if report.error else ""
    DatabaseConnection.objects.filter(pk=connection.pk).update(last_tested_at=timezone.now(), last_test_code=code)
    connection.refresh_from_db(fields=["last_tested_at", "last_test_code"])
    return report


test_connection.__test__ = False  # type: ignore[attr-defined]  # pytest takes the name for a test


def set_enabled(connection: DatabaseConnection, *, enabled: bool) -> None:
    """A disabled connection keeps its sources and history, and answers no more questions."""
    DatabaseConnection.objects.filter(pk=connection.pk).update(enabled=enabled, updated_at=timezone.now())
    connection.enabled = enabled
    if not enabled:
        close_pools(connection)
        credentials.forget(connection)
