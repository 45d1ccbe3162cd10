"""PostgreSQL refuses to run as root: whom it runs as then, and where that account can reach its files."""

from __future__ import annotations

import hashlib
import os
import pwd
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from pgspark_site.local_stack.provision import Missing

_REFUGE = Path("/var/lib/pgspark-local")


@dataclass(frozen=True, slots=True)
class Account:
    """An account without rights of its own."""

    uid: int
    gid: int

    def reaches(self, path: Path) -> bool:
        """Whether it may enter this folder or run this file."""
        test = ["test", "-x", str(path)]
        done = subprocess.run(test, user=self.uid, group=self.gid, extra_groups=[], cwd="/", timeout=10)
        return done.returncode == 0


def unprivileged_account() -> Account | None:
    """None where this process is not root and can run everything itself."""
    if os.geteuid() != 0:
        return None
    for name in ("postgres", "nobody"):
        try:
            entry = pwd.getpwnam(name)
        except KeyError:
            continue
        return Account(entry.pw_uid, entry.pw_gid)
    raise Missing("PostgreSQL may not run as root, and there is no other account.", "Create one: useradd -r postgres")


def reachable_folder(folder: Path, account: Account | None) -> Path:
    """`folder`, or where its parents are closed to the account (a clone under /root), one outside of them."""
    folder.mkdir(parents=True, exist_ok=True)
    if account is None or account.reaches(folder):
        return folder
    refuge = _REFUGE / hashlib.sha256(str(folder).encode()).hexdigest()[:12]
    for part in (_REFUGE, refuge):
        part.mkdir(exist_ok=True)
        part.chmod(0o755)  # whatever the umask
    return refuge


def reachable_copy(program: Path, tree: Path, folder: Path, account: Account | None) -> Path:
    """`program`, or where the account cannot run it there, its twin in a copy of `tree` below `folder`.

    The programs of a wheel find their libraries in PACKAGE.libs beside the package, so the copy has the same shape.
    """
    if account is None or account.reaches(program):
        return program
    package = tree.parent
    copy = folder / package.name / tree.name
    if not copy.exists():
        libraries = package.with_name(f"{package.name}.libs")
        if libraries.is_dir():
            shutil.copytree(libraries, folder / libraries.name, symlinks=True, dirs_exist_ok=True)
        part = copy.with_suffix(".part")
        shutil.rmtree(part, ignore_errors=True)
        shutil.copytree(tree, part, symlinks=True)
        part.rename(copy)
    return copy / program.relative_to(tree)
