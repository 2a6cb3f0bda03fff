"""How a setting may be shown: a secret is `[set]`, a URL keeps all but its password."""

from urllib.parse import urlsplit, urlunsplit

from watchword.app.settings.catalogue import Entry

SET = "[set]"


def shown(entry: Entry, text: str) -> str:
    """Return what may be shown of a setting's text."""
    if not entry.secret or not text:
        return text
    return _without_password(text) if "://" in text else SET


def _without_password(url: str) -> str:
    parts = urlsplit(url)
    if not parts.scheme or not (parts.hostname or parts.path):
        return SET
    who, at, place = parts.netloc.rpartition("@")
    name, colon, _ = who.partition(":")
    netloc = f"{name}{colon}{SET if colon else ''}{at}{place}"
    return urlunsplit((parts.scheme, netloc, parts.path, SET if parts.query else "", ""))
