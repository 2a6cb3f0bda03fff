"""Looking up one setting: by its name and aliases, layer by layer; what is wrong is collected."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from watchword.app.settings.catalogue import Entry
from watchword.app.settings.layers import FILE, Layer, Told, Unreadable
from watchword.app.settings.values import Kind, Source


@dataclass(frozen=True, slots=True)
class Value:
    """A setting's value, its text under the canonical name, and where it came from."""

    value: Any = field(repr=False)
    text: str = field(repr=False)
    source: Source


@dataclass(slots=True)
class Lookup:
    """Looks settings up; `faults` are (name, sentence) of all that was wrong so far."""

    layers: Sequence[Layer]
    profile: str = "generic"
    faults: list[tuple[str, str]] = field(default_factory=list)

    def find(self, entry: Entry) -> Value | None:
        """Return the setting's value; nothing when it is wrong, or required and not told."""
        for layer in self.layers:
            before = len(self.faults)
            ask = self._ask_late if entry.late else self._ask
            told = [value for name in entry.names if (value := ask(layer, entry, name))]
            if len(self.faults) > before:
                return None
            if told:
                return self._agreed(entry, told)
        if entry.default is None:
            return None
        return Value(entry.parse(entry.default), entry.default, Source(Kind.DEFAULT, "default"))

    def _ask(self, layer: Layer, entry: Entry, name: str) -> Value | None:
        try:
            told = layer.get(name)
            if told is None or not (told.text or entry.empty_counts):
                return None
            return self._read(entry, name, told)
        except Unreadable as error:
            self.faults.append((name, f"{error}."))
        except ValueError as error:
            self.faults.append((name, _sentence(entry, str(error), told)))
        return None

    def _ask_late(self, layer: Layer, entry: Entry, name: str) -> Value | None:
        """Leave the file unread: it may be there for somebody else, and no concern of this process."""
        named = layer.get(name + FILE)
        if named is not None and named.text:
            return Value(Path(named.text), named.text, named.source)
        return self._ask(layer, entry, name)

    def _read(self, entry: Entry, name: str, told: Told) -> Value:
        alias = next((each for each in entry.aliases if each.name == name), None)
        text = alias.canonical(told.text, self.profile) if alias else told.text
        return Value(entry.parse(text), text, told.source)

    def _agreed(self, entry: Entry, told: list[Value]) -> Value | None:
        first = told[0]
        for other in told[1:]:
            if other.value != first.value:
                self.faults.append((entry.name, _disagreement(first.source, other.source)))
                return None
        return first


def _disagreement(first: Source, second: Source) -> str:
    return f"{first} and {second} say different things, and are one setting: keep one."


def _sentence(entry: Entry, sentence: str, told: Told | None) -> str:
    """Return the parser's sentence, unless it repeats a secret."""
    if entry.secret and told is not None and told.text in sentence:
        sentence = "this is not acceptable here"
    elsewhere = told is not None and told.source.kind is not Kind.ENVIRONMENT
    return f"{sentence} ({told.source})." if told and elsewhere else f"{sentence}."
