"""Every state of the service has its phase, a word that is not known is waited out, and ends are told apart."""

from __future__ import annotations

import pytest

from jobs.execution.base import Phase
from jobs.execution.emr_states import ACTIVE, PHASES, observation
from tests.aws_shapes import service_model


def test_every_state_of_the_model_has_a_phase() -> None:
    assert set(PHASES) == set(service_model("emr-serverless").shape_for("JobRunState").enum)


def test_only_three_states_are_ends() -> None:
    ends = (Phase.SUCCEEDED, Phase.FAILED, Phase.CANCELLED)

    assert {state for state, phase in PHASES.items() if phase in ends} == {"SUCCESS", "FAILED", "CANCELLED"}
    assert set(ACTIVE) == {state for state, phase in PHASES.items() if phase not in ends}


def test_the_list_may_be_asked_for_all_active_states_at_once() -> None:
    assert len(ACTIVE) <= service_model("emr-serverless").shape_for("JobRunStateSet").metadata["max"]


@pytest.mark.parametrize(
    ("state", "details", "phase", "reason"),
    [
        ("HIBERNATING", "", Phase.WAITING, ""),
        ("CANCELLING", "Job run timed out", Phase.RUNNING, ""),
        ("CANCELLED", "Cancelled by user", Phase.CANCELLED, ""),
        ("CANCELLED", "Job run timed out after 10 minutes", Phase.FAILED, "timeout"),
        ("CANCELLED", "Job exceeded its execution timeout of 10 minutes", Phase.FAILED, "timeout"),
        ("CANCELLED", "The job was not started within the queue timeout", Phase.FAILED, "start"),
        ("FAILED", "Could not allocate workers: maximum capacity of the application", Phase.FAILED, "start"),
        ("FAILED", "Not enough IP addresses in the subnet", Phase.FAILED, "start"),
        ("FAILED", "Job failed. ExitCode: 137. Last few exceptions: Killed", Phase.FAILED, "memory"),
        ("FAILED", "Job failed. ExitCode: 1. Last few exceptions: java.lang.OutOfMemoryError", Phase.FAILED, "memory"),
        # These words are the program's, not the service's: the log tells more.
        ("FAILED", "Job failed. ExitCode: 1. Last few exceptions: connect timed out", Phase.FAILED, ""),
        ("FAILED", "Job failed. ExitCode: 1. Last few exceptions: no capacity left on device", Phase.FAILED, ""),
    ],
)
def test_how_a_job_ended(state: str, details: str, phase: Phase, reason: str) -> None:
    seen = observation({"state": state, "stateDetails": details})

    assert (seen.phase, seen.reason, seen.raw) == (phase, reason, state)


def test_details_fit_the_run() -> None:
    assert len(observation({"state": "FAILED", "stateDetails": "x" * 1000}).details) == 256
