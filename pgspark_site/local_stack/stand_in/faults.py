"""What goes wrong with calls on request: each fault is used up by the calls that it hits."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

from pgspark_site.local_stack.stand_in.refusals import Refusal

How = Literal["", "reset", "503", "slow"]


@dataclass(slots=True)
class CallFault:
    """`throttle` and `error` hit before the call has its effect, `lose_answer` after it."""

    kind: Literal["throttle", "error", "lose_answer"]
    operation: str = "*"
    count: int = 1
    how: How = "reset"
    seconds: float = 0.0
    code: str = "InternalServerException"
    status: int = 500

    def hits(self, operation: str) -> bool:
        return self.count > 0 and self.operation in ("*", operation)


class CallFaults:
    """`throttled` is how the service says that there are too many calls."""

    def __init__(self, throttled: Callable[[], Refusal]) -> None:
        self._throttled = throttled
        self.calls: list[CallFault] = []

    def add(self, told: dict[str, Any]) -> None:
        """`{"kind": "throttle" | "error" | "lose_answer", ...}`; see CallFault."""
        self.calls.append(CallFault(**told))

    def before(self, operation: str) -> None:
        """Raises what the call shall be refused with."""
        fault = self._take(operation, ("throttle", "error"))
        if fault is not None:
            raise self._throttled() if fault.kind == "throttle" else Refusal(fault.code, fault.status, "As asked for")

    def after(self, operation: str) -> CallFault | None:
        return self._take(operation, ("lose_answer",))

    def _take(self, operation: str, kinds: tuple[str, ...]) -> CallFault | None:
        fault = next((fault for fault in self.calls if fault.kind in kinds and fault.hits(operation)), None)
        if fault is not None:
            fault.count -= 1
        return fault
