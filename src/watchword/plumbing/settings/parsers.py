"""Parsers of what several sections hold: addresses, paths, numbers that may be absent."""

import base64
import binascii
import re
from ipaddress import ip_address
from pathlib import Path
from typing import Final
from urllib.parse import SplitResult, urlsplit

from watchword.kernel.parsing import listed, whole
from watchword.kernel.problems import InputInvalid
from watchword.kernel.secret import Secret
from watchword.plumbing.contact import email_address, phone_number
from watchword.plumbing.dns.names import domain_name
from watchword.plumbing.settings.hosts import host, host_name

_KEY_PREFIX: Final = "whsec_"
_SHORTEST_KEY, _LONGEST_KEY = 24, 64  # bytes, as Standard Webhooks asks for
_HOST = re.compile(
    r"[A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?(\.[A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?)*"
)
_PATH = re.compile(r"(/[A-Za-z0-9._~-]+)+")


def web_address(text: str) -> str:
    """Read an http or https address of a site, without a slash at its end; empty stays empty."""
    if not text:
        return ""
    parts = split(text)
    plain = not (parts.query or parts.fragment or parts.username or parts.password)
    if parts.scheme not in {"http", "https"} or not parts.hostname or not plain:
        message = "write an address such as https://auth.example.org"
        raise ValueError(message)
    host_name(parts.hostname)
    return text.strip().rstrip("/")


def full_web_address(text: str) -> str:
    """Read the http or https address of one page, without a name or password in it; empty stays empty."""
    parts = split(text)
    good = (
        parts.scheme in {"http", "https"}
        and parts.hostname
        and not (parts.username or parts.password)
    )
    if text and not good:
        message = "write an address such as https://example.org/hooks"
        raise ValueError(message)
    host(parts.hostname or "")
    return text.strip()


def mailbox(text: str) -> str:
    """Read the address of a mailbox; empty stays empty."""
    try:
        return email_address(text).text if text else ""
    except InputInvalid:
        message = "this is not an e-mail address"
        raise ValueError(message) from None


def dns_name(text: str) -> str:
    """Read a name of the DNS; empty stays empty."""
    return domain_name(text) if text else ""


def file_path(text: str) -> Path | None:
    """Read the path of a file or a folder; empty is none."""
    return Path(text.strip()) if text.strip() else None


def telephone(text: str) -> str:
    """Read a telephone number, as E.164; empty stays empty."""
    try:
        return phone_number(text, None) if text else ""
    except InputInvalid:
        message = "write a telephone number such as +213555000000"
        raise ValueError(message) from None


def webhook_keys(text: str) -> tuple[Secret, ...]:
    """Read keys of Standard Webhooks with | between them; nothing of a wrong one is quoted."""
    keys = tuple(key.strip() for key in text.split("|")) if text else ()
    if not all(map(_is_webhook_key, keys)):
        message = f"write {_KEY_PREFIX} and the base64 of {_SHORTEST_KEY} to {_LONGEST_KEY} bytes"
        raise ValueError(message)
    return tuple(map(Secret, keys))


def _is_webhook_key(text: str) -> bool:
    try:
        key = base64.b64decode(text.removeprefix(_KEY_PREFIX), validate=True)
    except (binascii.Error, ValueError):
        return False
    return text.startswith(_KEY_PREFIX) and _SHORTEST_KEY <= len(key) <= _LONGEST_KEY


def origins(text: str) -> tuple[str, ...]:
    """Read a comma-separated list of origins, as browsers write them."""
    found = tuple(web_address(part) for part in listed(text.replace("*", "*,")) if part)
    if any(urlsplit(each).path for each in found):
        message = "write origins such as https://app.example.org, without a path and never *"
        raise ValueError(message)
    return found


def url_path(text: str) -> str:
    """Read the path of a URL: `/health`."""
    path = text.strip().rstrip("/")
    if not _PATH.fullmatch(path) or {".", ".."} & set(path.split("/")):
        message = "write a path such as /health"
        raise ValueError(message)
    return path


def url_prefix(text: str) -> str:
    """Read what stands before paths: `/api/v1`, or `/` for nothing."""
    return "" if text.strip() == "/" else url_path(text)


def url_prefixes(text: str) -> tuple[str, ...]:
    """Read a comma-separated list of what stands before paths."""
    return tuple(url_prefix(part) for part in listed(text))


def listening_address(text: str) -> str:
    """Read an address of this machine, or its name; one of digits alone is an address."""
    host = text.strip()
    try:
        return str(ip_address(host))
    except ValueError:
        if _HOST.fullmatch(host) and not host.rpartition(".")[2].isdigit():
            return host
        message = "write an address of this machine such as 127.0.0.1, or its name"
        raise ValueError(message) from None


def count_or_auto(text: str) -> int:
    """Read a number of processes; `auto` is 0."""
    if text.strip().lower() == "auto":
        return 0
    try:
        return whole(1, 256)(text)
    except ValueError:
        message = "write auto or a whole number from 1 to 256"
        raise ValueError(message) from None


def split(text: str) -> SplitResult:
    """Split a URL; ValueError says nothing of its content, which may hold a password."""
    try:
        parts = urlsplit(text.strip())
        _ = parts.port
    except ValueError:
        message = "this is not a URL"
        raise ValueError(message) from None
    return parts
