"""System checks of the settings about generators and models: a wrong value stops the start with its remedy."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.core.checks import CheckMessage, Error, register

from jobs.codegen.registry import GENERATORS

# An id or an ARN of a model or an inference profile; nothing that would change the address it becomes part of.
_MODEL_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:/-]{0,2047}")
_PRICES = {"input", "output", "cached", "cache_write"}
_ABOVE_ZERO = (
    "PGSPARK_MODEL_MAX_TOKENS",
    "PGSPARK_CONTEXT_TOKENS",
    "PGSPARK_GENERATION_SECONDS",
    "PGSPARK_MODEL_REST_SECONDS",
)
_NOT_NEGATIVE = (
    *("PGSPARK_MAX_RETRIES", "PGSPARK_TOKENS_PER_USER_DAY", "PGSPARK_MODEL_RETRY_SECONDS"),
    "PGSPARK_MODEL_REST_AFTER",
)


@register()
def settings_of_models_are_sound(app_configs: Sequence[Any] | None, **kwargs: Any) -> list[CheckMessage]:
    return [*_generators(), *_bedrock(), *_openai(), *_prices(), *_numbers()]


def _generators() -> Iterator[CheckMessage]:
    unknown = [name for name in settings.PGSPARK_GENERATORS if name not in GENERATORS]
    if unknown or not settings.PGSPARK_GENERATORS:
        yield Error(
            f"PGSPARK_GENERATORS names no generator: {', '.join(unknown) or 'it is empty'}.",
            hint=f"Choose from: {', '.join(GENERATORS)}.",
            id="jobs.E101",
        )


def _bedrock() -> Iterator[CheckMessage]:
    ids = settings.PGSPARK_BEDROCK_MODEL_IDS
    if "bedrock" in settings.PGSPARK_GENERATORS and not ids:
        yield Error(
            "Bedrock is offered, but PGSPARK_BEDROCK_MODEL_IDS is empty.",
            hint="List models or profiles that the account may use, or take `bedrock` out of PGSPARK_GENERATORS.",
            id="jobs.E102",
        )
    if any(not _MODEL_ID.fullmatch(model) for model in ids):
        yield Error(
            "PGSPARK_BEDROCK_MODEL_IDS holds what is no model.",
            hint="Give ids such as us.amazon.nova-pro-v1:0, separated by commas.",
            id="jobs.E103",
        )


def _openai() -> Iterator[CheckMessage]:
    if "openai" not in settings.PGSPARK_GENERATORS:
        return
    parts = urlsplit(settings.PGSPARK_OPENAI_URL)
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.query or parts.username:
        yield Error(
            "PGSPARK_OPENAI_URL is not the address of an endpoint.",
            hint="Give it up to and with /v1, without a user or a query: http://models.example.com:8000/v1.",
            id="jobs.E104",
        )
    if not settings.PGSPARK_OPENAI_MODEL:
        yield Error(
            "PGSPARK_OPENAI_MODEL is empty.",
            hint="Name the model that the endpoint serves, or take `openai` out of PGSPARK_GENERATORS.",
            id="jobs.E105",
        )


def _prices() -> Iterator[CheckMessage]:
    prices = settings.PGSPARK_MODEL_PRICES
    if not isinstance(prices, Mapping) or not all(_is_price(price) for price in prices.values()):
        yield Error(
            "PGSPARK_MODEL_PRICES holds what is no price.",
            hint='Give dollars per million tokens by model: {"us.example-v1:0": {"input": 3, "output": 15}}.',
            id="jobs.E106",
        )


def _is_price(price: Any) -> bool:
    if not isinstance(price, Mapping) or not {"input", "output"} <= price.keys() <= _PRICES:
        return False
    return all(type(amount) in (int, float) and amount >= 0 for amount in price.values())


def _numbers() -> Iterator[CheckMessage]:
    wrong = [name for name in _ABOVE_ZERO if getattr(settings, name) <= 0]
    wrong += [name for name in _NOT_NEGATIVE if getattr(settings, name) < 0]
    for name in wrong:
        yield Error(f"{name} is too small.", hint="Give a positive number.", id="jobs.E107")
