"""The OpenAPI 3.1 document, assembled from the doors and the shapes they name."""

import re
from collections.abc import Sequence
from typing import Any

import msgspec

from watchword.kernel.problems import (
    BodyMalformed,
    BodyTooLarge,
    BodyTooSlow,
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
_TEXT = {"type": "string"}
_PATH_SCHEMAS = {"id": {"type": "string", "format": "uuid"}}
_EXAMPLES: dict[str, dict[str, Any]] = {
    "email": {"format": "email", "examples": ["alice@example.org"]},
    "password": {"format": "password", "examples": ["a quiet harbour at dawn"]},
    "newPassword": {"format": "password", "examples": ["seven lemons on the stairs"]},
    "firstName": {"examples": ["Alice"]},
    "lastName": {"examples": ["Benali"]},
    "code": {"examples": ["493027"]},
}
JSON = "application/json"
FORM = "application/x-www-form-urlencoded"


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
    doors: Sequence[tuple[str, Door]], *, title: str, version: str, url: str, cookie: str
) -> dict[str, Any]:
    """Return the document for (path, door) pairs; pages are left out."""
    told = [(path, door) for path, door in doors if not door.page and not door.hidden]
    shapes = {ProblemDetails}
    for _, door in told:
        named = (door.body, door.described, door.answer, *door.otherwise.values())
        shapes |= {shape for shape in named if shape is not None}
    ordered = sorted(shapes, key=lambda shape: (shape.__name__, shape.__module__))
    schemas, components = msgspec.json.schema_components(ordered, ref_template=_REF)
    refs = dict(zip(ordered, schemas, strict=True))
    for shape in {door.body for _, door in told if door.body is not None}:
        schema = components[refs[shape]["$ref"].rpartition("/")[2]]
        _exemplify(schema)
        if shape.ways:
            schema["anyOf"] = [{"required": list(way)} for way in shape.ways]
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
                "cookie": {"type": "apiKey", "in": "cookie", "name": cookie},
                "service": {"type": "http", "scheme": "bearer"},
            },
        },
    }


def _exemplify(schema: dict[str, Any]) -> None:
    """Say more of the fields whose meaning no type can tell, and give an example of each."""
    for name, field in schema.get("properties", {}).items():
        kinds = {kind.get("type") for kind in field.get("anyOf", [field])}
        if "string" in kinds and name in _EXAMPLES:
            field.update(_EXAMPLES[name])


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
        {"name": name, "in": "path", "required": True, "schema": _PATH_SCHEMAS.get(name, _TEXT)}
        for name in _path_names(path)
    ]
    if door.raw:
        operation["requestBody"] = {"required": True, "content": {kind: {} for kind in door.raw}}
    shape = door.body or door.described
    if shape is not None and door.method in {"POST", "PUT", "PATCH"}:
        kinds = (JSON, *((FORM,) if door.described else ()))
        operation["requestBody"] = {
            "required": not door.bodiless,
            "content": {kind: {"schema": refs[shape]} for kind in kinds},
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
        good["content"] = {door.media_type: {"schema": refs[door.answer]}}
    elif door.media_type != JSON:
        good["content"] = {door.media_type: {}}
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
    for status, answer in door.otherwise.items():
        told = responses.setdefault(str(status), {"description": "Not now.", "content": {}})
        told["content"] = {JSON: {"schema": refs[answer]}, **told["content"]}
    return responses


def _common(door: Door) -> list[type[Problem]]:
    told: list[type[Problem]] = [Unavailable]
    if door.body or door.described:
        told += [InputInvalid]
        if door.method != "GET":
            told += [
                BodyMalformed,
                BodyTooSlow,
                BodyTooLarge,
                MediaTypeUnsupported,
                Overloaded,
            ]
    if door.limits:
        told.append(TooManyRequests)
    if door.who is not Who.ANYONE:
        told.append(Unauthenticated)
    if door.who in {Who.NOTICED, Who.SUBSCRIBER, Who.FRESH, Who.ADMIN} and door.method != "GET":
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
    if who is Who.SERVICE:
        return [{"service": []}]
    optional: list[dict[str, list[str]]] = [{}] if who is Who.NOTICED else []
    return [*optional, {"bearer": []}, {"cookie": []}]


def _path_names(path: str) -> list[str]:
    return [part[1:-1] for part in path.split("/") if part.startswith("{")]


def _tag(path: str) -> str:
    words = [part for part in path.split("/") if part and part not in {"api", "v1"}]
    return words[0] if words else "root"
