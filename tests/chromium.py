"""Which Chromium drives the browser tests."""

from __future__ import annotations

import os
import shutil
from pathlib import Path


def find_chromium() -> Path | None:
    """A setting, else the machine's."""
    chosen = os.environ.get("PGSPARK_CHROMIUM")
    if chosen:
        return Path(chosen)
    found = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
    return Path(found) if found else None
