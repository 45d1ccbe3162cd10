"""Which engine runs a selection: one pure function of what was picked, what is offered and what is wished."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from connections.errors import PortalError
from jobs.states import Target

KIND_NAMES = {"POSTGRES": "PostgreSQL", "GLUE": "Glue", "CSV": "files"}


@dataclass(frozen=True, slots=True)
class Route:
    """The chosen target with the reasons, and the other targets that could run it."""

    target: Target
    sentence: str
    reasons: tuple[str, ...]
    alternatives: tuple[Target, ...] = ()


def route(*, kinds: Collection[str], offered: Sequence[Target], wish: str = "") -> Route:
    """Raises TARGET_UNAVAILABLE when nothing that is offered can run it, or the wish cannot."""
    if not offered:
        raise PortalError("TARGET_UNAVAILABLE", target="", reason="this portal offers no engine (PGSPARK_TARGETS)")
    if wish and wish not in offered:
        raise PortalError("TARGET_UNAVAILABLE", target=wish, reason="it is not offered by this portal")
    target = Target(wish) if wish else offered[0]
    picked = _listed([name for kind, name in KIND_NAMES.items() if kind in kinds]) or "Nothing"
    reason = "You chose it." if wish else "It is the first engine that this portal offers (PGSPARK_TARGETS)."
    return Route(
        target=target,
        sentence=f"{picked} picked: runs on {target.label}",
        reasons=(reason, "It runs the same script as every other engine, on the portal's own machine."),
        alternatives=tuple(other for other in offered if other != target),
    )


def _listed(names: Sequence[str]) -> str:
    """`PostgreSQL, Glue and files`, with a capital at its start."""
    text = " and ".join(filter(None, (", ".join(names[:-1]), *names[-1:])))
    return text[:1].upper() + text[1:]
