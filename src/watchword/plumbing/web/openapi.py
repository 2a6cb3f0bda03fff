"""The OpenAPI 3.1 document, assembled from the doors and the shapes they name."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import msgspec

from watchword.kernel.problems import (
    BodyMalformed,
    BodyTooLarge,
    CsrfRefused,
    Forbidden,
    FreshSignInRequired,
    InputInvalid,
    MediaTypeUnsupported,
    Overloaded,
    Problem,
    TooManyRequests,
    Unauthenticated,
    Unavailable,
)
from watchword.plumbing.web.doors import Door, Who

_NOT_A_WORD = re.compile(r"\W+")
_REF = "#/components/schemas/{name}"


@dataclass(frozen=True, slots=True)
class Described:
    """The document of this deployment; `app` gives it, whoever explains the API reads it."""

    document: dict[str, Any]


class ProblemField(msgspec.Struct):
    """One field and what is wrong with it."""

    field: str
    code: str
    message: str


class ProblemDetails(msgspec.Struct):
    """What went wrong (RFC 9457); `code` is stable."""

    type: str
    title: str
    status: int
    detail: str
    code: str
    request_id: str
    errors: list[ProblemField] = []


def document(
    doors: Sequence[tuple[str, Door]], *, title: str, version: str, url: str
) -> dict[str, Any]:
    """Return the document for (path, door) pairs; pages are left out."""
    told = [(path, door) for path, door in doors if not door.page and not door.hidden]
    shapes = {ProblemDetails}
    for _, door in told:
        shapes |= {shape for shape in (door.body, door.described, door.answer) if shape is not None}
    ordered = sorted(shapes, key=lambda shape: (shape.__name__, shape.__module__))
    schemas, components = msgspec.json.schema_components(ordered, ref_template=_REF)
    refs = dict(zip(ordered, schemas, strict=True))
    paths: dict[str, Any] = {}
    for path, door in told:
        paths.setdefault(path, {})[door.method.lower()] = _operation(path, door, refs)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": title,
            "version": version,
            "license": {"name": "MIT", "identifier": "MIT"},
        },
        "servers": [{"url": url}],
        "paths": dict(sorted(paths.items())),
        "components": {
            "schemas": dict(sorted(components.items())),
            "securitySchemes": {
                "bearer": {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"},
                "cookie": {"type": "apiKey", "in": "cookie", "name": "__Host-watchword-session"},
                "service": {"type": "http", "scheme": "bearer"},
            },
        },
    }


def _operation(path: str, door: Door, refs: dict[Any, Any]) -> dict[str, Any]:
    summary, _, rest = door.story.partition("\n")
    operation: dict[str, Any] = {
        "operationId": f"{door.method.lower()}_{_NOT_A_WORD.sub('_', path).strip('_')}",
        "summary": summary.rstrip("."),
        "tags": [_tag(path)],
        "responses": _responses(door, refs),
        "security": _security(door.who),
    }
    if rest.strip():
        operation["description"] = " ".join(rest.split())
    parameters = [
        {"name": name, "in": "path", "required": True, "schema": {"type": "string"}}
        for name in _path_names(path)
    ]
    shape = door.body or door.described
    if shape is not None and door.method in {"POST", "PUT", "PATCH"}:
        operation["requestBody"] = {
            "required": True,
            "content": {"application/json": {"schema": refs[shape]}},
        }
    elif shape is not None:
        parameters += _query(shape)
    if parameters:
        operation["parameters"] = parameters
    return operation


def _query(shape: type[Any]) -> list[dict[str, Any]]:
    properties = msgspec.json.schema(shape)["$defs"][shape.__name__]["properties"]
    return [
        {
            "name": field.encode_name,
            "in": "query",
            "required": field.required,
            "schema": properties[field.encode_name],
        }
        for field in msgspec.structs.fields(shape)
    ]


def _responses(door: Door, refs: dict[Any, Any]) -> dict[str, Any]:
    good: dict[str, Any] = {"description": "Done."}
    if door.answer is not None:
        good["content"] = {"application/json": {"schema": refs[door.answer]}}
    responses: dict[str, Any] = {str(door.status): good}
    by_status: dict[int, list[type[Problem]]] = {}
    for problem in dict.fromkeys((*door.problems, *_common(door))):
        by_status.setdefault(problem.kind.value, []).append(problem)
    for status, problems in sorted(by_status.items()):
        responses[str(status)] = {
            "description": " ".join(problem.title() for problem in problems),
            "content": {
                "application/problem+json": {
                    "schema": refs[ProblemDetails],
                    "examples": {
                        problem.code: {"value": _example(problem)} for problem in problems
                    },
                }
            },
        }
    return responses


def _common(door: Door) -> list[type[Problem]]:
    told: list[type[Problem]] = [Unavailable]
    if door.body or door.described:
        told += [InputInvalid]
        if door.method != "GET":
            told += [BodyMalformed, BodyTooLarge, MediaTypeUnsupported, Overloaded]
    if door.limits:
        told.append(TooManyRequests)
    if door.who is not Who.ANYONE:
        told.append(Unauthenticated)
    if door.who in {Who.SUBSCRIBER, Who.FRESH, Who.ADMIN} and door.method != "GET":
        told.append(CsrfRefused)
    if door.who in {Who.FRESH, Who.ADMIN}:
        told.append(FreshSignInRequired)
    if door.who is Who.ADMIN:
        told.append(Forbidden)
    return told


def _example(problem: type[Problem]) -> dict[str, Any]:
    return {
        "type": f"/problems/{problem.code}",
        "title": problem.title(),
        "status": problem.kind.value,
        "detail": problem.title(),
        "code": problem.code,
        "request_id": "6f1c2d0b9a000001",
        "errors": [],
    }


def _security(who: Who) -> list[dict[str, list[str]]]:
    if who is Who.ANYONE:
        return [{}]
    return [{"service": []}] if who is Who.SERVICE else [{"bearer": []}, {"cookie": []}]


def _path_names(path: str) -> list[str]:
    return [part[1:-1] for part in path.split("/") if part.startswith("{")]


def _tag(path: str) -> str:
    words = [part for part in path.split("/") if part and part not in {"api", "v1"}]
    return words[0] if words else "root"
