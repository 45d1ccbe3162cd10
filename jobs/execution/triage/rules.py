"""All rules in the order in which they are asked: the more specific before the more general.

A new one is a line in one of the tables, words for its code in `connections/failure_errors.py`, and the code's cause
and action in `causes.py`; its log goes to the tests.
"""

from __future__ import annotations

from jobs.execution.base import Phase
from jobs.execution.triage.aws_rules import AWS_RULES
from jobs.execution.triage.code_rules import CODE_RULES, CONDITION_RULES, OWN_RULES
from jobs.execution.triage.database_rules import DATABASE_RULES
from jobs.execution.triage.resource_rules import RESOURCE_RULES, SERVICE_RULES
from jobs.states import Target

__all__ = ["BY_PHASE", "BY_REASON", "RULES", "SERVICE_RULES"]

RULES = (*OWN_RULES, *CONDITION_RULES, *DATABASE_RULES, *AWS_RULES, *RESOURCE_RULES, *CODE_RULES)

# What an engine knows of an end without any log; by engine, where it matters, and reason.
BY_REASON: dict[tuple[str, str], str] = {
    (Target.LAMBDA, "timeout"): "LAMBDA_TIMEOUT",
    (Target.LAMBDA, "memory"): "LAMBDA_OUT_OF_MEMORY",
    ("", "timeout"): "RUN_TIMEOUT",
    ("", "memory"): "OUT_OF_MEMORY",
}
BY_PHASE: dict[str, str] = {
    Phase.LOST: "ENGINE_LOST",
    Phase.CANCELLED: "RUN_CANCELLED_ELSEWHERE",
}
