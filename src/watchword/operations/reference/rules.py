"""From the OpenAPI document to what a page shows; and which problems there are."""

import json
import shlex
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from watchword.kernel.problems import Forbidden, FreshSignInRequired, Kind, Problem

Json = Mapping[str, Any]

_DEEPEST: Final = 3
BY_KIND: Final = {
    Kind.INVALID: "Mend the fields that `errors` names, then send it again.",
    Kind.MALFORMED: "Do not send the same again: ask for what is said above.",
    Kind.UNAUTHENTICATED: "Sign in, then try again.",
    Kind.FORBIDDEN: "Do not try again with the same rights.",
    Kind.MISSING: "Check the address.",
    Kind.METHOD: "Look up the method that this address takes.",
    Kind.CONFLICT: "Read the present state, then decide anew.",
    Kind.TOO_SLOW: "Send it again, in one go.",
    Kind.TOO_LARGE: "Send less.",
    Kind.HEAD_TOO_LARGE: "Send fewer or smaller headers and cookies, or a shorter path.",
    Kind.UNSUPPORTED: "Send another media type.",
    Kind.TOO_MANY: "Wait as long as `Retry-After` says, in seconds.",
    Kind.BUG: "Tell the people who run this service the `request_id`.",
    Kind.UNAVAILABLE: "Wait as long as `Retry-After` says, in seconds, then try again.",
}
_SAMPLES: Final = {
    "email": "alice@example.org",
    "password": "a quiet harbour at dawn",
    "firstName": "Alice",
    "lastName": "Benali",
    "phone": "+213550123456",
    "code": "123456",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One field: its name (nested ones with dots), its type in words, whether it must be there."""

    name: str
    kind: str
    required: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Trouble:
    """A problem as a list shows it."""

    code: str
    status: int
    sentence: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Operation:
    """One operation, as people read it; `who` is anyone, subscriber, fresh, admin or service."""

    id: str
    method: str
    path: str
    summary: str
    description: str
    who: str
    query: tuple[Line, ...]
    body: tuple[Line, ...]
    status: int
    answer: tuple[Line, ...]
    troubles: tuple[Trouble, ...]
    curl: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Chapter:
    """The operations of one tag."""

    tag: str
    operations: tuple[Operation, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Explanation:
    """One problem, explained; `told_by` are the operations that list it."""

    code: str
    status: int
    sentence: str
    advice: str
    told_by: tuple[Operation, ...] = ()


def chapters(document: Json) -> tuple[Chapter, ...]:
    """Return the operations of a document by tag, in its order."""
    by_tag: dict[str, list[Operation]] = {}
    for path, methods in document["paths"].items():
        for method, told in methods.items():
            operation = _operation(document, path, method, told)
            by_tag.setdefault(told["tags"][0], []).append(operation)
    return tuple(Chapter(tag=tag, operations=tuple(found)) for tag, found in by_tag.items())


def problem_classes() -> dict[str, type[Problem]]:
    """Return every problem of the modules that are loaded, by code in order."""
    found: list[type[Problem]] = []
    waiting = list(Problem.__subclasses__())
    while waiting:
        kind = waiting.pop()
        waiting += kind.__subclasses__()
        if "code" in vars(kind):
            found.append(kind)
    return by_code(found)


def by_code(kinds: Iterable[type[Problem]]) -> dict[str, type[Problem]]:
    """Return problems by code, in order. ValueError: two have the same, and one page cannot tell both."""
    found: dict[str, type[Problem]] = {}
    for kind in kinds:
        if found.setdefault(kind.code, kind) is not kind:
            message = f"two problems have the code {kind.code}"
            raise ValueError(message)
    return dict(sorted(found.items()))


def advice_of(problem: type[Problem], written: Mapping[str, str]) -> str:
    """Return what to do: the docstring below its first line, else what is written, else by kind."""
    _, _, rest = (problem.__doc__ or "").strip().partition("\n")
    return " ".join(rest.split()) or written.get(problem.code) or BY_KIND[problem.kind]


def lines(document: Json, schema: Json, stem: str = "", depth: int = 0) -> Iterator[Line]:
    """Yield the fields of an object's schema, nested ones under dotted names."""
    schema = _resolved(document, schema)
    required = set(schema.get("required", ()))
    for name, kind in schema.get("properties", {}).items():
        inner = _resolved(document, kind)
        marks = ""
        if inner.get("type") == "array":
            inner, marks = _resolved(document, inner.get("items", {})), "[]"
        yield Line(name=stem + name, kind=in_words(document, kind), required=name in required)
        if "properties" in inner and depth < _DEEPEST:
            yield from lines(document, inner, f"{stem}{name}{marks}.", depth + 1)


def in_words(document: Json, schema: Json) -> str:
    """Say a schema's type in words: `text`, `number`, `"cookie" or "token"`, `list of text`."""
    schema = _resolved(document, schema)
    if "anyOf" in schema:
        parts = [in_words(document, each) for each in schema["anyOf"]]
        return " or ".join(dict.fromkeys(parts))
    if "enum" in schema:
        return " or ".join(json.dumps(value) for value in schema["enum"])
    if schema.get("type") == "array":
        return f"list of {in_words(document, schema.get('items', {}))}"
    word = _WORDS.get(schema.get("type", ""), "anything")
    return _FORMATS.get(schema.get("format", ""), word)


_WORDS: Final = {
    "string": "text",
    "integer": "whole number",
    "number": "number",
    "boolean": "true or false",
    "object": "object",
    "null": "null",
}
_FORMATS: Final = {"date-time": "time (RFC 3339)", "uuid": "id (UUID)"}


def _operation(document: Json, path: str, method: str, told: Json) -> Operation:
    good = next(status for status in told["responses"] if int(status) < 400)  # noqa: PLR2004
    answer = told["responses"][good].get("content", {}).get("application/json", {})
    sent = told.get("requestBody", {}).get("content", {}).get("application/json", {})
    body = tuple(lines(document, sent.get("schema", {})))
    usual = _usual(document, sent.get("schema", {}))
    troubles = tuple(_troubles(told["responses"]))
    who = _who(told["security"], {trouble.code for trouble in troubles})
    return Operation(
        id=told["operationId"],
        method=method.upper(),
        path=path,
        summary=told["summary"],
        description=told.get("description", ""),
        who=who,
        query=tuple(_query(document, told.get("parameters", ()))),
        body=body,
        status=int(good),
        answer=tuple(lines(document, answer.get("schema", {}))),
        troubles=troubles,
        curl=_curl(document["servers"][0]["url"], path, method.upper(), who, body, usual),
    )


def _query(document: Json, parameters: Any) -> Iterator[Line]:
    for each in parameters:
        if each["in"] == "query":
            kind = in_words(document, each["schema"])
            yield Line(name=each["name"], kind=kind, required=each["required"])


def _troubles(responses: Json) -> Iterator[Trouble]:
    for status, told in responses.items():
        examples = told.get("content", {}).get("application/problem+json", {}).get("examples", {})
        for code, example in examples.items():
            yield Trouble(code=code, status=int(status), sentence=example["value"]["title"])


def _who(security: list[Json], codes: set[str]) -> str:
    """Say who may enter, as far as the document tells."""
    if "service" in security[0]:
        return "service"
    if "bearer" not in security[0]:
        return "anyone"
    if FreshSignInRequired.code in codes:
        return "admin" if Forbidden.code in codes else "fresh"
    return "subscriber"


def _usual(document: Json, schema: Json) -> frozenset[str]:
    """Return the fields of the first of several ways to fill a body."""
    ways = _resolved(document, schema).get("anyOf", [{}])
    return frozenset(ways[0].get("required", ()))


def _curl(
    url: str, path: str, method: str, who: str, body: tuple[Line, ...], usual: frozenset[str]
) -> str:
    """Write a line that a shell takes as it is, once the token and ids are filled in."""
    parts = ["curl"]
    if method not in {"GET", "POST"} or (method == "POST" and not body):
        parts += ["-X", method]
    parts.append(shlex.quote(url + path))
    if who != "anyone":
        token = "$SERVICE_TOKEN" if who == "service" else "$ACCESS_TOKEN"
        parts.append(f'-H "Authorization: Bearer {token}"')
    if body:
        wanted = [line for line in body if line.required and "." not in line.name]
        wanted += [line for line in body if line.name in usual]
        wanted = wanted or [body[0]]
        sample = {line.name: _sample(line) for line in wanted}
        parts.append("--json " + shlex.quote(json.dumps(sample)))
    return " ".join(parts)


def _sample(line: Line) -> Any:
    if line.kind.startswith('"'):
        return json.loads(line.kind.partition(" or ")[0])
    return {"whole number": 1, "true or false": True}.get(line.kind, _SAMPLES.get(line.name, "..."))


def _resolved(document: Json, schema: Json) -> Json:
    """Follow a reference; of `anyOf` with null, the other one."""
    while "$ref" in schema:
        schema = document["components"]["schemas"][schema["$ref"].rpartition("/")[2]]
    others = [each for each in schema.get("anyOf", ()) if each.get("type") != "null"]
    if len(others) == 1 and "$ref" in others[0]:
        return _resolved(document, others[0])
    return schema
