"""The command that runs another one in confinement: it sees what its view shows it, and its own processes.

Three ways, tried in this order by `best_way`: bubblewrap; the same namespaces by hand (`by_hand.py`); none, only where
a setting says so. Standard library only, for the rehearsal's keeper has nothing else.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal, NamedTuple

Way = Literal["bubblewrap", "namespaces", "unconfined"]

CONFINED: tuple[Way, ...] = ("bubblewrap", "namespaces")
SCRATCH = "/tmp"  # noqa: S108  (inside: a file system of its own in memory)
SCRATCH_MB = 64
USER = 1000
_PROBE_SECONDS = 10
# Of one argument the kernel takes 128 KiB; of all together megabytes.
_LONGEST_ARGUMENT = 100_000
_BY_HAND = Path(__file__).with_name("by_hand.py")
_BINDS = {"read": "--ro-bind", "write": "--bind"}


class Mount(NamedTuple):
    """Shows `here` of this machine as `there`; "hide" shows an empty folder instead."""

    kind: Literal["read", "write", "hide"]
    here: str
    there: str


@dataclass(frozen=True, slots=True)
class View:
    """What a command sees of this machine. A later mount covers an earlier one; `links` are (target, name).

    `network` is this machine's own; without it there is a loopback that nobody else is on. `folder` is where the
    command begins.
    """

    mounts: tuple[Mount, ...]
    links: tuple[tuple[str, str], ...] = ()
    network: bool = False
    folder: str = SCRATCH

    def shows(self, path: Path) -> bool:
        """Whether the path is seen as it is, because a folder above it is."""
        covering = [mount for mount in self.mounts if path.is_relative_to(mount.there)]
        return bool(covering) and covering[-1].kind != "hide"

    def reading(self, *paths: Path) -> View:
        """The view with these as well, each under its own name, where they exist and are not seen already."""
        seen = self
        for path in paths:
            if path.exists() and not seen.shows(path):
                seen = replace(seen, mounts=(*seen.mounts, Mount("read", str(path.resolve()), str(path))))
        return seen

    def writing(self, *folders: Path) -> View:
        """The view with these folders, which exist, to write to."""
        return replace(self, mounts=(*self.mounts, *(Mount("write", str(one), str(one)) for one in folders)))

    def hiding(self, *folders: Path) -> View:
        """The view without these folders, where a folder above them is seen."""
        hidden = [Mount("hide", "", str(one)) for one in folders if one.is_dir() and self.shows(one)]
        return replace(self, mounts=(*self.mounts, *hidden))


def wrapped(way: Way, seen: View, inner: Sequence[str], env: Mapping[str, str] | None = None) -> list[str]:
    """The command that runs `inner` in confinement, with `env` for its environment, else with that of its starter.

    All users of the machine can read a command: give no secret by `env`.
    """
    if way == "bubblewrap":
        return [*_bubblewrap(seen, env), "--", *inner]
    if way == "namespaces":
        spec = {
            "mounts": seen.mounts,
            "links": seen.links,
            "network": seen.network,
            "folder": seen.folder,
            "command": list(inner),
            "env": None if env is None else dict(env),
            "scratch": SCRATCH,
            "scratch_mb": SCRATCH_MB,
            "user": USER,
        }
        return [sys.executable, "-I", str(_BY_HAND), *_pieces(json.dumps(spec))]
    return list(inner)


def _pieces(text: str) -> list[str]:
    return [text[at : at + _LONGEST_ARGUMENT] for at in range(0, len(text), _LONGEST_ARGUMENT)]


def _bubblewrap(seen: View, env: Mapping[str, str] | None) -> list[str]:
    command = ["bwrap", "--unshare-all", "--unshare-user", "--cap-drop", "ALL", "--die-with-parent", "--new-session"]
    command += ["--uid", str(USER), "--gid", str(USER), "--hostname", "localhost"]
    command += ["--share-net"] if seen.network else []
    # Before what is shown: that may itself lie below the scratch's path.
    command += ["--proc", "/proc", "--dev", "/dev", "--size", str(SCRATCH_MB << 20), "--tmpfs", SCRATCH]
    for kind, here, there in seen.mounts:
        command += ["--tmpfs", there] if kind == "hide" else [_BINDS[kind], here, there]
    # Last: what a hidden folder holds may be shown all the same.
    command += [part for mount in seen.mounts if mount.kind == "hide" for part in ("--remount-ro", mount.there)]
    command += [part for here, there in seen.links for part in ("--symlink", here, there)]
    if env is not None:
        command += ["--clearenv", *(part for name, value in env.items() for part in ("--setenv", name, value))]
    return [*command, "--remount-ro", "/", "--chdir", seen.folder]


def works(way: Way, seen: View) -> bool:
    """Whether this kernel and this account let a process be confined in this way."""
    if way == "bubblewrap" and shutil.which("bwrap") is None:
        return False
    inner = [sys.executable, "-I", "-c", "import os; os.stat('/proc/self/stat'); open('/tmp/x', 'w')"]
    env = {"PATH": os.environ.get("PATH", os.defpath)}
    try:
        done = subprocess.run(wrapped(way, seen, inner, env), env=env, capture_output=True, timeout=_PROBE_SECONDS)  # noqa: S603
    except (OSError, subprocess.TimeoutExpired):
        return False
    return done.returncode == 0


def best_way(seen: View, *, unconfined: bool, ways: Sequence[Way] = CONFINED) -> Way | None:
    """The first of the ways that works here; None where none does and running unconfined was not allowed."""
    return next((way for way in ways if works(way, seen)), "unconfined" if unconfined else None)
