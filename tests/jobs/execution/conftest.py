from __future__ import annotations

import pytest


@pytest.fixture
def no_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    """botocore tries again at once: its own patience is not what is tested."""
    monkeypatch.setattr("botocore.endpoint.time.sleep", lambda seconds: None)
