"""Hosts as settings name them: such that somebody could look them up, and as the DNS has them."""

import re
from ipaddress import ip_address
from typing import Final

_LABEL: Final = re.compile(r"[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?")
_LONGEST: Final = 253


def host_name(text: str) -> str:
    """Return an address, or a name in A-labels. ValueError: nobody could look it up.

    Source: RFC 1123, 2.1; RFC 5891 (IDNA 2008), as TLS verifies it.
    """
    host = text.strip().lower()
    try:
        return str(ip_address(host))
    except ValueError:
        pass
    name = _ascii(host).removesuffix(".")
    labels = name.split(".")
    if len(name) > _LONGEST or not all(map(_LABEL.fullmatch, labels)) or labels[-1].isdigit():
        message = (
            "its host is none that could be looked up: write an address, or a name such as"
            " example.org, whose parts have 1 to 63 letters, digits and dashes"
        )
        raise ValueError(message)
    return name


def host(text: str) -> str:
    """Read a host, as it is written; empty stays empty."""
    if text.strip():
        host_name(text)
    return text.strip()


def _ascii(host: str) -> str:
    """Write a name of other letters as the DNS does; nothing where it does not know them."""
    if host.isascii():
        return host
    import idna  # noqa: PLC0415 - its tables are large, and few hosts need them

    try:
        return idna.encode(host).decode()
    except UnicodeError:
        return ""
