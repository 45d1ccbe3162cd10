"""Ordinary transforms pass: a policy that stops people from asking questions is no policy."""

from __future__ import annotations

import pytest

from jobs.checking import policy
from tests.jobs.checking import harmless
from tests.jobs.checking.hostile import complete

_ALIASES = ("orders", "users")


@pytest.mark.parametrize("body", harmless.BODIES.values(), ids=harmless.BODIES.keys())
def test_an_ordinary_body_draws_no_finding(body: str) -> None:
    assert policy.check(complete(body), _ALIASES) == []


@pytest.mark.parametrize("source", harmless.WHOLE.values(), ids=harmless.WHOLE.keys())
def test_an_ordinary_text_draws_no_finding(source: str) -> None:
    assert policy.check(source, _ALIASES) == []


@pytest.mark.parametrize("body", harmless.ADVISED.values(), ids=harmless.ADVISED.keys())
def test_what_is_only_unwise_is_advised_and_runs(body: str) -> None:
    findings = policy.check(complete(body), _ALIASES)

    assert [finding.severity for finding in findings] == ["advisory"]
