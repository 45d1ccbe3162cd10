"""What is missing is installed where that is allowed, else named together with the command that gets it."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

_INSTALL_SECONDS = 900


class Missing(Exception):
    """Something the stack needs is not there: `what` it is, and the `remedy` a person can type."""

    def __init__(self, what: str, remedy: str) -> None:
        self.what, self.remedy = what, remedy
        super().__init__(f"{what}\n  {remedy}")


def say(text: str) -> None:
    """A line for the person at the terminal; standard output is left to the answer of `--json`."""
    print(text, file=sys.stderr, flush=True)


def install_package(name: str) -> bool:
    """Installs a Debian package where this process may; False where it may not or it did not work."""
    if os.geteuid() != 0 or shutil.which("apt-get") is None:
        return False
    say(f"Installing {name} ...")
    apt = ["apt-get", "-q", "-y", "-o", "DPkg::Lock::Timeout=120"]
    return _quiet([*apt, "update"]) and _quiet([*apt, "install", "--no-install-recommends", name])


def _quiet(command: list[str]) -> bool:
    env = os.environ | {"DEBIAN_FRONTEND": "noninteractive"}
    done = subprocess.run(
        command, env=env, capture_output=True, text=True, timeout=_INSTALL_SECONDS, stdin=subprocess.DEVNULL
    )
    if done.returncode != 0:
        say("\n".join(done.stderr.strip().splitlines()[-3:]))
    return done.returncode == 0


def wheel_folder(package: str) -> Path | None:
    """Where an installed wheel keeps its files; it is not imported."""
    spec = find_spec(package)
    return Path(spec.origin).parent if spec and spec.origin else None
