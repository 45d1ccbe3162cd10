"""Why a job failed: rules over what the engine said and what its log holds, in the words of the error catalogue.

First `passages` find the lines that ended the job; only in those the rules look for a cause. What a log mentions
besides, in a warning or in an error that Spark got over, is never taken for it.
"""

from __future__ import annotations

from jobs.execution.triage.causes import CAUSES, Action, Cause, cause_of, codes_for
from jobs.execution.triage.place import line_of
from jobs.execution.triage.report import FailedJob, Failure
from jobs.execution.triage.verdict import triage

__all__ = ["CAUSES", "Action", "Cause", "FailedJob", "Failure", "cause_of", "codes_for", "line_of", "triage"]
