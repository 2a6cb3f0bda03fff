"""Macros: names that a record of SPF makes of whoever sends (RFC 7208, section 7).

    %{i}._spf.example.net    the sender's address
    %{ir}.%{v}._spf.%{d2}    ... its parts turned round, and the last two of the domain

What stands there is expanded for one sender: an address that a message could come from, and a name that
nobody has where it is not known.
"""

import re
from ipaddress import IPv4Address, IPv6Address, ip_address
from typing import Final

Address = IPv4Address | IPv6Address

NOBODY: Final = ip_address("240.0.0.1")  # of a network that no message ever came from
_NAME_OF_NOBODY: Final = "nobody-at-all"
_LONGEST: Final = 512
_EXPAND: Final = r"%\{([slodiphv])(0*[1-9][0-9]*)?(r?)([.+,/_=-]*)\}"
_SIGN: Final = r"[\x21-\x24\x26-\x7e]"
_PART: Final = rf"(?:{_EXPAND}|%[%_-]|{_SIGN})"
_TOP: Final = r"(?=[^.]*[A-Za-z-])[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?"
_TEXT = re.compile(rf"{_PART}*", re.IGNORECASE)
_NAME = re.compile(rf"{_PART}*(?:\.{_TOP}\.?|{_EXPAND}|%[%_-])", re.IGNORECASE)
_HOST = re.compile(rf"(?:[A-Za-z0-9_-]{{1,63}}\.)+{_TOP}\.?")
_MACRO = re.compile(_EXPAND, re.IGNORECASE)
_LITERAL: Final = {"%%": "%", "%_": " ", "%-": "%20"}


def is_name(text: str) -> bool:
    """Tell whether it is a name, with macros or without."""
    known = _NAME if "%" in text else _HOST
    return len(text) <= _LONGEST and known.fullmatch(text) is not None


def is_text(text: str) -> bool:
    """Tell whether it is what an unknown modifier may hold."""
    return _TEXT.fullmatch(text) is not None


def expand(name: str, domain: str, home: str, address: Address = NOBODY) -> str:
    """Return the name that is asked for when this address sends for `home`, in the record of `domain`."""
    known = {
        "s": f"{_NAME_OF_NOBODY}@{home}",
        "l": _NAME_OF_NOBODY,
        "o": home,
        "d": domain,
        "i": _dotted(address),
        "p": "unknown",
        "v": "in-addr" if address.version == 4 else "ip6",  # noqa: PLR2004 - the version
        "h": f"{_NAME_OF_NOBODY}.{home}",
    }

    def one(found: re.Match[str]) -> str:
        letter, digits, turned, signs = found.groups()
        parts = re.split(f"[{re.escape(signs or '.')}]", known[letter.lower()])
        parts = parts[::-1] if turned else parts
        return ".".join(parts[-int(digits) :] if digits else parts)

    expanded = _MACRO.sub(one, name)
    return re.sub("%[%_-]", lambda found: _LITERAL[found[0]], expanded).rstrip(".").lower()


def _dotted(address: Address) -> str:
    """Write an address as macros do: of IPv6 each digit by itself."""
    if isinstance(address, IPv4Address):
        return str(address)
    return ".".join(address.exploded.replace(":", ""))
