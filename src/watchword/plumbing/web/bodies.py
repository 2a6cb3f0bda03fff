"""Bodies of requests: read with bounds, as JSON or as a form.

Bodies larger than 64 KiB are refused before they are read; names given twice are refused, of which
readers before us may have taken another (RFC 8259, section 4); deep nesting fails fast in the decoder.
Problems: `body_too_large` (413), `body_too_slow` (408), `unsupported_media_type` (415),
`malformed_body` (400), `invalid_input` (422, with `errors[]`).
"""

import asyncio
import json
from collections import Counter
from typing import Any
from urllib.parse import parse_qsl

import msgspec
from starlette.requests import ClientDisconnect, Request

from watchword.kernel.problems import (
    BodyMalformed,
    BodyTooLarge,
    BodyTooSlow,
    InputInvalid,
    MediaTypeUnsupported,
)
from watchword.plumbing.shapes import MAX_FAULTS, Shape, convert, given_twice

MAX_BODY = 64 * 1024
MAX_FIELDS = 64
PATIENCE_SECONDS = 15.0

_MOST_DIGITS = 9


def carries_body(request: Request) -> bool:
    """Tell whether the request comes with a body (RFC 9112, section 6.3)."""
    headers = request.headers
    return headers.get("content-length", "0") != "0" or "transfer-encoding" in headers


def demand_json(request: Request) -> None:
    """Refuse a body that is not said to be JSON, unread. Problem: `unsupported_media_type`."""
    kind = _kind(request)
    if kind != "application/json" and not kind.endswith("+json"):
        raise MediaTypeUnsupported


def demand_form(request: Request) -> None:
    """Refuse a body that is not said to be a form, unread. Problem: `unsupported_media_type`."""
    if _kind(request) != "application/x-www-form-urlencoded":
        raise MediaTypeUnsupported("Send the form as application/x-www-form-urlencoded.")


def _kind(request: Request) -> str:
    return request.headers.get("content-type", "").partition(";")[0].strip().lower()


async def read_json(request: Request, shape: type[Shape]) -> Shape:
    """Read a JSON body as the shape."""
    demand_json(request)
    return convert(json_of(await read_bytes(request)), shape)


def json_of(raw: bytes) -> dict[str, Any]:
    """Read a JSON object. Problems: `malformed_body`, `invalid_input` for names given twice."""
    try:
        loose = msgspec.json.decode(raw)
        _read_names(raw.decode())
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError, ValueError) as error:
        raise BodyMalformed(private=str(error)) from error
    if not isinstance(loose, dict):
        raise BodyMalformed("Send a JSON object.")
    return loose


def each_once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Return the fields of an object, a form or a query, each given once. Problem: `invalid_input`."""
    fields = dict(pairs)
    if len(fields) < len(pairs):
        repeated = [name for name, times in Counter(name for name, _ in pairs).items() if times > 1]
        raise InputInvalid(errors=[given_twice(name) for name in repeated[:MAX_FAULTS]])
    return fields


# msgspec keeps the last of equal names and says nothing; this one shows all, in two microseconds.
_read_names = json.JSONDecoder(object_pairs_hook=each_once).decode


async def read_form(request: Request) -> dict[str, str]:
    """Read an urlencoded form."""
    demand_form(request)
    return form_of(await read_bytes(request))


def form_of(raw: bytes) -> dict[str, str]:
    """Read the fields of an urlencoded form. Problem: `malformed_body`."""
    try:
        pairs = parse_qsl(
            raw.decode(), keep_blank_values=True, max_num_fields=MAX_FIELDS, errors="strict"
        )
    except ValueError as error:
        raise BodyMalformed(private=str(error)) from error
    return each_once(pairs)


async def read_bytes(
    request: Request, patience: float = PATIENCE_SECONDS, most: int = MAX_BODY
) -> bytes:
    """Read the whole body, never more than `most` bytes, never longer than `patience` seconds."""
    if request.headers.get("content-encoding", "identity").lower() != "identity":
        raise MediaTypeUnsupported("Send the body as it is, without a Content-Encoding.")
    declared = request.headers.get("content-length", "0")
    if len(declared) > _MOST_DIGITS or (declared.isdigit() and int(declared) > most):
        raise BodyTooLarge
    parts, size = [], 0
    try:
        async with asyncio.timeout(patience):
            async for part in request.stream():
                size += len(part)
                if size > most:
                    raise BodyTooLarge
                parts.append(part)
    except TimeoutError as error:
        raise BodyTooSlow from error
    except ClientDisconnect as error:
        raise BodyMalformed(private="the client went away") from error
    return b"".join(parts)
