"""Which generators there are, and which of them the settings offer."""

from __future__ import annotations

from collections.abc import Callable

from django.conf import settings

from connections.errors import PortalError
from jobs.codegen.base import Generator
from jobs.codegen.bedrock import bedrock_generator
from jobs.codegen.builtin import BuiltinGenerator
from jobs.codegen.chat import chat_generator

GENERATORS: dict[str, Callable[[], Generator]] = {
    "bedrock": bedrock_generator,
    "openai": chat_generator,
    "builtin": BuiltinGenerator,
}


def offered() -> dict[str, Generator]:
    """The generators that the settings offer, by name, in order of preference."""
    return {name: GENERATORS[name]() for name in settings.PGSPARK_GENERATORS if name in GENERATORS}


def get(name: str) -> Generator:
    """The offered generator of that name. Raises PortalError GENERATOR_UNAVAILABLE."""
    generators = offered()
    if name not in generators:
        raise PortalError("GENERATOR_UNAVAILABLE", generator=name, offered=", ".join(generators) or "none")
    return generators[name]


def model_generator(preferred: str = "") -> Generator:
    """The `preferred` generator if a model is behind it, else the first such one. Raises NO_MODEL_OFFERED."""
    models = {name: generator for name, generator in offered().items() if generator.is_model}
    if not models:
        raise PortalError("NO_MODEL_OFFERED")
    return models.get(preferred) or next(iter(models.values()))


def has_model() -> bool:
    """Whether a model is offered, which can change and repair code."""
    return any(generator.is_model for generator in offered().values())
