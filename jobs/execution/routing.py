"""Which engine runs a selection: one pure function of what was picked, what is offered and what is wished.

`docs/routing.md` shows its whole decision table; a test keeps the two the same.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field

from connections.errors import PortalError
from jobs.states import Target

KIND_NAMES = {"POSTGRES": "PostgreSQL", "GLUE": "Glue", "CSV": "files"}
_MB = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Application:
    """One of EMR Serverless; without an `id` it cannot be used, and `lacking` names the setting."""

    id: str = ""
    lacking: str = ""
    words: str = ""


@dataclass(frozen=True, slots=True)
class Selection:
    """All that a route follows from. `total_bytes` of the files, None when it is not known.

    `unavailable` tells of the targets that are not offered why not.
    `database_application` reaches PostgreSQL, `standard_application` all else; they may be the same one.
    """

    kinds: Collection[str]
    total_bytes: int | None
    offered: Sequence[Target]
    database_application: Application = field(default_factory=Application)
    standard_application: Application = field(default_factory=Application)
    threshold_mb: int = 100
    wish: str = ""
    unavailable: Mapping[Target, str] = field(default_factory=dict)

    @property
    def uses_database(self) -> bool:
        return "POSTGRES" in self.kinds

    @property
    def application(self) -> Application:
        return self.database_application if self.uses_database else self.standard_application


@dataclass(frozen=True, slots=True)
class Route:
    """The chosen target with the reasons, and the other targets that could run it."""

    target: Target
    application_id: str
    sentence: str
    reasons: tuple[str, ...]
    alternatives: tuple[Target, ...] = ()


def route(selection: Selection) -> Route:
    """Raises TARGET_UNAVAILABLE when nothing that is offered can run it, or the wish cannot."""
    if not selection.offered:
        reason = "this portal offers no engine (PGSPARK_TARGETS)"
        raise PortalError("TARGET_UNAVAILABLE", target="", reason=reason)
    ranking = _ranking(selection)
    obstacles = {target: _obstacle(target, selection) for target in Target}
    able = [target for target in ranking if not obstacles[target]]
    target = _wished(selection, obstacles) if selection.wish else _first(selection, able, ranking, obstacles)
    reasons = ("You chose it.",) if selection.wish else _reasons(selection, target, ranking, obstacles)
    others = [other for other in selection.offered if not obstacles[other] and other != target]
    return Route(
        target=target,
        application_id=selection.application.id if target == Target.EMR else "",
        sentence=f"{_picked(selection)} picked: runs on {_place(target, selection)}",
        reasons=(*reasons, _SAME_SCRIPT),
        alternatives=tuple(others),
    )


_SAME_SCRIPT = "It is the same script on every engine."


def _ranking(selection: Selection) -> list[Target]:
    """The engines that suit what is picked, the best first."""
    if selection.uses_database or "GLUE" in selection.kinds or not _is_small(selection):
        return [Target.EMR, Target.LOCAL]
    return [Target.LAMBDA, Target.EMR, Target.LOCAL]


def _is_small(selection: Selection) -> bool:
    return selection.total_bytes is not None and selection.total_bytes <= selection.threshold_mb * _MB


def _obstacle(target: Target, selection: Selection) -> str:
    """Why the target cannot run the selection; empty when it can."""
    if target not in selection.offered:
        return selection.unavailable.get(target, "it is not offered by this portal")
    if target == Target.EMR:
        return selection.application.lacking
    return _lambdas_obstacle(selection) if target == Target.LAMBDA else ""


def _lambdas_obstacle(selection: Selection) -> str:
    if selection.uses_database:
        return "it has no way into the network of the databases"
    if "GLUE" in selection.kinds:
        return "it reads no Glue tables"
    if selection.total_bytes is None:
        return "the size of the files is not known, and it may be too much for Lambda"
    if not _is_small(selection):
        return f"the files are larger than {selection.threshold_mb} MB (PGSPARK_FILE_SIZE_THRESHOLD_MB)"
    return ""


def _wished(selection: Selection, obstacles: dict[Target, str]) -> Target:
    if selection.wish not in Target.values:
        raise PortalError("TARGET_UNAVAILABLE", target=selection.wish, reason="there is no such engine")
    target = Target(selection.wish)
    if obstacles[target]:
        raise PortalError("TARGET_UNAVAILABLE", target=target.label, reason=obstacles[target])
    return target


def _first(
    selection: Selection, able: Sequence[Target], ranking: Sequence[Target], obstacles: dict[Target, str]
) -> Target:
    if able:
        return able[0]
    best = next((target for target in ranking if target in selection.offered), ranking[0])
    raise PortalError("TARGET_UNAVAILABLE", target=best.label, reason=obstacles[best])


def _reasons(
    selection: Selection, target: Target, ranking: Sequence[Target], obstacles: dict[Target, str]
) -> tuple[str, ...]:
    """Why this one, and why not each that would have suited better."""
    passed_over = ranking[: ranking.index(target)]
    return (
        _WHY[_case(selection)].format(mb=selection.threshold_mb),
        *(f"Not on {other.label}: {obstacles[other]}." for other in passed_over),
    )


def _case(selection: Selection) -> str:
    if selection.uses_database:
        return "database"
    if "GLUE" in selection.kinds:
        return "glue"
    if selection.total_bytes is None:
        return "unknown"
    return "small" if _is_small(selection) else "large"


_WHY = {
    "database": "PostgreSQL is reached from inside its network, where EMR Serverless has an application of its own.",
    "glue": "Glue tables are read where the Glue Catalog is at hand: the standard application of EMR Serverless.",
    "unknown": "The size of the files is not known, so an engine is taken that grows with them: EMR Serverless.",
    "large": "Files above {mb} MB are for EMR Serverless, which grows with them.",
    "small": "Files up to {mb} MB start soonest on Spark on Lambda.",
}


def _picked(selection: Selection) -> str:
    names = [name for kind, name in KIND_NAMES.items() if kind in selection.kinds] or ["nothing"]
    text = " and ".join(filter(None, (", ".join(names[:-1]), *names[-1:])))
    return text[:1].upper() + text[1:]


def _place(target: Target, selection: Selection) -> str:
    words = selection.application.words if target == Target.EMR else ""
    return f"{target.label}, {words}" if words else target.label
