"""The stand-in for AWS Lambda as tests drive it."""

from __future__ import annotations

from typing import Any

from tests.stand_in import Driven, wait_for

FUNCTION = "pgspark-test"
# No wait for a process of the function to begin or end may fail because the machine is busy.
PATIENCE = 60.0
# A job that somebody will end: longer than any test.
LONG = 600.0


class LambdaStandIn(Driven):
    """boto3 finds it by AWS_ENDPOINT_URL_LAMBDA. Its faults include `FunctionFault` (kind `function`)."""

    def reset(self) -> None:
        self.send("POST", "reset")
        self.function()

    def function(self, **facts: Any) -> None:
        """The function with other memory or time than usual."""
        self.send("POST", "functions", {"name": FUNCTION, **facts})

    def kill(self) -> None:
        """What runs dies without a word."""
        self.send("POST", "kill")
        self.await_states("DIED")

    def release(self) -> None:
        """What is held in the queue is delivered, and runs to its end."""
        self.send("POST", "release")
        self.await_end()

    @property
    def invocations(self) -> list[dict[str, Any]]:
        """Every delivery of an event, in their order."""
        return list(self.send("GET", "invocations")["invocations"])

    @property
    def answers(self) -> list[str]:
        """What came of the deliveries that returned: the status, and the kind of error."""
        told = [one["answer"] for one in self.invocations if one["answer"]]
        return sorted(f"{one['status']} {(one['error'] or {}).get('kind', '')}".strip() for one in told)

    def await_states(self, *states: str) -> None:
        """Waits until every delivery is in one of the states."""
        wait_for(lambda: all(one["state"] in states for one in self.invocations), PATIENCE)

    def await_end(self) -> None:
        self.await_states("RETURNED", "DIED", "DROPPED")
