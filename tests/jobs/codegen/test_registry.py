from __future__ import annotations

import pytest
from pytest_django.fixtures import Settings

from connections.errors import PortalError
from jobs.codegen import registry


def test_the_offered_generators_are_those_of_the_settings(settings: Settings) -> None:
    settings.PGSPARK_GENERATORS = ["builtin"]

    assert list(registry.offered()) == ["builtin"]
    assert registry.get("builtin").name == "builtin"


@pytest.mark.parametrize("name", ["bedrock", ""])
def test_a_generator_that_is_not_offered_is_refused_by_name(settings: Settings, name: str) -> None:
    settings.PGSPARK_GENERATORS = ["builtin"]

    with pytest.raises(PortalError) as refusal:
        registry.get(name)

    assert refusal.value.code == "GENERATOR_UNAVAILABLE"
    assert "builtin" in refusal.value.hint
