"""The local stack lets jobs run unconfined only where the machine can confine none."""

from __future__ import annotations

from pathlib import Path

import pytest
from django.conf import settings

from pgspark_site.local_stack import confinement


@pytest.mark.parametrize(
    ("way", "expected"), [("bubblewrap", {}), ("namespaces", {}), (None, {"PGSPARK_LOCAL_UNCONFINED": "1"})]
)
def test_the_setting_follows_the_machine(
    monkeypatch: pytest.MonkeyPatch, way: str | None, expected: dict[str, str]
) -> None:
    monkeypatch.setattr(confinement, "best_way", lambda seen, unconfined: "unconfined" if unconfined else way)

    assert confinement.settings_for_unconfined(Path(settings.PGSPARK_JAVA_HOME)) == expected
