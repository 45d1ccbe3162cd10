"""The page that describes the API, made on the server from its OpenAPI document: no script, so it fits the CSP."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.views.decorators.http import require_GET

from pgspark_site.api import api

Json = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Field:
    """A parameter, or a field of a shape; `type` is in words, `shape` the name of the shape it refers to."""

    name: str
    type: str
    shape: str
    required: bool
    description: str
    place: str = ""


@dataclass(frozen=True, slots=True)
class Operation:
    """`statuses` are those of refusals."""

    name: str
    method: str
    path: str
    summary: str
    parameters: list[Field]
    takes: str
    status: str
    gives: str
    statuses: list[str]


@dataclass(frozen=True, slots=True)
class Shape:
    name: str
    description: str
    fields: list[Field]


@require_GET
def page(request: HttpRequest) -> HttpResponse:
    return render(request, "api_docs.html", _context())


@cache
def _context() -> dict[str, Any]:
    document = api.document
    groups: dict[str, list[Operation]] = {}
    for tag, operation in _operations(document):
        groups.setdefault(tag, []).append(operation)
    shapes = [_shape(name, schema) for name, schema in sorted(document["components"]["schemas"].items())]
    return {"groups": groups, "shapes": shapes}


def _operations(document: Json) -> Iterator[tuple[str, Operation]]:
    for path, methods in document["paths"].items():
        for method, facts in methods.items():
            yield facts["tags"][0], _operation(path, method, facts)


def _operation(path: str, method: str, facts: Json) -> Operation:
    statuses = {str(status): answer for status, answer in facts["responses"].items()}
    good = next(status for status in statuses if status.startswith("2"))
    return Operation(
        name=facts["operationId"],
        method=method.upper(),
        path=path,
        summary=_prose(facts.get("description") or facts["summary"]),
        parameters=[_parameter(one) for one in facts.get("parameters", ())],
        takes=_content_shape(facts.get("requestBody", {})),
        status=good,
        gives=_content_shape(statuses[good]),
        statuses=sorted(status for status in statuses if not status.startswith("2")),
    )


def _parameter(one: Json) -> Field:
    words, shape = _type(one["schema"])
    return Field(one["name"], words, shape, one["required"], _prose(one.get("description", "")), place=one["in"])


def _content_shape(part: Json) -> str:
    """The name of the shape that a body has, else its content type."""
    for content_type, content in part.get("content", {}).items():
        return _type(content["schema"])[1] or str(content_type)
    return ""


def _shape(name: str, schema: Json) -> Shape:
    required = schema.get("required", ())
    fields = []
    for field, facts in schema.get("properties", {}).items():
        words, shape = _type(facts)
        fields.append(Field(field, words, shape, field in required, _prose(facts.get("description", ""))))
    return Shape(name, _prose(schema.get("description", "")), fields)


def _prose(text: str) -> SafeString:
    """The document's text with what stands between backticks as code."""
    parts = (format_html("<code>{}</code>", part) if at % 2 else part for at, part in enumerate(text.split("`")))
    return format_html_join("", "{}", ((part,) for part in parts))


def _type(schema: Json) -> tuple[str, str]:
    """A schema in words, and the shape it refers to."""
    if "$ref" in schema:
        name = schema["$ref"].rsplit("/", 1)[-1]
        return name, name
    if "const" in schema:
        return repr(schema["const"]).lower() if isinstance(schema["const"], bool) else str(schema["const"]), ""
    if "enum" in schema:
        return " | ".join(str(value) for value in schema["enum"]), ""
    for several in ("anyOf", "allOf"):
        if several in schema:
            parts = [_type(one) for one in schema[several]]
            return " or ".join(words for words, _ in parts), next((shape for _, shape in parts if shape), "")
    if schema.get("type") == "array":
        words, shape = _type(schema.get("items", {}))
        return f"list of {words}", shape
    return str(schema.get("format") or schema.get("type") or "any value"), ""
