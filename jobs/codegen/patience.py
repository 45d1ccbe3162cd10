"""Makes a call until it is answered or there is no use in trying: waits while the service is busy, and gives up a part
of the request that a model does not take. Neither is ever charged; a call that may have been is not made again."""

from __future__ import annotations

import random
import time
from dataclasses import replace

from django.conf import settings

from jobs.codegen.base import Watch
from jobs.codegen.calling import Ask, CallFailed, Reply, Transport, Trouble
from jobs.codegen.following import follow, wait

MOST_TRIES = 6
FIRST_SECONDS, LONGEST_SECONDS = 1.0, 10.0
# What a model does not take is known for as long as this process lives.
_learned: dict[str, frozenset[str]] = {}


def patient_reply(transport: Transport, ask: Ask, watch: Watch) -> Reply:
    """The reply. Raises CallFailed with what was the matter last, and what `watch.tick` raises."""
    give_up = time.monotonic() + settings.PGSPARK_MODEL_RETRY_SECONDS
    tries = 0
    while True:
        learned = _learned.get(ask.model, frozenset())
        try:
            return follow(transport, replace(ask, concessions=learned), watch)
        except CallFailed as failed:
            if failed.trouble is Trouble.CONCEDE and failed.concession not in learned:
                _learned[ask.model] = learned | {failed.concession}
                continue
            tries += 1
            pause = _pause(tries)
            if failed.trouble is not Trouble.WAIT or tries >= MOST_TRIES or time.monotonic() + pause > give_up:
                raise
        watch.step(f"The model is busy: waiting for try {tries + 1}")
        wait(pause, watch)


def _pause(tries: int) -> float:
    """Full jitter: many workers that were refused together do not come back together."""
    return random.uniform(0, min(FIRST_SECONDS * 2 ** (tries - 1), LONGEST_SECONDS))


def forget_concessions() -> None:
    _learned.clear()
