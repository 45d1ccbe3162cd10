"""What a large upload costs the web server: a generated CSV of 1 GB through the form, as a browser sends it.

    make bench-upload

One local stack is started. The memory is that of the real gunicorn processes, read from /proc; the file goes once into
the folder that stands for the bucket, and once, a smaller one, into S3 (the stand-in) in parts.
"""

from __future__ import annotations

import re
import sys
import time
from collections.abc import Iterator, Mapping
from pathlib import Path

from bench.report import Report
from pgspark_site.local_stack import demo, portal
from pgspark_site.local_stack.ports import free_port
from pgspark_site.local_stack.processes import Supervisor
from pgspark_site.local_stack.state import kept_secrets, only_instance
from tests.person import Person

VAR = portal.ROOT / "var" / "bench"
MB = 1024 * 1024
FOLDER_MB = 1024
S3_MB = 256
MOST_GROWTH_MB = 50
_HEADER = b"id,name,amount,day\n"
_ROW = b"%010d,some name or other,%07d.50,2024-05-17\n"
_BOUNDARY = "----bench-upload-boundary"


class Form:
    """A multipart form with one generated CSV, read piece by piece; it is never whole anywhere."""

    def __init__(self, token: str, megabytes: int) -> None:
        head = _part("csrfmiddlewaretoken") + token.encode() + b"\r\n"
        head += _part("file", ' ; filename="large.csv"') + _HEADER
        self._size = megabytes * MB // len(_ROW % (0, 0))
        tail = f"\r\n--{_BOUNDARY}--\r\n".encode()
        self._pieces = self._made(head, tail)
        self._length = len(head) + self._size * len(_ROW % (0, 0)) + len(tail)
        self._left = b""

    def __len__(self) -> int:
        return self._length

    def read(self, size: int = -1) -> bytes:
        while len(self._left) < size and (piece := next(self._pieces, b"")):
            self._left += piece
        data, self._left = self._left[:size], self._left[size:]
        return data

    def _made(self, head: bytes, tail: bytes) -> Iterator[bytes]:
        yield head
        for start in range(0, self._size, 2000):
            numbers = range(start, min(start + 2000, self._size))
            yield b"".join(_ROW % (number, number % 10_000_000) for number in numbers)
        yield tail


class Memory:
    """The web server's processes: what is resident now, against the most that ever was, in MB.

    The kernel keeps the most by itself (VmHWM), so that no peak between two looks is missed.
    """

    def __init__(self, master: int) -> None:
        self._before = {pid: _megabytes(pid, "VmRSS") for pid in (master, *_children(master))}

    def growth(self) -> list[float]:
        """Of each process since it was first looked at, at its highest."""
        return [_megabytes(pid, "VmHWM") - before for pid, before in self._before.items()]


def main() -> int:
    report = Report("upload")
    VAR.mkdir(parents=True, exist_ok=True)
    with only_instance(VAR) as instance:
        supervisor = Supervisor(VAR / "log", changed=instance.runs)
        supervisor.obey_signals()
        try:
            secrets = kept_secrets(VAR)
            env = demo.start_backends(supervisor, VAR, secrets)
            password = secrets.accounts["analyst"]
            print("Into the folder that stands for the bucket")
            _measure(supervisor, env, password, report, "folder", FOLDER_MB)
            print("Into S3, in parts of 8 MB")
            in_s3 = {**env, "PGSPARK_OBJECT_STORE_DIR": "", "PGSPARK_TARGETS": ""}
            _measure(supervisor, in_s3, password, report, "s3", S3_MB)
        finally:
            supervisor.stop_all()
    return report.end()


def _measure(
    supervisor: Supervisor, env: Mapping[str, str], password: str, report: Report, name: str, megabytes: int
) -> None:
    portal.collect_static(supervisor, env)
    port = free_port()
    supervisor.start(portal.web(env, port))
    master = supervisor.running[-1].process.pid
    person = Person(f"http://127.0.0.1:{port}", "analyst", password)
    session = person.session_path()
    _send(person, session, 1)  # what any first upload loads stays loaded
    memory = Memory(master)
    began = time.perf_counter()
    page = _send(person, session, megabytes)
    seconds = time.perf_counter() - began
    if "some name or other" not in page:
        raise SystemExit("the upload's page does not show its rows")
    report.note(f"{name}_uploaded_mb", megabytes)
    report.note(f"{name}_seconds", seconds)
    report.at_most(f"{name}_growth_mb_of_one_process", max(memory.growth()), MOST_GROWTH_MB)
    report.at_most(f"{name}_growth_mb_of_all", sum(memory.growth()), MOST_GROWTH_MB)
    _delete(person, session, page)


def _send(person: Person, session: str, megabytes: int) -> str:
    """The page of the uploaded file."""
    form = Form(person.http.cookies["csrftoken"], megabytes)
    headers = {"Content-Type": f"multipart/form-data; boundary={_BOUNDARY}"}
    answer = person.http.post(f"{person.base}{session}files/upload/", data=form, headers=headers, timeout=600)
    answer.raise_for_status()
    return answer.text


def _delete(person: Person, session: str, page: str) -> None:
    reference = re.search(r'name="file" value="(upload:[0-9a-f-]+)"', page)
    if reference:
        person.post(f"{session}files/delete/", {"file": reference[1]})


def _part(name: str, more: str = "") -> bytes:
    return f'--{_BOUNDARY}\r\nContent-Disposition: form-data; name="{name}"{more}\r\n\r\n'.encode()


def _children(pid: int) -> list[int]:
    return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def _megabytes(pid: int, name: str) -> float:
    found = re.search(rf"^{name}:\s+(\d+) kB", Path(f"/proc/{pid}/status").read_text(), re.MULTILINE)
    return int(found[1]) / 1024 if found else 0.0


if __name__ == "__main__":
    sys.exit(main())
