"""Bytes to values and back: JSON bodies and forms into frozen structs, faults named field by field.

Bodies larger than 64 KiB are refused before they are read; unknown fields are refused, and so are names
given twice, of which readers before us may have taken another (RFC 8259, section 4); deep nesting fails
fast in the decoder. Problems: `body_too_large` (413), `unsupported_media_type` (415),
`malformed_body` (400), `invalid_input` (422, with `errors[]`).
"""

import asyncio
import json
import re
import types
from collections import Counter
from collections.abc import Mapping
from functools import cache
from typing import Any, TypeVar, Union, get_args, get_origin
from urllib.parse import parse_qsl

import msgspec
from starlette.requests import ClientDisconnect, Request

from watchword.kernel.problems import (
    BodyMalformed,
    BodyTooLarge,
    BodyTooSlow,
    FieldError,
    InputInvalid,
    MediaTypeUnsupported,
)

MAX_BODY = 64 * 1024
MAX_FIELDS = 64
MAX_FAULTS = 64
PATIENCE_SECONDS = 15.0

_MOST_DIGITS = 9

Shape = TypeVar("Shape", bound=msgspec.Struct)


class Body(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True, rename="camel"):
    """A body from outside; JSON names in camelCase, snake_case understood as well (K-05)."""


class Nothing(Body, frozen=True):
    """The body of a door that needs none: `{}` at most."""


class Answer(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=False):
    """An answer of ours; JSON names in snake_case."""


def carries_body(request: Request) -> bool:
    """Tell whether the request comes with a body (RFC 9112, section 6.3)."""
    headers = request.headers
    return headers.get("content-length", "0") != "0" or "transfer-encoding" in headers


async def read_json(request: Request, shape: type[Shape]) -> Shape:
    """Read a JSON body as the shape."""
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind != "application/json" and not kind.endswith("+json"):
        raise MediaTypeUnsupported
    raw = await read_bytes(request)
    try:
        loose = msgspec.json.decode(raw)
        _read_names(raw.decode())
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError, ValueError) as error:
        raise BodyMalformed(private=str(error)) from error
    if not isinstance(loose, dict):
        raise BodyMalformed("Send a JSON object.")
    return convert(loose, shape)


def _refuse_repeated(pairs: list[tuple[str, Any]]) -> None:
    """Refuse the names that one object gives twice. Problem: `invalid_input`."""
    names = [name for name, _ in pairs]
    if len(set(names)) < len(names):
        repeated = [name for name, times in Counter(names).items() if times > 1]
        raise InputInvalid(errors=[_given_twice(name) for name in repeated[:MAX_FAULTS]])


# msgspec keeps the last of equal names and says nothing; this one shows all, in two microseconds.
_read_names = json.JSONDecoder(object_pairs_hook=_refuse_repeated).decode


async def read_form(request: Request) -> dict[str, str]:
    """Read an urlencoded form; the last of equal names wins."""
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind != "application/x-www-form-urlencoded":
        raise MediaTypeUnsupported("Send the form as application/x-www-form-urlencoded.")
    raw = await read_bytes(request)
    try:
        pairs = parse_qsl(
            raw.decode(), keep_blank_values=True, max_num_fields=MAX_FIELDS, errors="strict"
        )
    except ValueError as error:
        raise BodyMalformed(private=str(error)) from error
    return dict(pairs)


async def read_bytes(request: Request, patience: float = PATIENCE_SECONDS) -> bytes:
    """Read the whole body, never more than `MAX_BODY` bytes, never longer than `patience` seconds."""
    if request.headers.get("content-encoding", "identity").lower() != "identity":
        raise MediaTypeUnsupported("Send the body as it is, without a Content-Encoding.")
    declared = request.headers.get("content-length", "0")
    if len(declared) > _MOST_DIGITS or (declared.isdigit() and int(declared) > MAX_BODY):
        raise BodyTooLarge
    parts, size = [], 0
    try:
        async with asyncio.timeout(patience):
            async for part in request.stream():
                size += len(part)
                if size > MAX_BODY:
                    raise BodyTooLarge
                parts.append(part)
    except TimeoutError as error:
        raise BodyTooSlow from error
    except ClientDisconnect as error:
        raise BodyMalformed(private="the client went away") from error
    return b"".join(parts)


def convert(loose: Mapping[str, Any], shape: type[Shape], *, strict: bool = True) -> Shape:
    """Make the shape of loose values, collecting the faults of all fields before refusing."""
    names = _names(shape)
    errors, given = [], {}
    for key, value in loose.items():
        name = names.get(key)
        if name is None:
            errors.append(
                FieldError(_printable(key), "unknown_field", "This field is not known here.")
            )
        elif name in given:
            errors.append(_given_twice(key))
        else:
            given[name] = value
    for name, field in _fields(shape).items():
        if name not in given:
            if field.required:
                errors.append(FieldError(name, "missing", "This field is required."))
            continue
        fault = _fault(given[name], field.type, strict=strict)
        if fault:
            errors.append(FieldError(name, "invalid", fault))
    if errors:
        raise InputInvalid(errors=errors[:MAX_FAULTS])
    try:
        return msgspec.convert(given, shape, strict=strict)
    except msgspec.ValidationError as error:
        raise InputInvalid(errors=[FieldError("", "invalid", str(error))]) from error


def of_form(form: Mapping[str, str], shape: type[Shape]) -> Shape:
    """Make the shape of a form: empty optional fields count as absent; `csrf` is not ours."""
    required = {name for name, field in _fields(shape).items() if field.required}
    names = _names(shape)
    kept = {
        key: value
        for key, value in form.items()
        if key != "csrf" and (value != "" or names.get(key) in required)
    }
    return convert(kept, shape, strict=False)


_encode = msgspec.json.Encoder().encode


def to_json(value: Any) -> bytes:
    """Write JSON."""
    return _encode(value)


@cache
def _fields(shape: type[msgspec.Struct]) -> dict[str, Any]:
    """Return the fields of a shape by their JSON names."""
    return {field.encode_name: field for field in msgspec.structs.fields(shape)}


@cache
def _names(shape: type[msgspec.Struct]) -> dict[str, str]:
    """Map every spelling that we take (as written, snake_case) to the JSON name."""
    spellings = {}
    for field in _fields(shape).values():
        spellings[field.encode_name] = field.encode_name
        spellings[field.name] = field.encode_name
    return spellings


def _fault(value: Any, kind: Any, *, strict: bool) -> str | None:
    if isinstance(value, str) and ("\x00" in value or _lone_surrogate(value)):
        return "This text holds characters that we cannot keep."
    try:
        msgspec.convert(value, kind, strict=strict)
    except msgspec.ValidationError as error:
        return _in_words(str(error))
    return None


def _in_words(message: str) -> str:
    plain = message.partition(" - at ")[0]
    plain = re.sub(r"^Expected `(.+?)`, got `(.+?)`$", r"Expected \1, got \2.", plain)
    return plain.replace("`", "") if plain.endswith(".") else plain.replace("`", "") + "."


def _lone_surrogate(value: str) -> bool:
    try:
        value.encode()
    except UnicodeEncodeError:
        return True
    return False


def _given_twice(key: str) -> FieldError:
    return FieldError(_printable(key), "repeated_field", "This field is given twice.")


def _printable(key: str) -> str:
    return key[:80].encode("utf-8", "replace").decode()


def optional(kind: Any) -> bool:
    """Tell whether None is a value of the type."""
    return get_origin(kind) in (Union, types.UnionType) and type(None) in get_args(kind)
