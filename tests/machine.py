"""`python -m tests.machine`: gets what the tests need from the machine and says what will be left out."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from pgspark_site.local_stack.confinement import ensure_bubblewrap
from pgspark_site.local_stack.java import find_java_home
from pgspark_site.local_stack.jdbc import find_driver
from pgspark_site.local_stack.postgres import find_bin
from pgspark_site.local_stack.provision import Missing, install_package, say
from pgspark_site.local_stack.redis_server import find_redis
from tests.chromium import find_chromium

_ROOT = Path(__file__).resolve().parent.parent


def main() -> int:
    try:
        find_java_home()
        find_driver(_ROOT / "var" / "jdbc")
        if "DATABASE_URL" not in os.environ:
            find_bin()
        if "REDIS_URL" not in os.environ:
            find_redis()
    except Missing as missing:
        say(f"{missing.what}\n  {missing.remedy}")
        return 1
    ensure_bubblewrap()
    if find_chromium() is None and not install_package("chromium"):
        say("Chromium was not found: the browser tests are skipped.\n  Get it with: apt-get install chromium")
        return 1 if os.environ.get("CI") == "true" else 0
    return 0


if __name__ == "__main__":
    sys.exit(main())
