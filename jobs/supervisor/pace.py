"""How often an engine is asked: often while a job is young, seldom later, and ever less while it does not answer."""

from __future__ import annotations

import random
from datetime import timedelta

from jobs.states import Target

# Up to this age, so many seconds between two questions.
_REMOTE = ((timedelta(minutes=2), 3.0), (timedelta(minutes=10), 10.0), (timedelta.max, 30.0))
_LOCAL_SECONDS = 1.0
_MOST_SECONDS = 60.0
# Doubling more often than this changes nothing.
_DOUBLINGS = 6
_JITTER = 0.2
# Until a job is asked about for which a question had no room.
LATER = timedelta(seconds=1)

# What is not said by an engine in so many answers or failures in a row is not waited for any longer.
TRIES = 12
_INTERNAL_TRIES = 3
LOST_SIGHTINGS = 3


def pause(target: str, *, age: timedelta, errors: int = 0) -> timedelta:
    """Until the next question about a job that was handed over `age` ago; `errors` questions in a row had no answer."""
    usual = _LOCAL_SECONDS if target == Target.LOCAL else next(seconds for until, seconds in _REMOTE if age <= until)
    seconds = max(min(usual * 2 ** min(errors, _DOUBLINGS), _MOST_SECONDS), usual)
    return timedelta(seconds=seconds * random.uniform(1 - _JITTER, 1 + _JITTER))


def patience(target: str, code: str) -> int:
    """How often a step that is the portal's own, and no question, is tried before its error ends the run."""
    if target == Target.LOCAL:
        return 1  # nothing remote is waited for: a person learns at once what is wrong here
    return _INTERNAL_TRIES if code == "INTERNAL" else TRIES


def sightings(target: str) -> int:
    """How often a job must be missing before it counts as lost; a service may not find a job everywhere at once."""
    return 1 if target == Target.LOCAL else LOST_SIGHTINGS
