"""The one way to check a transform: the policy, and where it has no objection, the rehearsal."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from jobs.checking import policy
from jobs.checking.findings import Finding, FindingDict
from jobs.checking.rehearsal import client
from jobs.checking.rehearsal.answers import Rehearsal, not_available
from jobs.checking.rehearsal.client import warm_up
from jobs.checking.rehearsal.verdict import findings_of
from jobs.checking.sources import Source

__all__ = ["Checked", "check", "warm_up"]


@dataclass(frozen=True, slots=True)
class Checked:
    """What was found, in the order of the lines, and what the rehearsal told."""

    findings: list[Finding]
    rehearsal: Rehearsal

    @property
    def is_blocked(self) -> bool:
        return any(finding.severity == "blocking" for finding in self.findings)

    def finding_dicts(self) -> list[FindingDict]:
        return [finding.as_dict() for finding in self.findings]


def check(
    transform: str, sources: Sequence[Source], *, rehearse: bool = True, wait: float = client.START_WAIT
) -> Checked:
    """Code that the policy refuses is not run, not even in confinement.

    `wait` is how many seconds to wait for a Spark that is not warm yet; who waits for none asks again in a moment, and
    is told so by `rehearsal["state"]` alone.
    """
    aliases = [source.alias for source in sources]
    findings = policy.check(transform, aliases)
    if not rehearse or any(finding.severity == "blocking" for finding in findings):
        return Checked(findings, not_available("blocked" if rehearse else "off"))
    rehearsal = client.rehearse(transform.replace("\r\n", "\n"), list(sources), wait=wait)
    if wait or rehearsal["state"] != "starting":
        findings = [*findings, *findings_of(rehearsal, transform, aliases)]
    return Checked(sorted(findings, key=lambda one: (one.line, one.column, one.rule, one.message)), rehearsal)
