"""Secrets of a development: what is missing is derived from JWT_SECRET by HKDF (RFC 5869)."""

from collections.abc import Collection, Mapping, MutableMapping

from watchword.app.settings.catalogue import Entry
from watchword.app.settings.lookup import Value
from watchword.app.settings.values import Kind, Source
from watchword.plumbing.sealing import derive

ROOT = "JWT_SECRET"


def derive_missing(
    entries: Mapping[str, Entry], values: MutableMapping[str, Value], wrong: Collection[str]
) -> None:
    """Fill in the secrets that nobody gave; none of those that were given wrongly."""
    root = values.get(ROOT)
    if root is None:
        return
    for name, entry in entries.items():
        if entry.derivable and name not in values and not set(entry.names) & set(wrong):
            text = derive(root.text, f"development {name}").hex()
            source = Source(Kind.DERIVED, f"derived from {ROOT}, for development only")
            values[name] = Value(entry.parse(text), text, source)
