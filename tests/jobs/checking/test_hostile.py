"""Whatever reaches outside of the picked sources is refused, in every spelling known to work on Spark."""

from __future__ import annotations

import pytest

from jobs.checking import policy
from tests.jobs.checking import hostile

_ALIASES = ("orders", "users")


def _blocks(source: str) -> bool:
    return any(finding.severity == "blocking" for finding in policy.check(source, _ALIASES))


def test_the_corpus_wraps_its_bodies_into_an_acceptable_transform() -> None:
    assert policy.check(hostile.complete("return orders"), _ALIASES) == []


@pytest.mark.parametrize("body", hostile.BODIES.values(), ids=hostile.BODIES.keys())
def test_a_hostile_body_is_refused(body: str) -> None:
    assert _blocks(hostile.complete(body))


@pytest.mark.parametrize("source", hostile.WHOLE.values(), ids=hostile.WHOLE.keys())
def test_a_hostile_text_is_refused(source: str) -> None:
    assert _blocks(source)


@pytest.mark.parametrize("body", hostile.BODIES.values(), ids=hostile.BODIES.keys())
def test_a_finding_says_where_what_and_what_instead(body: str) -> None:
    findings = policy.check(hostile.complete(body), _ALIASES)

    assert all(f.line >= 1 and f.column >= 0 and f.rule and f.message and f.hint for f in findings)
    assert findings == sorted(findings, key=lambda finding: finding.line)
