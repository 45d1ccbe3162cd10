"""The folder of the demonstrations: the second one finds the first one's data, as a person's does."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from pgspark_site.local_stack.unprivileged import reachable_folder, unprivileged_account


@pytest.fixture(scope="session")
def demo_folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Closed to other accounts, like a clone below /root."""
    folder = tmp_path_factory.mktemp("demo")
    yield folder
    for used in (reachable_folder(folder, unprivileged_account()), folder):
        shutil.rmtree(used, ignore_errors=True)
