"""What confines the rehearsal of code: bubblewrap where it is or may be installed; namespaces by hand need nothing."""

from __future__ import annotations

import shutil

from pgspark_site.local_stack.provision import install_package


def ensure_bubblewrap() -> bool:
    """Whether bubblewrap is there now. Nothing fails without it: see `jobs/confinement`."""
    return shutil.which("bwrap") is not None or install_package("bubblewrap")
