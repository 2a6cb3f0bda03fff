"""How a setting may be shown: a secret is `[set]`, a URL keeps all but its password."""

from watchword.app.settings.catalogue import Entry

SET = "[set]"


def shown(entry: Entry, text: str) -> str:
    """Return what may be shown of a setting's text."""
    if not entry.secret or not text:
        return text
    return _without_password(text) if "://" in text else SET


def _without_password(url: str) -> str:
    scheme, _, rest = url.partition("://")
    rest, question, _ = rest.partition("?")
    who, at, place = rest.rpartition("@")
    name, colon, _ = who.partition(":")
    hidden = f"{name}{colon}{SET * bool(colon)}{at}"
    return f"{scheme}://{hidden}{place}{question}{SET * bool(question)}"
