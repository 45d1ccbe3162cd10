"""Places where tests kill a worker: with PGSPARK_CRASH_AT=NAME in its environment, the process ends at that place.

It ends as by `kill -9`: nothing is cleaned up. The variable is no setting, and nothing but tests sets it.
"""

from __future__ import annotations

import os


def reached(point: str) -> None:
    if os.environ.get("PGSPARK_CRASH_AT") == point:
        os._exit(9)
