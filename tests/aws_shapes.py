"""Checks a JSON value against a shape of botocore's own service models: members, types, patterns, lengths, choices."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from typing import Any

import botocore.session
from botocore.model import ServiceModel, Shape


@cache
def service_model(name: str) -> ServiceModel:
    return botocore.session.get_session().get_service_model(name)


def problems_of_answer(service: str, operation: str, answer: Any) -> list[str]:
    """What a client that trusts the model would stumble over; empty when there is nothing."""
    shape = service_model(service).operation_model(operation).output_shape
    return list(_problems(answer, shape, operation)) if shape else []


def problems_of_request(service: str, operation: str, request: Any) -> list[str]:
    shape = service_model(service).operation_model(operation).input_shape
    return list(_problems(request, shape, operation)) if shape else []


def _problems(value: Any, shape: Shape, place: str) -> Iterator[str]:
    if shape.type_name == "structure":
        yield from _of_structure(value, shape, place)
    elif shape.type_name == "list":
        for number, one in enumerate(value):
            yield from _problems(one, shape.member, f"{place}[{number}]")
        yield from _of_length(len(value), shape, place)
    elif shape.type_name == "map":
        for key, one in value.items():
            yield from _problems(key, shape.key, f"{place} key")
            yield from _problems(one, shape.value, f"{place}.{key}")
        yield from _of_length(len(value), shape, place)
    elif shape.type_name == "string":
        yield from _of_text(value, shape, place)
    elif not isinstance(value, _PYTHON[shape.type_name]):
        yield f"{place}: {type(value).__name__} is no {shape.type_name}"


_PYTHON: dict[str, Any] = {
    "integer": int,
    "long": int,
    "double": (int, float),
    "float": (int, float),
    "boolean": bool,
    # REST services tell times as seconds since 1970.
    "timestamp": (int, float),
}


def _of_structure(value: Any, shape: Shape, place: str) -> Iterator[str]:
    if not isinstance(value, dict):
        yield f"{place}: {type(value).__name__} is no structure"
        return
    yield from (f"{place}: {name} is missing" for name in shape.required_members if name not in value)
    for name, one in value.items():
        if name not in shape.members:
            yield f"{place}: the model has no {name}"
        else:
            yield from _problems(one, shape.members[name], f"{place}.{name}")


def _of_text(value: Any, shape: Shape, place: str) -> Iterator[str]:
    if not isinstance(value, str):
        yield f"{place}: {type(value).__name__} is no string"
        return
    yield from _of_length(len(value), shape, place)
    if shape.enum and value not in shape.enum:
        yield f"{place}: {value!r} is not among {shape.enum}"
    pattern = shape.metadata.get("pattern")
    # A few patterns are Java's and say surrogates; Python's `re` takes the rest as they are.
    if pattern and "\\uD8" not in pattern and not re.fullmatch(pattern, value):
        yield f"{place}: {value!r} does not match {pattern}"


def _of_length(length: int, shape: Shape, place: str) -> Iterator[str]:
    least, most = shape.metadata.get("min", 0), shape.metadata.get("max", float("inf"))
    if not least <= length <= most:
        yield f"{place}: length {length} is not {least} to {most}"
