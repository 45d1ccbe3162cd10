"""One warm, confined Spark for all tests of the rehearsal; they run in one process, so that it starts once."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from jobs.checking.check import Checked, check
from jobs.checking.sources import Source
from tests.jobs.checking.rehearsal.shop import SOURCES, transform

Check = Callable[..., Checked]


def keeper_file(folder: Path, name: str) -> Path:
    """A file of the one keeper that was started last below a folder."""
    return max(folder.glob(f"*/{name}"), key=lambda path: path.stat().st_mtime_ns)


def keeper_pid(folder: Path) -> int:
    return int(keeper_file(folder, "keeper.lock").read_text())


def end_keepers(folder: Path) -> None:
    for lock in folder.glob("*/keeper.lock"):
        with suppress(ProcessLookupError, ValueError):
            os.kill(int(lock.read_text()), signal.SIGTERM)


@pytest.fixture(scope="session")
def rehearsal_folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    folder = tmp_path_factory.mktemp("rehearsal")
    yield folder
    end_keepers(folder)


@pytest.fixture
def warm(rehearsal_folder: Path, settings: Any) -> Path:
    """Turns rehearsals on; the folder of their keeper."""
    settings.PGSPARK_REHEARSAL = True
    settings.PGSPARK_REHEARSAL_DIR = rehearsal_folder
    settings.PGSPARK_REHEARSAL_SECONDS = 30.0
    return rehearsal_folder


@pytest.fixture
def checked(warm: Path) -> Check:
    """`checked(body)`: the body in a transform over customers and orders, or over the sources it is given, checked."""

    def do(body: str, *aliases: str, **sources: Source) -> Checked:
        listed = list(sources.values()) or [SOURCES[alias] for alias in aliases or ("customers", "orders")]
        return check(transform(body, [source.alias for source in listed]), listed, wait=90)

    return do
