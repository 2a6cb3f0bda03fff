"""How often somebody may knock: one limit for each rule of the throttle, `COUNT/MILLISECONDS`."""

from collections.abc import Mapping
from datetime import timedelta

from watchword.kernel.limits import Limit
from watchword.kernel.parsing import boolean, milliseconds, whole
from watchword.kernel.parts import Alias, section, setting

_HINT_BELOW = 1000


def _as_milliseconds(text: str) -> str:
    if whole(1)(text) < _HINT_BELOW:
        message = "the unit is not clear: give RATE_LIMIT_WINDOW_MS, in milliseconds"
        raise ValueError(message)
    return text


def _minutes(text: str) -> str:
    return str(whole(1, 10080)(text) * 60_000)


def _limit_or_none(text: str) -> Limit | None:
    return Limit.parse(text) if text else None


@section
class LimitSettings:
    """Rate limits, by address (IPv6 by /64) and, where somebody names an account, by account."""

    window: timedelta = setting(
        "RATE_LIMIT_WINDOW_MS",
        "Milliseconds of the window that RATE_LIMIT_MAX_REQUESTS is counted in.",
        parse=milliseconds,
        default="900000",
        aliases=(Alias("RATE_LIMIT_WINDOW", _as_milliseconds, {"nova": str, "generic": _minutes}),),
    )
    max_requests: int = setting(
        "RATE_LIMIT_MAX_REQUESTS",
        "Requests to the API in one window.",
        parse=whole(1),
        default="100",
        aliases=("RATE_LIMIT_MAX",),
    )
    api: Limit | None = setting(
        "RATE_LIMIT_API",
        "Requests to the API; empty is RATE_LIMIT_MAX_REQUESTS/RATE_LIMIT_WINDOW_MS.",
        parse=_limit_or_none,
        default="",
    )
    auth: Limit = setting(
        "RATE_LIMIT_AUTH", "Attempts to sign in.", parse=Limit.parse, default="5/900000"
    )
    otp: Limit = setting(
        "RATE_LIMIT_OTP",
        "Requests for a code by one network, and letters with one to one mailbox.",
        parse=Limit.parse,
        default="3/60000",
    )
    upload: Limit = setting(
        "RATE_LIMIT_UPLOAD", "Uploads.", parse=Limit.parse, default="10/3600000"
    )
    page: Limit = setting(
        "RATE_LIMIT_PAGE", "Pages looked at.", parse=Limit.parse, default="600/60000"
    )
    webhook: Limit = setting(
        "RATE_LIMIT_WEBHOOK",
        "Posts of providers to a webhook.",
        parse=Limit.parse,
        default="6000/60000",
    )
    letters: Limit = setting(
        "RATE_LIMIT_LETTERS",
        "Letters to one mailbox by one way: registration, its letter once more, a forgotten password,"
        " another address, a forgotten PIN, each for itself.",
        parse=Limit.parse,
        default="3/3600000",
    )
    legacy_headers: bool = setting(
        "RATE_LIMIT_LEGACY_HEADERS",
        "Whether answers carry X-RateLimit-* besides RateLimit-*; its Reset is in seconds since 1970.",
        parse=boolean,
        default="false",
    )

    @property
    def rules(self) -> Mapping[str, Limit]:
        """Return the throttle's rules by name."""
        return {
            "api": self.api or Limit(self.max_requests, self.window),
            "auth": self.auth,
            "otp": self.otp,
            "upload": self.upload,
            "page": self.page,
            "webhook": self.webhook,
            "letters": self.letters,
        }
