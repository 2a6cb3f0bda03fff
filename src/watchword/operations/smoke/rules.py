"""What a healthy service answers from outside."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, Final
from urllib.parse import urlsplit

import msgspec

from watchword.kernel.addresses import is_loopback
from watchword.kernel.chance import Chance
from watchword.kernel.secret import Secret
from watchword.plumbing.findings import Finding, failed, ok, warning

INSIDE: Final = ("sign-in", "caller", "refresh", "sign-out")
LOGIN: Final = "/auth/login"
DOCTOR: Final = "watchword doctor"
_PROXY: Final = "see docs/operate/proxy.md"
_SOON: Final = timedelta(days=14)
_PRIVATE: Final = frozenset({"d", "p", "q", "dp", "dq", "qi", "k"})
_OWED: Final = (
    "content-security-policy",
    "x-content-type-options",
    "referrer-policy",
)
_GOOD, _MISSING, _TOO_MANY = 200, 404, 429


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """What a path answered; without a status nobody did, and `trouble` says why not."""

    path: str
    status: int = 0
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    trouble: str = ""

    @property
    def json(self) -> dict[str, Any]:
        """Return the object it told; an empty one when it told none."""
        try:
            found = msgspec.json.decode(self.body)
        except msgspec.DecodeError:
            return {}
        return found if isinstance(found, dict) else {}

    @property
    def words(self) -> str:
        """Say what came back, in short."""
        code = self.json.get("code")
        said = f"{self.path} answers {self.status}"
        return self.trouble or (f"{said} {code}" if isinstance(code, str) else said)


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """Who the trial signs in as; `fresh`: it registers first, in development."""

    email: str
    password: Secret
    fresh: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Paths:
    """Where this deployment has what settings may move, and what its proxy leads to it: else all."""

    health: str = "/health"
    ready: str = "/ready"
    led: tuple[str, ...] = ()

    def leads_to(self, path: str) -> bool:
        """Say whether the proxy leads there."""
        return not self.led or any(
            path == each or path.startswith(f"{each.rstrip('/')}/") for each in self.led
        )

    @property
    def nowhere(self) -> str:
        """Return a path that leads to us, and at which nothing is."""
        return f"{self.led[0].rstrip('/') if self.led else ''}/nothing-is-here"

    @property
    def prefix(self) -> str:
        """Return what stands before the API's paths, where no contract tells it."""
        return "" if self.led and self.leads_to(LOGIN) else "/api/v1"

    @property
    def asked(self) -> dict[str, str]:
        """Return the paths of the checks that can be made from outside, in their order."""
        paths = {
            "live": "/live",
            "ready": self.ready,
            "health": self.health,
            "headers": self.health,
            "missing": self.nowhere,
            "contract": "/openapi.json",
            "keys": "/.well-known/jwks.json",
            "pages": "/login",
            "contact": "/.well-known/security.txt",
            "metrics": "/metrics",
        }
        return {check: path for check, path in paths.items() if self.leads_to(path)}

    def checks(self, account: Account | None) -> tuple[str, ...]:
        """Return all that is looked at, for somebody who signs in or for nobody."""
        return ("tls", *self.asked, *(INSIDE if account else ()))


def stranger(chance: Chance) -> Account:
    """Return an account that nobody has, for a trial in development."""
    mark = chance.draw(8).hex()
    return Account(
        email=f"smoke-{mark}@example.org", password=Secret(chance.draw(24).hex()), fresh=True
    )


def judge_tls(url: str, lasts: timedelta | None, trouble: str) -> Finding:
    """A stranger can verify whom they speak to."""
    parts = urlsplit(url)
    if trouble:
        return failed("tls", f"{url}: {trouble}", f"watchword health --base {url}")
    if parts.scheme != "https":
        if is_loopback(parts.hostname or ""):
            return ok("tls", "on this machine, without TLS")
        return failed("tls", f"{url} is not https", "see docs/operate/tls.md")
    if lasts is None:
        return ok("tls", "verified")
    if lasts < _SOON:
        return failed(
            "tls", f"the certificate ends in {lasts.days} days", "see docs/operate/tls.md"
        )
    return ok("tls", f"verified; the certificate is good for {lasts.days} days")


def judge_live(told: Told) -> Finding:
    """The process answers."""
    if told.status == _GOOD and told.json.get("status") == "alive":
        return ok("live", "the process answers")
    return failed("live", told.words, "see docs/operate/runbooks/start.md")


def judge_ready(told: Told) -> Finding:
    """It takes requests."""
    if told.status == _GOOD:
        return ok("ready", "it takes requests")
    return failed("ready", f"{told.words} {told.json.get('reason', '')}".strip(), DOCTOR)


def judge_health(got: Told, head: Told) -> Finding:
    """All is well, whether it is asked for the body or for the head alone."""
    status = got.json.get("status")
    if got.status != _GOOD or head.status != got.status:
        asked_for_head = f"; to HEAD {head.status}" if head.status != got.status else ""
        return failed("health", f"{got.words} {status or ''}".strip() + asked_for_head, DOCTOR)
    if status != "healthy":
        return warning("health", f"it is {status}", DOCTOR)
    return ok("health", "healthy")


def judge_headers(told: Told, *, secure: bool) -> Finding:
    """Browsers are told to be careful."""
    owed = [*_OWED, *(("strict-transport-security",) if secure else ())]
    away = [name for name in owed if not told.headers.get(name)]
    if told.status and not away:
        return ok("headers", "all of them")
    return failed("headers", f"missing: {', '.join(away)}" if told.status else told.words, _PROXY)


def judge_missing(told: Told) -> Finding:
    """What is not there is a problem that programs understand."""
    plain = told.headers.get("content-type", "").startswith("application/problem+json")
    if told.status == _MISSING and plain and told.json.get("code") == "not_found":
        return ok("missing", "told as a problem")
    return failed("missing", f"{told.words}, where nothing is", _PROXY)


def judge_contract(told: Told) -> Finding:
    """The API is described."""
    paths = told.json.get("paths")
    if told.status == _GOOD and isinstance(paths, dict) and prefix_of(told) is not None:
        return ok("contract", f"{len(paths)} paths")
    return failed("contract", told.words, _PROXY)


def prefix_of(contract: Told) -> str | None:
    """Return what stands before the paths of the API."""
    paths = contract.json.get("paths")
    known = (
        [path for path in paths or () if path.endswith(LOGIN)] if isinstance(paths, dict) else []
    )
    return max(known, key=len).removesuffix(LOGIN) if known else None


def judge_keys(told: Told) -> Finding:
    """Whoever checks our tokens finds public keys, and nothing private."""
    keys = told.json.get("keys")
    if told.status != _GOOD or not isinstance(keys, list) or not keys:
        return failed("keys", f"{told.words}, and no key", "watchword keys list")
    if any(_PRIVATE & set(key) for key in keys):
        return failed("keys", "a private key is told to everybody", "watchword keys rotate")
    if not all(key.get("kid") and key.get("alg") for key in keys):
        return failed("keys", "a key without kid or alg", "watchword keys list")
    return ok("keys", ", ".join(sorted({key["alg"] for key in keys})))


def judge_pages(told: Told) -> Finding:
    """People find the page where they sign in."""
    if told.status == _GOOD and b"<form" in told.body:
        return ok("pages", "people can sign in")
    return failed("pages", told.words, _PROXY)


def judge_contact(told: Told) -> Finding:
    """Whoever finds a weakness knows where to say so."""
    if told.status == _GOOD and b"Contact:" in told.body:
        return ok("contact", "there is one")
    return warning("contact", told.words, "set SECURITY_EMAIL")


def judge_metrics(told: Told) -> Finding:
    """Strangers are not told what is counted."""
    if told.status == _GOOD and b"http_requests_total" in told.body:
        return warning("metrics", "anybody may read /metrics", "set METRICS_PORT or METRICS_TOKEN")
    return ok("metrics", "not told to strangers")


def judge_answer(check: str, told: Told, wanted: Sequence[int], well: str) -> Finding:
    """A step of the trial came back as it should."""
    if told.status in wanted:
        return ok(check, well)
    if told.status == _TOO_MANY:
        return failed(check, f"{told.words}: too many attempts from here", _later(told))
    return failed(check, told.words, "watchword logs --level warning")


def _later(told: Told) -> str:
    """Say how long the service wants to be left alone (RFC 9110, section 10.2.3)."""
    after = told.headers.get("retry-after", "")
    if after.isdecimal():
        return f"wait {after} seconds, then run it again"
    return f"wait until {after}, then run it again" if after else "wait a while, then run it again"


JUDGES: Final[Mapping[str, Callable[[Told], Finding]]] = {
    "live": judge_live,
    "ready": judge_ready,
    "missing": judge_missing,
    "contract": judge_contract,
    "keys": judge_keys,
    "pages": judge_pages,
    "contact": judge_contact,
    "metrics": judge_metrics,
}
