"""Problem details for HTTP APIs (RFC 9457): `application/problem+json` with a stable `code`.

{"type": "https://…/problems/token_expired" (or about:blank), "title", "status", "detail",
 "code", "request_id", "errors": [{"field", "code", "message"}]}
"""

import math
from collections.abc import Mapping
from typing import Any

from starlette.responses import Response

from watchword.kernel.problems import Kind, Problem
from watchword.plumbing.logs import logger
from watchword.plumbing.shapes import to_json

MEDIA_TYPE = "application/problem+json"


def document(problem: Problem, request_id: str) -> dict[str, Any]:
    """Return the problem as people outside may see it."""
    told: dict[str, Any] = {
        "type": f"/problems/{problem.code}",
        "title": problem.title(),
        "status": problem.kind.value,
        "detail": problem.detail,
        "code": problem.code,
        "request_id": request_id,
    }
    if problem.errors:
        told["errors"] = [
            {"field": e.field, "code": e.code, "message": e.message} for e in problem.errors
        ]
    return told


def headers(problem: Problem) -> dict[str, str]:
    """Return the headers that belong to the problem."""
    told = {"Cache-Control": "no-store"}
    if problem.retry_after is not None:
        told["Retry-After"] = str(max(1, math.ceil(problem.retry_after.total_seconds())))
    elif problem.kind is Kind.UNAVAILABLE:
        told["Retry-After"] = "1"
    if problem.kind in {Kind.TOO_LARGE, Kind.TOO_SLOW}:
        told["Connection"] = "close"  # what was not read is not waited for
    if problem.kind is Kind.UNAUTHENTICATED:
        told["WWW-Authenticate"] = 'Bearer realm="watchword"'
    return told


def problem_response(problem: Problem, request_id: str) -> Response:
    """Render the problem."""
    return Response(
        to_json(document(problem, request_id)),
        status_code=problem.kind.value,
        media_type=MEDIA_TYPE,
        headers=headers(problem),
    )


def plain(problem: Problem, request_id: str) -> tuple[int, list[tuple[bytes, bytes]], bytes]:
    """Render the problem for a door that stands before the router: status, headers, body."""
    told = {"Content-Type": MEDIA_TYPE, **headers(problem)}
    lines = [(name.lower().encode(), value.encode()) for name, value in told.items()]
    return problem.kind.value, lines, to_json(document(problem, request_id))


def untold(error: Exception, scope: Mapping[str, Any]) -> Problem:
    """Return what to tell of an error that no door has rendered, and log what only we may know."""
    about = {"route": scope["path"], "request_id": scope["watchword.request_id"]}
    if not isinstance(error, Problem):
        logger.log().error("unhandled error", exc_info=error, **about)
        return Bug()
    if error.private and error.kind in {Kind.BUG, Kind.UNAVAILABLE}:
        logger.log().error(error.private, problem=error.code, **about)
    return error


class Bug(Problem):
    """Something went wrong on our side: it is logged under the request id."""

    code = "internal_error"
    kind = Kind.BUG
