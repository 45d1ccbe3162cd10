"""What a view shows and hides, by each of the ways."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from django.conf import settings

from jobs.confinement.command import Mount, View, Way, works, wrapped
from jobs.confinement.view import spark_view

WAYS = pytest.mark.parametrize("way", ["bubblewrap", "namespaces"])
LOOK = "import json, pathlib, sys\nprint(json.dumps([pathlib.Path(name).exists() for name in sys.argv[1:]]))"


@pytest.fixture
def base() -> View:
    return spark_view(Path(settings.PGSPARK_JAVA_HOME))


def seen(way: Way, view: View, *paths: Path) -> list[bool]:
    """Which of the paths a confined command sees."""
    if not works(way, view):
        pytest.skip(f"this machine has no {way}: apt-get install bubblewrap, or allow user namespaces")
    command = wrapped(way, view, [sys.executable, "-I", "-c", LOOK, *map(str, paths)])
    done = subprocess.run(command, capture_output=True, text=True, timeout=60)
    told: list[bool] = json.loads(done.stdout or f"[{done.stderr!r}]")
    return told


@WAYS
def test_what_is_hidden_below_a_folder_that_is_shown_is_not_there(base: View, tmp_path: Path, way: Way) -> None:
    """So it is where portal and Python environment both lie below /usr."""
    portal, environment = tmp_path / "portal", tmp_path / "portal/environment"
    environment.mkdir(parents=True)
    files = (tmp_path / "shown", portal / ".env", environment / "shown too")
    for file in files:
        file.touch()
    whole = replace(base, mounts=(*base.mounts, Mount("read", str(tmp_path), str(tmp_path))))

    assert seen(way, whole.hiding(portal).reading(environment), *files) == [True, False, True]


@WAYS
def test_nothing_of_the_portal_is_seen_by_itself(base: View, way: Way) -> None:
    root = Path(settings.BASE_DIR)

    assert seen(way, base, root / "manage.py", root / "jobs", Path("/etc/shadow"), Path("/proc/self")) == [
        False,
        False,
        False,
        True,
    ]


@WAYS
def test_a_view_and_a_command_may_be_longer_than_one_argument(base: View, way: Way) -> None:
    missing = [Path("/missing") / str(number) / ("x" * 60) for number in range(3000)]

    assert seen(way, base, *missing, Path("/proc/self")) == [False] * 3000 + [True]


def test_what_is_seen_already_is_not_shown_twice(base: View, tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    once = base.reading(tmp_path)

    assert once.reading(tmp_path / "a", tmp_path / "missing") == once
    assert not once.hiding(tmp_path / "a").shows(tmp_path / "a")
    assert base.hiding(tmp_path / "a") == base
