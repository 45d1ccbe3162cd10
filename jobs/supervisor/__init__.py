"""Moves job runs on; code versions are moved in `jobs/generation/`.

Every function may run twice, at once, or be killed at any point: a row is claimed by a lease, engines are called
outside transactions with a stored token, and each move is a guarded update. What is left behind is found by the sweep.
"""

from __future__ import annotations

from jobs.supervisor.billing import bill_runs
from jobs.supervisor.runs import advance_run
from jobs.supervisor.watching import watch_runs

__all__ = ["advance_run", "bill_runs", "watch_runs"]
