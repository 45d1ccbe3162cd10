"""Rules of the whole project that people forget."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from itertools import pairwise
from pathlib import Path

import pytest
from django.core.management import call_command

ROOT = Path(__file__).resolve().parent.parent
_SETTINGS = ("surroundings", "portal_settings", "settings")
# Settings that the local stack and the tests read, or AWS's own names that need no line of their own.
_OUTSIDE_SETTINGS = {"PGSPARK_POSTGRES_BIN", "PGSPARK_REDIS_SERVER"}


def _tracked(*patterns: str) -> list[Path]:
    """Files of the repository, also those not yet committed; a source archive without git has them all."""
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard", "--", *patterns]
    names = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout.splitlines()
    return [ROOT / name for name in names if (ROOT / name).is_file()]


def _read_settings() -> set[str]:
    text = "".join((ROOT / "pgspark_site" / f"{name}.py").read_text() for name in _SETTINGS)
    return set(re.findall(r'\benv\.\w+\(\s*"([A-Z_0-9]+)"', text))


def _documented_settings() -> set[str]:
    return set(re.findall(r"^([A-Z_0-9]+)=", (ROOT / ".env.example").read_text(), flags=re.MULTILINE))


def test_every_setting_is_in_the_example_and_no_other() -> None:
    assert _documented_settings() == _read_settings() | _OUTSIDE_SETTINGS


def test_every_setting_of_the_example_says_what_it_means() -> None:
    lines = (ROOT / ".env.example").read_text().splitlines()

    assert [line for above, line in pairwise(lines) if line[:1].isupper() and not above.startswith("# ")] == []


def test_the_import_rules_hold() -> None:
    lint = Path(sys.executable).with_name("lint-imports")
    done = subprocess.run([lint, "--no-cache"], cwd=ROOT, capture_output=True, text=True, timeout=120)

    assert done.returncode == 0, done.stdout


def test_aws_clients_are_made_in_one_place() -> None:
    imports = re.compile(r"^\s*(import|from) boto3\b", flags=re.MULTILINE)
    # What is below infra/ runs in AWS, without the portal.
    apart = (ROOT / "tests", ROOT / "infra")
    product = [path for path in _tracked("*.py") if not any(path.is_relative_to(other) for other in apart)]

    assert [str(path.relative_to(ROOT)) for path in product if imports.search(path.read_text())] == [
        "connections/aws.py"
    ]


def test_lock_files_hold_no_address() -> None:
    locks = _tracked("requirements/*.txt", "frontend/package-lock.json")

    assert [path.name for path in locks if re.search(r"https?://|--index-url|--find-links", path.read_text())] == []


def test_every_locked_package_has_a_hash() -> None:
    for path in _tracked("requirements/*.txt"):
        entries = re.split(r"\n(?=\S)", path.read_text().strip())
        assert [entry.split()[0] for entry in entries if "--hash=sha256:" not in entry] == []


def test_modules_fit_a_room() -> None:
    modules = [path for path in _tracked("*.py") if "migrations" not in path.parts]

    assert [path.name for path in modules if len(path.read_text().splitlines()) > 300] == []


def test_no_module_is_a_drawer() -> None:
    names = {"utils.py", "helpers.py", "util.py", "helper.py", "common.py", "misc.py"}

    assert [path for path in _tracked("*.py") if path.name in names] == []


@pytest.mark.django_db
def test_migrations_are_complete() -> None:
    call_command("makemigrations", check=True, dry_run=True, verbosity=0)


@pytest.mark.xdist_group("seen")
def test_tests_of_one_group_run_in_one_process(request: pytest.FixtureRequest) -> None:
    """A release of pytest broke it silently: each process then starts a portal of its own, in mid-story."""
    assert request.node.nodeid.endswith("@seen") or "PYTEST_XDIST_WORKER" not in os.environ
