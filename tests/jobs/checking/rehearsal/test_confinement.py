"""With the policy switched off, the confinement alone lets no code read a file, the environment or the network."""

from __future__ import annotations

import json
import os
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from django.conf import settings

from jobs.checking.rehearsal.confinement import USER_NAME, view
from jobs.checking.rehearsal.sandbox import Gone, Options, Sandbox
from jobs.confinement.command import Way, works
from jobs.confinement.view import write_files
from tests.jobs.checking import hostile
from tests.jobs.checking.rehearsal import escapes

pytestmark = [pytest.mark.spark, pytest.mark.xdist_group("rehearsal")]

CANARY = "the-canary-that-nobody-may-see"
KEY = "PGSPARK_CANARY"
_SOURCES = [
    {"alias": "orders", "kind": "POSTGRES", "columns": [["id", "bigint"], ["amount", "decimal(12,2)"]], "keys": None},
    {"alias": "users", "kind": "POSTGRES", "columns": [["id", "bigint"], ["name", "string"]], "keys": None},
]


@dataclass
class Trap:
    """A file, a variable and a listener of the machine; `visitors` counts who came to the listener."""

    file: Path
    port: int
    visitors: list[str] = field(default_factory=list)

    def texts(self, bodies: dict[str, str]) -> dict[str, str]:
        given = {"file": str(self.file), "key": KEY, "host": "127.0.0.1", "port": self.port}
        return {name: escapes.text(body, **given) for name, body in bodies.items()}  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def trap(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Trap]:
    file = tmp_path_factory.mktemp("secrets") / "canary.txt"
    file.write_text(CANARY)
    os.environ[KEY] = CANARY
    with socket.create_server(("0.0.0.0", 0)) as listener:
        trap = Trap(file, listener.getsockname()[1])
        threading.Thread(target=_count, args=(listener, trap), daemon=True).start()
        yield trap
        listener.shutdown(socket.SHUT_RDWR)
    del os.environ[KEY]


def _count(listener: socket.socket, trap: Trap) -> None:
    while True:
        try:
            visitor, address = listener.accept()
        except OSError:
            return
        trap.visitors.append(str(address))
        visitor.close()


Ask = Callable[[str], bytes]


class Asked:
    """Rehearses texts in a sandbox of one way, which is started anew when a text ends it."""

    def __init__(self, options: Options) -> None:
        self._options = options
        self._sandbox: Sandbox | None = None

    def __call__(self, text: str, seconds: float = 20) -> bytes:
        if self._sandbox is None or not self._sandbox.is_alive:
            self.end()
            self._sandbox = Sandbox(self._options)
            assert self._sandbox.ready.wait(90), self._sandbox.last_words
        request = {"transform": text, "sources": _SOURCES, "seconds": seconds}
        answer = b""
        with suppress(Gone):
            answer = self._sandbox.ask(json.dumps(request).encode(), seconds + 5)
        if not answer:
            self._sandbox.wait_for_end(2)  # the text may have ended it
        return answer

    def end(self) -> None:
        if self._sandbox is not None:
            self._sandbox.end()


def _asked(way: Way, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Asked]:
    folder = tmp_path_factory.mktemp(way)
    java_home, files = Path(settings.PGSPARK_JAVA_HOME), write_files(folder / "etc", USER_NAME)
    if way != "unconfined" and not works(way, view(java_home, files)):
        pytest.skip(f"this machine has no {way}: apt-get install bubblewrap, or allow user namespaces")
    asked = Asked(Options(way, java_home, files, folder, 512))
    yield asked
    asked.end()


@pytest.fixture(scope="module")
def bubblewrap(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Asked]:
    yield from _asked("bubblewrap", tmp_path_factory)


@pytest.fixture(scope="module")
def namespaces(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Asked]:
    yield from _asked("namespaces", tmp_path_factory)


@pytest.fixture(scope="module")
def unconfined(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Asked]:
    yield from _asked("unconfined", tmp_path_factory)


def _leaks(ask: Asked, trap: Trap) -> list[str]:
    attempts = trap.texts({**escapes.FILES, **{f"env: {name}": one for name, one in escapes.ENVIRONMENT.items()}})
    return [name for name, text in attempts.items() if CANARY.encode() in ask(text)]


def _visits(ask: Asked, trap: Trap) -> int:
    before = len(trap.visitors)
    for text in trap.texts(escapes.NETWORK).values():
        ask(text)
    return len(trap.visitors) - before


@pytest.mark.parametrize("way", ["bubblewrap", "namespaces"])
def test_no_attempt_gets_a_file_or_a_variable_of_the_machine(
    way: str, request: pytest.FixtureRequest, trap: Trap
) -> None:
    assert _leaks(request.getfixturevalue(way), trap) == []


@pytest.mark.parametrize("way", ["bubblewrap", "namespaces"])
def test_no_attempt_reaches_the_network(way: str, request: pytest.FixtureRequest, trap: Trap) -> None:
    assert _visits(request.getfixturevalue(way), trap) == 0


def test_the_same_attempts_succeed_where_nothing_confines_them(unconfined: Asked, trap: Trap) -> None:
    """Else the tests above would prove nothing."""
    leaked = _leaks(unconfined, trap)

    assert set(escapes.FILES) - set(leaked) <= {"a new mount", "reflection in SQL"}
    assert _visits(unconfined, trap) >= 4


def test_the_environment_is_kept_back_even_where_nothing_confines(unconfined: Asked, trap: Trap) -> None:
    assert CANARY.encode() not in unconfined(trap.texts(escapes.ENVIRONMENT)["os.environ"])


def test_no_hostile_transform_gets_anything_without_the_policy(bubblewrap: Asked, trap: Trap) -> None:
    texts = [*map(hostile.complete, hostile.BODIES.values()), *hostile.WHOLE.values()]
    aimed = [text.replace("/etc/passwd", str(trap.file)).replace("HOME", KEY) for text in texts]
    before = len(trap.visitors)

    answers = [bubblewrap(text, seconds=2) for text in aimed]

    assert len(answers) >= 100
    assert [text for text, answer in zip(aimed, answers, strict=True) if CANARY.encode() in answer] == []
    assert len(trap.visitors) == before


def test_what_is_seen_inside_is_little(bubblewrap: Asked) -> None:
    body = "import os\nraise ValueError([os.listdir('/'), os.listdir('/tmp'), os.getuid(), len(os.listdir('/proc'))])"
    told = json.loads(bubblewrap(escapes.text(body, file="", key="", host="", port=0)))["error"]["message"]

    assert "home" not in told.replace("/home", "")
    assert "'srv'" not in told
    assert "1000" in told
