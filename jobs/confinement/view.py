"""What every confined Spark sees of this machine: system, Java and Python environment. Standard library only."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

from jobs.confinement.command import SCRATCH, USER, Mount, View

_PROJECT = Path(__file__).resolve().parents[2]
_SYSTEM = ("/usr", "/bin", "/sbin", "/lib", "/lib32", "/lib64", "/libx32")
_ETC = ("ld.so.cache", "ld.so.conf", "ld.so.conf.d", "alternatives", "localtime", "java-17-openjdk", "java", "jvm")


def spark_view(java_home: Path, *hidden: Path) -> View:
    """All of it read-only. Neither the portal's own folder nor `hidden` are seen where they lie below /usr and such."""
    mounts: list[Mount] = []
    links: list[tuple[str, str]] = []
    for path in map(Path, _SYSTEM):
        if path.is_symlink():
            links.append((str(path.readlink()), str(path)))
        elif path.is_dir():
            mounts.append(Mount("read", str(path), str(path)))
    system = View(tuple(mounts), tuple(links)).hiding(_PROJECT, *hidden)
    etc = (Path("/etc") / name for name in _ETC)
    return system.reading(*etc, java_home, java_home.resolve(), *_python())


def _python() -> Iterator[Path]:
    """Python and its environment; where that is the portal's own folder, of it what an environment has."""
    for folder in (Path(sys.base_prefix), Path(sys.prefix), *_interpreters()):
        if _PROJECT.is_relative_to(folder):
            yield from (folder / name for name in ("bin", "lib", "lib64", "pyvenv.cfg"))
        else:
            yield folder


def _interpreters() -> Iterator[Path]:
    """Where the links of the environment's `python` lead, one after the other."""
    path = Path(sys.executable)
    while path.is_symlink():
        path = path.parent / path.readlink()
        yield path.parent.parent


def write_files(folder: Path, name: str, hosts: str = "127.0.0.1 localhost\n", found_by: str = "files") -> Path:
    """The files of /etc that Java and Python look at: one user of that name, its hosts and how names are found."""
    folder.mkdir(parents=True, exist_ok=True)
    texts = {
        "passwd": f"{name}:x:{USER}:{USER}::{SCRATCH}:/bin/false\n",
        "group": f"{name}:x:{USER}:\n",
        "hosts": hosts,
        "nsswitch.conf": f"passwd: files\ngroup: files\nhosts: {found_by}\n",
    }
    for file, text in texts.items():
        (folder / file).write_text(text)
    return folder


def files_as_etc(folder: Path) -> tuple[Mount, ...]:
    """What shows these files as those of /etc."""
    return tuple(Mount("read", str(path), f"/etc/{path.name}") for path in sorted(folder.iterdir()))
