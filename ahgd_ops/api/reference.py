"""The page that people read: the OpenAPI document as plain HTML, in the console's own shell, without scripts."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe
from ninja import NinjaAPI

_Json = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Field:
    name: str
    place: str
    kind: str
    is_required: bool
    description: str


@dataclass(frozen=True, slots=True)
class Operation:
    method: str
    path: str
    summary: str
    description: str
    fields: list[Field]
    answers: list[tuple[str, str]]


@require_safe
def page(request: HttpRequest, api: NinjaAPI) -> HttpResponse:
    document = api.get_openapi_schema()
    shown = {"operations": list(operations_of(document)), "description": document["info"]["description"]}
    return render(request, "api/reference.html", shown)


def operations_of(document: _Json) -> Iterator[Operation]:
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            yield Operation(
                method.upper(),
                path,
                operation["summary"],
                operation.get("description", ""),
                [*_parameters(operation), *_body(operation, document)],
                [(str(status), answer["description"]) for status, answer in operation["responses"].items()],
            )


def _parameters(operation: _Json) -> Iterator[Field]:
    for one in operation["parameters"]:
        yield Field(one["name"], one["in"], _kind(one["schema"]), one["required"], one.get("description", ""))


def _body(operation: _Json, document: _Json) -> Iterator[Field]:
    schema = operation.get("requestBody", {}).get("content", {}).get("application/json", {}).get("schema", {})
    resolved = _resolved(schema, document)
    for name, one in resolved.get("properties", {}).items():
        yield Field(name, "body", _kind(one), name in resolved.get("required", ()), one.get("description", ""))


def _resolved(schema: _Json, document: _Json) -> _Json:
    reference = str(schema.get("$ref", ""))
    return document["components"]["schemas"][reference.rsplit("/", 1)[-1]] if reference else schema


def _kind(schema: _Json) -> str:
    """``integer``, ``string or null``, ``list of low, medium``: as people say it."""
    for several in ("anyOf", "allOf"):
        if several in schema:
            return " or ".join(_kind(one) for one in schema[several])
    if "enum" in schema:
        return ", ".join(map(str, schema["enum"]))
    if schema.get("type") == "array":
        return f"list of {_kind(schema['items'])}"
    if "$ref" in schema:
        return str(schema["$ref"]).rsplit("/", 1)[-1]
    return str(schema.get("format") or schema.get("type", ""))
