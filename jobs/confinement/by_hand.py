"""Confines a command by the kernel's namespaces where bubblewrap is not installed. Standard library only.

    python -I by_hand.py SPEC...

SPEC, a JSON object in as many pieces as it is long: mounts, links, network and folder (see `command.View`), command,
env (null: this process's own), user, scratch, scratch_mb. The command sees those mounts, a scratch in memory, its own
processes and nothing else; it has no capability and can gain none. It ends with whoever started this. The exit code of
a command that a signal ended is 128 + signal.
"""

from __future__ import annotations

import ctypes
import fcntl
import json
import os
import re
import signal
import socket
import struct
import sys
from pathlib import Path
from typing import Any

_NEWNS, _NEWUTS, _NEWIPC, _NEWUSER, _NEWPID, _NEWNET = 0x20000, 0x4000000, 0x8000000, 0x10000000, 0x20000000, 0x40000000
_RDONLY, _NOSUID, _NODEV, _NOEXEC, _REMOUNT, _BIND, _REC, _PRIVATE = 1, 2, 4, 8, 32, 4096, 16384, 1 << 18
_DETACH = 2
_LOCKED = {2: 2, 4: 4, 8: 8, 1024: 1024, 2048: 2048, 4096: 1 << 21}  # statvfs flag: mount flag that must stay
_PR_SET_PDEATHSIG, _PR_SET_NO_NEW_PRIVS, _PR_CAPBSET_DROP = 1, 38, 24
_CAP_VERSION, _LAST_CAP = 0x20080522, 63
_PIVOT_ROOT = {"x86_64": 155, "aarch64": 41}
_SIOCGIFFLAGS, _SIOCSIFFLAGS, _IFF_UP = 0x8913, 0x8914, 1
_DEVICES = ("null", "zero", "full", "random", "urandom")
_libc = ctypes.CDLL(None, use_errno=True)


def main(spec: dict[str, Any]) -> int:
    _call("prctl", _PR_SET_PDEATHSIG, int(signal.SIGKILL), 0, 0, 0)
    uid, gid = os.getuid(), os.getgid()
    _call("unshare", _NEWUSER | _NEWNS | _NEWUTS | _NEWIPC | _NEWPID | (0 if spec["network"] else _NEWNET))
    Path("/proc/self/setgroups").write_text("deny")
    Path("/proc/self/uid_map").write_text(f"{spec['user']} {uid} 1")
    Path("/proc/self/gid_map").write_text(f"{spec['user']} {gid} 1")
    child = os.fork()  # the first process of the new process namespace: with it all others end
    if child == 0:
        _confine(spec)
        os.chdir(spec["folder"])
        env = os.environ if spec["env"] is None else spec["env"]
        os.execve(spec["command"][0], spec["command"], env)  # noqa: S606
    code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    return code if code >= 0 else 128 - code


def _confine(spec: dict[str, Any]) -> None:
    _call("prctl", _PR_SET_PDEATHSIG, int(signal.SIGKILL), 0, 0, 0)
    os.setsid()
    socket.sethostname("localhost")
    if not spec["network"]:
        _raise_loopback()
    _build_root(Path(spec["scratch"]), spec)
    _drop_capabilities()


def _build_root(scratch: Path, spec: dict[str, Any]) -> None:
    """A root in memory that holds the view, in place of the old one.

    It is built over the scratch's place, with the old root below it, for the old one may need that very place.
    """
    _mount(None, "/", None, _PRIVATE | _REC)
    _mount("tmpfs", str(scratch), "tmpfs", _NOSUID | _NODEV, "mode=755,size=4m")
    for name in ("old", "new"):
        (scratch / name).mkdir()
    _pivot(str(scratch), f"{scratch}/old")
    os.chdir("/")
    _mount("/new", "/new", None, _BIND)
    _fill(Path("/new"), spec)
    os.chdir("/new")
    _pivot(".", ".")
    _call("umount2", b".", _DETACH)
    os.chdir("/")
    _mount(None, "/", None, _REMOUNT | _BIND | _RDONLY | _NOSUID | _NODEV)


def _fill(root: Path, spec: dict[str, Any]) -> None:
    # The scratch comes first: what is shown may itself lie below its path.
    scratch = root / spec["scratch"][1:]
    scratch.mkdir(parents=True)
    _mount("tmpfs", str(scratch), "tmpfs", _NOSUID | _NODEV, f"mode=700,size={spec['scratch_mb']}m")
    for kind, here, there in spec["mounts"]:
        if kind == "hide":
            _mount("tmpfs", str(root / there[1:]), "tmpfs", _NOSUID | _NODEV, "mode=755,size=4k")
        else:
            _bind(f"/old{here}", root / there[1:], flags=_RDONLY if kind == "read" else _NODEV)
    for hidden in [there for kind, _, there in spec["mounts"] if kind == "hide"]:
        _mount(None, str(root / hidden[1:]), None, _REMOUNT | _BIND | _RDONLY | _NOSUID | _NODEV)
    for device in _DEVICES:
        _bind(f"/old/dev/{device}", root / "dev" / device, flags=0)
    for target, name in [*spec["links"], ("/proc/self/fd", "/dev/fd")]:
        (root / name[1:]).symlink_to(target)
    (root / "proc").mkdir(exist_ok=True)
    _mount("proc", str(root / "proc"), "proc", _NOSUID | _NODEV | _NOEXEC)


def _bind(here: str, there: Path, flags: int) -> None:
    if Path(here).is_dir():
        there.mkdir(parents=True, exist_ok=True)
    elif not there.exists():
        there.parent.mkdir(parents=True, exist_ok=True)
        there.touch()
    _mount(here, str(there), None, _BIND | _REC)
    for mounted in _mounts_below(str(there)):
        kept = sum(flag for told, flag in _LOCKED.items() if os.statvfs(mounted).f_flag & told)
        _mount(None, mounted, None, _REMOUNT | _BIND | _NOSUID | kept | flags)


def _mounts_below(path: str) -> list[str]:
    """The mounts that a bind brought along; each has to be made read-only by itself."""
    points = [line.split()[4] for line in Path("/old/proc/self/mountinfo").read_text().splitlines()]
    plain = [re.sub(r"\\(\d{3})", lambda octal: chr(int(octal[1], 8)), point) for point in points]
    return [point for point in plain if point == path or point.startswith(f"{path}/")]


def _pivot(root: str, old: str) -> None:
    if _libc.syscall(_PIVOT_ROOT[os.uname().machine], root.encode(), old.encode()) != 0:
        raise OSError(ctypes.get_errno(), "pivot_root")


def _mount(source: str | None, target: str, kind: str | None, flags: int, data: str = "") -> None:
    _call("mount", *(text.encode() if text else None for text in (source, target, kind)), flags, data.encode())


def _raise_loopback() -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as asked:
        request = struct.pack("16sh14x", b"lo", 0)
        flags = struct.unpack("16sh14x", fcntl.ioctl(asked, _SIOCGIFFLAGS, request))[1]
        fcntl.ioctl(asked, _SIOCSIFFLAGS, struct.pack("16sh14x", b"lo", flags | _IFF_UP))


def _drop_capabilities() -> None:
    """None is left, and none comes back by a program that is started."""
    for number in range(_LAST_CAP + 1):
        if _libc.prctl(_PR_CAPBSET_DROP, number, 0, 0, 0) != 0:
            break  # the kernel knows no more
    header = struct.pack("Ii", _CAP_VERSION, 0)
    _call("capset", header, bytes(24))
    _call("prctl", _PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)


def _call(name: str, *arguments: Any) -> None:
    converted = [ctypes.c_ulong(value) if isinstance(value, int) else value for value in arguments]
    if getattr(_libc, name)(*converted) != 0:
        raise OSError(ctypes.get_errno(), f"{name}: {os.strerror(ctypes.get_errno())}")


if __name__ == "__main__":
    sys.exit(main(json.loads("".join(sys.argv[1:]))))
