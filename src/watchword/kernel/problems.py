"""One family of problems: what can go wrong for a reason we can tell.

A flow raises a `Problem`; each door renders it in its own way (problem+json by RFC 9457, a page,
an exit code). Anything that is not a `Problem` is a bug: a bare 500 and a full log.

`code` is stable: clients, documents and translators key on it. The docstring's first line is the
English sentence people read; `private` goes to our log only. A raised problem rolls its transaction back;
`fact` is what the journal learns all the same.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from enum import Enum
from typing import ClassVar

from watchword.kernel.facts import Fact


class Kind(Enum):
    """What sort of problem it is; doors map kinds to their own words."""

    INVALID = 422
    MALFORMED = 400
    UNAUTHENTICATED = 401
    FORBIDDEN = 403
    MISSING = 404
    METHOD = 405
    TOO_SLOW = 408
    CONFLICT = 409
    TOO_LARGE = 413
    UNSUPPORTED = 415
    TOO_MANY = 429
    HEAD_TOO_LARGE = 431
    BUG = 500
    UNAVAILABLE = 503


@dataclass(frozen=True, slots=True)
class FieldError:
    """One field of the input and what is wrong with it; `field` is its JSON name."""

    field: str
    code: str
    message: str


class Problem(Exception):
    """Something went wrong."""

    code: ClassVar[str] = "problem"
    kind: ClassVar[Kind] = Kind.BUG

    def __init__(
        self,
        detail: str | None = None,
        *,
        private: str | None = None,
        errors: Sequence[FieldError] = (),
        retry_after: timedelta | None = None,
        fact: Fact | None = None,
    ) -> None:
        """Carry what people may know (`detail`, `errors`, `retry_after`) and what only we may."""
        self.detail = detail or self.title()
        self.private = private
        self.errors = tuple(errors)
        self.retry_after = retry_after
        self.fact = fact
        super().__init__(private or self.detail)

    @classmethod
    def title(cls) -> str:
        """Return the sentence people read: the docstring's first line."""
        return (cls.__doc__ or cls.__name__).strip().splitlines()[0]


class InputInvalid(Problem):
    """Some fields are missing or wrong."""

    code = "invalid_input"
    kind = Kind.INVALID


class RequestMalformed(Problem):
    """This is not HTTP as it is written."""

    code = "malformed_request"
    kind = Kind.MALFORMED


class HeadTooLarge(Problem):
    """The head of the request is too large."""

    code = "head_too_large"
    kind = Kind.HEAD_TOO_LARGE


class BodyMalformed(Problem):
    """The body is not what this address takes."""

    code = "malformed_body"
    kind = Kind.MALFORMED


class BodyTooLarge(Problem):
    """The body is larger than this address takes."""

    code = "body_too_large"
    kind = Kind.TOO_LARGE


class BodyTooSlow(Problem):
    """The body did not arrive in time: send it in one go."""

    code = "body_too_slow"
    kind = Kind.TOO_SLOW


class MediaTypeUnsupported(Problem):
    """Send the body as JSON (Content-Type: application/json)."""

    code = "unsupported_media_type"
    kind = Kind.UNSUPPORTED


class NotFound(Problem):
    """There is nothing at this address."""

    code = "not_found"
    kind = Kind.MISSING


class MethodNotAllowed(Problem):
    """This address does not take that method."""

    code = "method_not_allowed"
    kind = Kind.METHOD


class Unauthenticated(Problem):
    """Sign in first."""

    code = "unauthenticated"
    kind = Kind.UNAUTHENTICATED


class Forbidden(Problem):
    """You may not do this."""

    code = "forbidden"
    kind = Kind.FORBIDDEN


class FreshSignInRequired(Problem):
    """Sign in again to do this: your last sign-in is too long ago."""

    code = "fresh_sign_in_required"
    kind = Kind.FORBIDDEN


class CsrfRefused(Problem):
    """The request did not prove that it comes from our own pages: reload the page and try again."""

    code = "csrf_refused"
    kind = Kind.FORBIDDEN


class TooManyRequests(Problem):
    """Too many requests: wait a little and try again."""

    code = "rate_limited"
    kind = Kind.TOO_MANY


class Overloaded(Problem):
    """The service is busy: try again in a moment."""

    code = "overloaded"
    kind = Kind.UNAVAILABLE


class Unavailable(Problem):
    """A part that we need is out of reach: try again in a moment."""

    code = "unavailable"
    kind = Kind.UNAVAILABLE


class Conflict(Problem):
    """Somebody changed this in the meantime: reload and try again."""

    code = "conflict"
    kind = Kind.CONFLICT
