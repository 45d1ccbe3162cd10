"""Rows that are a queue: a worker claims one by a lease, moves it by a guarded update, and a sweep finds what a killed
worker left behind. `Ledger` holds the only ways to claim and to move a row.
"""

from __future__ import annotations

import os
import socket
import uuid
from datetime import datetime, timedelta
from typing import Any, Self, TypeVar

from django.db import connection, models, transaction
from django.db.models import Q
from django.db.models.functions import Now

from jobs import crash_points

LEASE = timedelta(seconds=60)

Row = TypeVar("Row", bound="LedgerRow")


def worker_name() -> str:
    """A name that no other worker, nor this one after a restart, has."""
    return f"{socket.gethostname()}:{os.getpid()}:{uuid.uuid4().hex[:8]}"


def database_now() -> datetime:
    """The time by the clock that all workers share."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT now()")
        now: datetime = cursor.fetchone()[0]
        return now


class Ledger(models.QuerySet[Row]):
    """Claims and moves; every one is a single UPDATE that a second worker finds already done."""

    def due(self) -> Ledger[Row]:
        """Active rows whose next action is due and that nobody holds, by the database's clock."""
        return self.free().filter(state__in=self.model.ACTIVE, next_action_at__lte=Now()).order_by("next_action_at")

    def free(self) -> Self:
        """Rows that no worker holds.

        A sweep leaves the others alone: each time it announced one, the row would wait that much longer once the lease
        of a killed worker is over.
        """
        return self.filter(Q(lease_until__isnull=True) | Q(lease_until__lt=Now()))

    def claim(self, pk: int, worker: str) -> Row | None:
        """The row, leased to `worker` for `LEASE`, or None when another worker holds it or it is final."""
        claimed = (
            self.free().filter(pk=pk, state__in=self.model.ACTIVE).update(lease_owner=worker, lease_until=Now() + LEASE)
        )
        return self.get(pk=pk) if claimed else None

    def release(self, row: Row, *, next_in: timedelta) -> None:
        """Gives the lease back; the sweep looks at the row again after `next_in`."""
        self.filter(pk=row.pk, lease_owner=row.lease_owner).update(
            lease_owner="", lease_until=None, next_action_at=Now() + next_in
        )


class LedgerRow(models.Model):
    """A row that workers move through states. Subclasses set `ACTIVE` and `MOVES`."""

    ACTIVE: tuple[str, ...] = ()
    FINAL: tuple[str, ...] = ()
    MOVES: dict[str, tuple[str, ...]] = {}

    state = models.CharField(max_length=12)
    next_action_at = models.DateTimeField(db_default=Now())
    lease_owner = models.CharField(max_length=120, blank=True)
    lease_until = models.DateTimeField(null=True)
    created_at = models.DateTimeField(auto_now_add=True)
    finished_at = models.DateTimeField(null=True)

    class Meta:
        abstract = True

    @property
    def is_active(self) -> bool:
        return self.state not in self.FINAL

    def move(self, new: str, *, actor: str, note: str = "", **fields: Any) -> bool:
        """Moves the row from the state this object shows to `new`, with `fields`, and writes the event.

        False when the row was no longer in that state (another worker won): stop quietly then.
        Raises ValueError for a move that the table of `jobs/states.py` does not have.
        """
        old = self.state
        if new not in self.MOVES.get(old, ()):
            raise ValueError(f"{type(self).__name__} cannot move from {old} to {new}")
        if new in self.FINAL:
            fields |= {"finished_at": Now(), "lease_owner": "", "lease_until": None} | self._final_fields()
        with transaction.atomic():
            moved = type(self)._default_manager.filter(pk=self.pk, state=old).update(state=new, **fields)
            if not moved:
                return False
            crash_points.reached("in_move")
            self._record(old, new, actor, note)
        self.refresh_from_db()
        return True

    def _final_fields(self) -> dict[str, Any]:
        """What else is set when the row ends."""
        return {}

    def _record(self, old: str, new: str, actor: str, note: str) -> None:
        """Keeps the event of a move; runs do, code versions have their own fields for it."""


def final_means_finished(name: str, final: tuple[str, ...]) -> models.CheckConstraint:
    return models.CheckConstraint(
        condition=Q(state__in=final, finished_at__isnull=False) | (~Q(state__in=final) & Q(finished_at__isnull=True)),
        name=name,
    )


def failed_means_coded(name: str) -> models.CheckConstraint:
    return models.CheckConstraint(
        condition=(Q(state="FAILED") & ~Q(failure_code="")) | (~Q(state="FAILED") & Q(failure_code="")), name=name
    )
