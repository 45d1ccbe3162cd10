"""What confines code: bubblewrap where it is or may be installed; namespaces by hand need nothing."""

from __future__ import annotations

import shutil
from pathlib import Path

from jobs.confinement.command import best_way
from jobs.confinement.view import spark_view
from pgspark_site.local_stack.provision import install_package


def ensure_bubblewrap() -> bool:
    """Whether bubblewrap is there now. Nothing fails without it: see `jobs/confinement`."""
    return shutil.which("bwrap") is not None or install_package("bubblewrap")


def settings_for_unconfined(java_home: Path) -> dict[str, str]:
    """What lets local runs start where this machine can confine none, as in most containers; nothing elsewhere."""
    if best_way(spark_view(java_home), unconfined=False):
        return {}
    return {"PGSPARK_LOCAL_UNCONFINED": "1"}
