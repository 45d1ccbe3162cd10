"""What the rehearsal's process is of this machine: what it may see, its environment, and the command that runs inside.

How it is kept from everything else is told in `jobs/confinement`. Standard library only, like all of `keeper.py`.
"""

from __future__ import annotations

import json
import sys
from dataclasses import replace
from pathlib import Path

from jobs.confinement.command import Mount, View, Way
from jobs.confinement.view import files_as_etc, spark_view

USER_NAME = "rehearsal"
APP = "/rehearsal/app"
_PACKAGE = Path(__file__).resolve().parent
_BOOT = (
    "import json, sys; sys.path.insert(0, sys.argv[1]);"
    "from jobs.checking.rehearsal.inside.server import main; main(int(sys.argv[2]), json.loads(sys.argv[3]))"
)


def view(java_home: Path, files: Path) -> View:
    """What Spark needs and this package; `files` holds the few files of /etc made for it. No network but a loopback."""
    seen = spark_view(java_home)
    own = Mount("read", str(_PACKAGE), f"{APP}/jobs/checking/rehearsal")
    return replace(seen, mounts=(*seen.mounts, *files_as_etc(files), own))


def environment(java_home: Path, scratch: str) -> dict[str, str]:
    """All that the process has of an environment: no name of the portal's own, and none of AWS."""
    return {
        "PATH": "/usr/local/bin:/usr/bin:/bin",
        "HOME": scratch,
        "TMPDIR": scratch,
        "LANG": "C.UTF-8",
        "TZ": "UTC",
        "JAVA_HOME": str(java_home),
        "SPARK_LOCAL_IP": "127.0.0.1",
        "SPARK_LOCAL_HOSTNAME": "localhost",
        "PYSPARK_PYTHON": sys.executable,
        "PYTHONDONTWRITEBYTECODE": "1",
    }


def server_command(way: Way, control_fd: int, memory_mb: int, scratch: str) -> list[str]:
    """What runs inside."""
    app = APP if way != "unconfined" else str(_PACKAGE.parents[2])
    options = json.dumps({"memory_mb": memory_mb, "scratch": scratch})
    return [sys.executable, "-I", "-c", _BOOT, app, str(control_fd), options]
