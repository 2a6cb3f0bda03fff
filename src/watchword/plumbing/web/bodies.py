"""Bodies of requests: read with bounds, as JSON or as a form.

Bodies larger than 64 KiB are refused before they are read; names given twice are refused, of which
readers before us may have taken another (RFC 8259, section 4); deep nesting fails fast in the decoder.
Problems: `body_too_large` (413), `body_too_slow` (408), `unsupported_media_type` (415),
`malformed_body` (400), `invalid_input` (422, with `errors[]`).
"""

import asyncio
from urllib.parse import parse_qsl

from starlette.requests import ClientDisconnect, Request

from watchword.kernel.problems import (
    BodyMalformed,
    BodyTooLarge,
    BodyTooSlow,
    MediaTypeUnsupported,
)
from watchword.plumbing.shapes import Shape, convert, each_once, json_of

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
    kind = kind_of(request)
    if kind != "application/json" and not kind.endswith("+json"):
        raise MediaTypeUnsupported


def demand_form(request: Request) -> None:
    """Refuse a body that is not said to be a form, unread. Problem: `unsupported_media_type`."""
    if kind_of(request) != "application/x-www-form-urlencoded":
        raise MediaTypeUnsupported("Send the form as application/x-www-form-urlencoded.")


def kind_of(request: Request) -> str:
    """Return the media type that a body is said to be, without its parameters."""
    return request.headers.get("content-type", "").partition(";")[0].strip().lower()


async def read_json(request: Request, shape: type[Shape]) -> Shape:
    """Read a JSON body as the shape."""
    demand_json(request)
    return convert(json_of(await read_bytes(request)), shape)


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
