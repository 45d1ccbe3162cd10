"""What was asked, what was written for it, and what ran."""

from __future__ import annotations

from jobs.models.budgets import Budget
from jobs.models.code import CodeVersion, GenerationAttempt, next_version_number
from jobs.models.ledger import LEASE, Ledger, LedgerRow, database_now, worker_name
from jobs.models.repairs import RunRepair
from jobs.models.run_ledger import DUE_SHORTLY, JobRunQuerySet, WatchedRun
from jobs.models.runs import JobRun, JobRunEvent, ResourceProfile

__all__ = [
    "DUE_SHORTLY",
    "LEASE",
    "Budget",
    "CodeVersion",
    "GenerationAttempt",
    "JobRun",
    "JobRunEvent",
    "JobRunQuerySet",
    "Ledger",
    "LedgerRow",
    "ResourceProfile",
    "RunRepair",
    "WatchedRun",
    "database_now",
    "next_version_number",
    "worker_name",
]
