"""How the rehearsal's process is kept from everything but its code: what it may see, and the command that sees to it.

Three ways, tried in this order by `best_way`: bubblewrap; the same namespaces by hand (`by_hand.py`); none, only where
a setting says so. Standard library only, like all that `keeper.py` needs.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from functools import cache
from pathlib import Path
from typing import Literal

Way = Literal["bubblewrap", "namespaces", "unconfined"]

APP = "/rehearsal/app"
SCRATCH = "/tmp"  # noqa: S108  (inside: a file system of its own in memory)
SCRATCH_MB = 64
USER = 1000
PROBE_SECONDS = 10
_PACKAGE = Path(__file__).resolve().parent
_SYSTEM = ("/usr", "/bin", "/sbin", "/lib", "/lib32", "/lib64", "/libx32")
_ETC = ("ld.so.cache", "ld.so.conf", "ld.so.conf.d", "alternatives", "localtime", "java-17-openjdk", "java", "jvm")
_BOOT = (
    "import json, sys; sys.path.insert(0, sys.argv[1]);"
    "from jobs.checking.rehearsal.inside.server import main; main(int(sys.argv[2]), json.loads(sys.argv[3]))"
)


@dataclass(frozen=True, slots=True)
class View:
    """What the process sees of this machine, all of it read-only: binds as (here, there), and symbolic links."""

    binds: tuple[tuple[str, str], ...]
    links: tuple[tuple[str, str], ...]


def view(java_home: Path, files: Path) -> View:
    """The system, Java, the Python environment and this package; `files` holds the few files of /etc made for it."""
    binds: list[tuple[str, str]] = []
    links: list[tuple[str, str]] = []
    for path in map(Path, _SYSTEM):
        if path.is_symlink():
            links.append((str(path.readlink()), str(path)))
        elif path.is_dir():
            binds.append((str(path), str(path)))
    wanted = [Path("/etc") / name for name in _ETC]
    wanted += [java_home, java_home.resolve(), Path(sys.base_prefix), Path(sys.prefix), *_interpreters()]
    for path in wanted:
        if path.exists() and not any(path.is_relative_to(there) for _, there in binds):
            binds.append((str(path.resolve()), str(path)))
    binds += [(str(path), f"/etc/{path.name}") for path in sorted(files.iterdir())]
    binds.append((str(_PACKAGE), f"{APP}/jobs/checking/rehearsal"))
    return View(tuple(binds), tuple(links))


def _interpreters() -> Iterator[Path]:
    """Where the links of the environment's `python` lead, one after the other."""
    path = Path(sys.executable)
    while path.is_symlink():
        path = path.parent / path.readlink()
        yield path.parent.parent


def write_files(folder: Path) -> Path:
    """The files of /etc that Java and Python look at: one user, one host."""
    folder.mkdir(parents=True, exist_ok=True)
    texts = {
        "passwd": f"rehearsal:x:{USER}:{USER}::{SCRATCH}:/bin/false\n",
        "group": f"rehearsal:x:{USER}:\n",
        "hosts": "127.0.0.1 localhost\n",
        "nsswitch.conf": "passwd: files\ngroup: files\nhosts: files\n",
    }
    for name, text in texts.items():
        (folder / name).write_text(text)
    return folder


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


def wrapped(way: Way, seen: View, inner: Sequence[str], env: dict[str, str]) -> list[str]:
    """The command that runs `inner` in confinement."""
    if way == "bubblewrap":
        return _bubblewrap(seen, inner, env)
    if way == "namespaces":
        spec = {**asdict(seen), "command": list(inner), "env": env, "scratch": SCRATCH, "scratch_mb": SCRATCH_MB}
        return [sys.executable, "-I", str(_PACKAGE / "by_hand.py"), json.dumps(spec | {"user": USER})]
    return list(inner)


def _bubblewrap(seen: View, inner: Sequence[str], env: dict[str, str]) -> list[str]:
    command = ["bwrap", "--unshare-all", "--unshare-user", "--cap-drop", "ALL", "--die-with-parent", "--new-session"]
    command += ["--uid", str(USER), "--gid", str(USER), "--hostname", "localhost", "--clearenv"]
    # Before the binds: the Python environment may itself lie below the scratch's path.
    command += ["--proc", "/proc", "--dev", "/dev", "--size", str(SCRATCH_MB << 20), "--tmpfs", SCRATCH]
    command += [part for here, there in seen.binds for part in ("--ro-bind", here, there)]
    command += [part for here, there in seen.links for part in ("--symlink", here, there)]
    command += [part for name, value in env.items() for part in ("--setenv", name, value)]
    return [*command, "--remount-ro", "/", "--chdir", SCRATCH, "--", *inner]


@cache
def works(way: Way, java_home: Path, files: Path) -> bool:
    """Whether this kernel and this account let a process be confined in this way."""
    if way == "bubblewrap" and shutil.which("bwrap") is None:
        return False
    env = environment(java_home, SCRATCH)
    inner = [sys.executable, "-I", "-c", "import os; os.stat('/proc/self/stat'); open('/tmp/x', 'w')"]
    command = wrapped(way, view(java_home, files), inner, env)
    try:
        done = subprocess.run(command, env={"PATH": env["PATH"]}, capture_output=True, timeout=PROBE_SECONDS)  # noqa: S603
    except (OSError, subprocess.TimeoutExpired):
        return False
    return done.returncode == 0


CONFINED: tuple[Way, ...] = ("bubblewrap", "namespaces")


def best_way(java_home: Path, files: Path, *, unconfined: bool, ways: Sequence[Way] = CONFINED) -> Way | None:
    """The first of the ways that works here; None where none does and running unconfined was not allowed."""
    return next((way for way in ways if works(way, java_home, files)), "unconfined" if unconfined else None)
