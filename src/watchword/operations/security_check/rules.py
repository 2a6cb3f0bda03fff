"""What looks like a secret, which files hold them, and which headers an answer owes."""

import hashlib
import math
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from functools import cache
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from watchword.plumbing.findings import Finding, failed, ok, warning

CHECKS: Final = ("files", "secrets", "dependencies", "https", "headers")
BASELINE: Final = ".secrets-baseline"
CHECK: Final = "watchword security-check"
SKIPPED_FOLDERS: Final = frozenset(
    {
        *(".git", ".hg", ".cache", ".hypothesis", ".import_linter_cache", ".mypy_cache"),
        *(".pytest_cache", ".ruff_cache", "node_modules", "__pycache__", "site-packages", "dist"),
    }
)
MOST_BYTES: Final = 1 << 20
MODE: Final = 0o600
_LEAST_ENTROPY: Final = 3.5
_TOLD: Final = 5
_SOON: Final = timedelta(days=14)
_LEAST_HSTS: Final = 15_552_000

_SHAPES: Final = (
    ("private key", r"-----BEGIN (?:[A-Z]+ )*PRIVATE KEY-----"),
    ("age identity", r"AGE-SECRET-KEY-1[0-9A-Z]{50,}"),
    ("AWS key", r"\b(?:AKIA|ASIA)[0-9A-Z]{16}\b"),
    ("GitHub token", r"\bgh[pousr]_[A-Za-z0-9]{36,}"),
    ("GitLab token", r"\bglpat-[A-Za-z0-9_-]{20,}"),
    ("Google key", r"\bAIza[0-9A-Za-z_-]{35}"),
    ("SendGrid key", r"\bSG\.[A-Za-z0-9_-]{16,}\.[A-Za-z0-9_-]{16,}"),
    ("Slack token", r"\bxox[abeprs]-[A-Za-z0-9-]{10,}"),
    ("Slack webhook", r"hooks\.slack\.com/services/T[A-Z0-9]+/B[A-Z0-9]+/[A-Za-z0-9]{16,}"),
    ("Stripe key", r"\b[rs]k_live_[A-Za-z0-9]{16,}"),
    ("Twilio key", r"\bSK[0-9a-f]{32}\b"),
    ("Mailgun key", r"\bkey-[0-9a-f]{32}\b"),
    ("Vault token", r"\bhvs\.[A-Za-z0-9_-]{24,}"),
)
_IN_ADDRESS: Final = r"\b[a-z][a-z0-9+.-]*://[^\s:/@'\"]*:(?P<value>[^\s:/@'\"]{8,})@[^\s'\"]+"
_NAMED: Final = r"""(?ix) ["']? \b [\w.-]*
      (?: passwd | password | passphrase | secret | api_?-?key | auth_?-?token
      | access_?-?key | private_?-?key | pepper ) \w* ["']? \s* (?: : | :?=>? ) \s*
      (?: ["'] (?P<quoted>[^"'\s]{16,}) ["'] | (?P<bare>[A-Za-z0-9+/_=.-]{16,}) \s* $ )"""
_REFERENCE: Final = (
    r"[${}<>%*\[\]()]|^(?:/|\./|~|https?://|file:|env:|vault:)"
    r"|(?i:example|change.?me|placeholder|your|^(?:the-)?(?:password|secret)$)"
)
_CODE: Final = r"^[A-Za-z_]+(?:[._-][A-Za-z_]+)*$"


@dataclass(frozen=True, slots=True, kw_only=True)
class Suspect:
    """A place that looks like a secret; `digest` names it in a baseline and tells nothing of it."""

    path: str
    line: int
    kind: str
    digest: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Address:
    """What a live address told: how it was reached, and the head of its answer."""

    url: str
    status: int
    headers: Mapping[str, str]
    lasts: timedelta | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What is to be looked at; `fix`: and mended."""

    folder: Path
    base: str = ""
    baseline: Path | None = None
    fix: bool = False
    trust: Path | None = None


def suspects(path: str, text: str) -> Iterator[Suspect]:
    """Yield what looks like a secret in a file."""
    for number, line in enumerate(text.splitlines(), 1):
        for kind, value in _found(line):
            told = hashlib.sha256(f"{path}\0{kind}\0{value}".encode()).hexdigest()
            yield Suspect(path=path, line=number, kind=kind, digest=told)


def _found(line: str) -> Iterator[tuple[str, str]]:
    known = [
        (kind, found[0]) for kind, shape in _SHAPES if (found := _compiled(shape).search(line))
    ]
    yield from known
    address = _compiled(_IN_ADDRESS).search(line)
    if address and _unpredictable(address["value"], least=2.5):
        yield "password in an address", address["value"]
    named = _compiled(_NAMED).search(line)
    value = (named["quoted"] or named["bare"]) if named else ""
    if value and not known and _unpredictable(value):
        yield "value beside a secret's name", value


@cache
def _compiled(shape: str) -> re.Pattern[str]:
    """Compile a shape when it is first looked for: no other command waits for it."""
    return re.compile(shape)


def _unpredictable(value: str, least: float = _LEAST_ENTROPY) -> bool:
    """Tell whether it is a value, and no name of one and no word for people."""
    if _compiled(_REFERENCE).search(value):
        return False
    if _compiled(_CODE).match(value) and least == _LEAST_ENTROPY:
        return False
    return entropy(value) >= least


def entropy(text: str) -> float:
    """Return how many bits each sign of a text tells, by Shannon."""
    shares = [number / len(text) for number in Counter(text).values()]
    return -sum(share * math.log2(share) for share in shares)


def holds_secrets(name: str) -> bool:
    """Tell whether a file is one of those that hold secrets by their name."""
    return (name.startswith(".env") and not name.endswith(".example")) or name.endswith(".key")


def judge_modes(open_ones: Sequence[str], count: int, folder: str) -> Finding:
    """Nobody but the owner reads a file that holds secrets."""
    if open_ones:
        return failed("files", f"others may read {_few(open_ones)}", f"{CHECK} --fix {folder}")
    return ok("files", f"{count} files hold secrets, for their owner alone")


def judge_secrets(found: Sequence[Suspect], looked_at: int, folder: str) -> Finding:
    """Nothing in the folder looks like a secret, but what somebody looked at."""
    if found:
        places = [f"{each.path}:{each.line} ({each.kind})" for each in found]
        fix = f"take them out and renew them; what is none: {CHECK} --write-baseline {folder}"
        return failed("secrets", _few(places), fix)
    return ok("secrets", f"none in {looked_at} files")


def judge_dependencies(faults: Mapping[str, Sequence[str]]) -> Finding:
    """Nothing that is installed has a known fault."""
    if not faults:
        return ok("dependencies", "pip-audit knows of no fault")
    told = [f"{name} {', '.join(ids)}" for name, ids in faults.items()]
    return failed("dependencies", _few(told), "pip-audit --fix")


def judge_https(*, production: bool, required: bool, url: str) -> Finding:
    """Production is spoken to by TLS alone."""
    if not production:
        return ok("https", "not asked of a development")
    wrong = [] if required else ["HTTPS is not true: requests without TLS are answered"]
    if urlsplit(url).scheme != "https":
        wrong.append(f"PUBLIC_BASE_URL is {url}")
    if wrong:
        return failed("https", "; ".join(wrong), "set HTTPS=true, then: watchword env validate")
    return ok("https", "requests without TLS are refused")


def judge_headers(told: Address) -> Finding:
    """A live address answers with all that keeps browsers safe, and tells nothing of what runs there."""
    secure = urlsplit(told.url).scheme == "https"
    wrong = list(_missing(told.headers, secure=secure))
    fix = "let the service itself send them; see docs/operate/proxy.md"
    if secure and told.lasts is not None and told.lasts < _SOON:
        wrong.append(f"the certificate ends in {told.lasts.days} days")
        fix = "renew it; see docs/operate/tls.md"
    if wrong:
        return failed("headers", "; ".join(wrong), fix)
    if not secure:
        return warning("headers", f"{told.url} is not https; its headers are good")
    return ok("headers", f"{told.url} answers {told.status} with all of them")


def _missing(headers: Mapping[str, str], *, secure: bool) -> Iterator[str]:
    if headers.get("x-content-type-options", "").lower() != "nosniff":
        yield "X-Content-Type-Options is not nosniff"
    policy = headers.get("content-security-policy", "")
    if "frame-ancestors" not in policy and not headers.get("x-frame-options"):
        yield "neither frame-ancestors nor X-Frame-Options"
    if not policy:
        yield "no Content-Security-Policy"
    if not headers.get("referrer-policy"):
        yield "no Referrer-Policy"
    age = re.search(r"max-age=(\d+)", headers.get("strict-transport-security", ""))
    if secure and (age is None or int(age[1]) < _LEAST_HSTS):
        yield "Strict-Transport-Security is missing or shorter than half a year"
    if headers.get("x-powered-by") or re.search(r"\d", headers.get("server", "")):
        yield "Server or X-Powered-By tells a version"


def _few(told: Iterable[str]) -> str:
    every = list(told)
    more = f", and {len(every) - _TOLD} more" if len(every) > _TOLD else ""
    return ", ".join(every[:_TOLD]) + more
