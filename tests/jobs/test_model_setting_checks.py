"""Wrong settings of generators stop the start, by name."""

from __future__ import annotations

from typing import Any

import pytest
from pytest_django.fixtures import Settings

from jobs.model_setting_checks import settings_of_models_are_sound


def ids() -> list[str]:
    return [str(message.id) for message in settings_of_models_are_sound(None)]


def test_the_defaults_are_sound() -> None:
    assert ids() == []


@pytest.mark.parametrize(
    ("changes", "wanted"),
    [
        ({"PGSPARK_GENERATORS": ["magic"]}, ["jobs.E101"]),
        ({"PGSPARK_GENERATORS": []}, ["jobs.E101"]),
        ({"PGSPARK_GENERATORS": ["bedrock"]}, ["jobs.E102"]),
        ({"PGSPARK_BEDROCK_MODEL_IDS": ["a b"]}, ["jobs.E103"]),
        ({"PGSPARK_GENERATORS": ["openai"]}, ["jobs.E104", "jobs.E105"]),
        (
            {
                "PGSPARK_GENERATORS": ["openai"],
                "PGSPARK_OPENAI_URL": "http://u@models.example.com/v1",
                "PGSPARK_OPENAI_MODEL": ["m"],
            },
            ["jobs.E104"],
        ),
        ({"PGSPARK_MODEL_PRICES": {"m": {"input": 3}}}, ["jobs.E106"]),
        ({"PGSPARK_MODEL_PRICES": {"m": {"input": 3, "output": "15"}}}, ["jobs.E106"]),
        ({"PGSPARK_MODEL_PRICES": {"m": {"input": 3, "output": 15, "cached": 0.3}}}, []),
        ({"PGSPARK_MAX_RETRIES": -1}, ["jobs.E107"]),
        ({"PGSPARK_CONTEXT_TOKENS": 0}, ["jobs.E107"]),
    ],
)
def test_each_mistake_has_its_message(settings: Settings, changes: dict[str, Any], wanted: list[str]) -> None:
    for name, value in changes.items():
        setattr(settings, name, value)
    assert ids() == wanted
