"""Told whole or in parts: parts that are given stand above a whole that is only a default."""

from collections.abc import Mapping, MutableMapping

from watchword.app.settings.catalogue import Entry
from watchword.app.settings.lookup import Value
from watchword.app.settings.values import Kind, Settings, Source

WHOLES = {"DATABASE_URL": ("DB_HOST", "DB_NAME"), "REDIS_URL": ("REDIS_HOST",)}


def prefer_parts(entries: Mapping[str, Entry], values: MutableMapping[str, Value]) -> None:
    """Leave the whole empty where its parts were given and it was not."""
    for whole, parts in WHOLES.items():
        known = [values.get(part) for part in parts]
        given = all(each is not None and each.source.given for each in known)
        if given and whole in values and not values[whole].source.given:
            source = Source(Kind.DEFAULT, f"built from {' and '.join(parts)}")
            values[whole] = Value(entries[whole].parse(""), "", source)


def is_told(settings: Settings, name: str) -> bool:
    """Tell whether it was given, whole or in parts."""
    parts = WHOLES.get(name, ())
    return settings.given(name) or (bool(parts) and all(map(settings.given, parts)))
