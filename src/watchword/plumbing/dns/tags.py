"""Lists of `name=value;` as DKIM and DMARC write them (RFC 6376, section 3.2)."""

import re
from typing import Final

_NAME: Final = re.compile(r"[A-Za-z][A-Za-z0-9_]*")


class TagsInvalid(ValueError):
    """The list does not follow the grammar."""


def tags(text: str) -> dict[str, str]:
    """Read a list, in its order; names in lower case. Problem: `TagsInvalid`."""
    found: dict[str, str] = {}
    for part in text.split(";"):
        if not part.strip():
            continue
        name, mark, value = part.partition("=")
        name = name.strip().lower()
        if not mark or not _NAME.fullmatch(name):
            raise TagsInvalid(f"`{part.strip()}` is no name=value")
        if name in found:
            raise TagsInvalid(f"`{name}` is said twice")
        found[name] = value.strip()
    return found
