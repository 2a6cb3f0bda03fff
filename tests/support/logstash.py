"""A pipeline as Logstash would run it: enough of its language to read ours, and to run events through it.

Not Logstash: what a plugin does beyond the settings that our file gives it is not looked at.
"""

import json
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

_TOKEN = re.compile(
    r"""\s+|\#[^\n]*|(?P<token>"(?:[^"\\]|\\.)*"|=>|==|!=|=~|[{}\[\],]|[\w@./:-]+)""", re.VERBOSE
)
Event = dict[str, Any]


@dataclass(slots=True)
class Plugin:
    """A plugin and what it is told."""

    name: str
    settings: dict[str, Any]


@dataclass(slots=True)
class Choice:
    """What is done when something holds, and what otherwise."""

    holds: Callable[[Event], bool]
    then: list["Plugin | Choice"]
    otherwise: list["Plugin | Choice"] = field(default_factory=list)


class Pipeline:
    """A configuration, read."""

    def __init__(self, text: str) -> None:
        self._tokens = [m["token"] for m in _TOKEN.finditer(text) if m["token"]]
        assert "".join(_TOKEN.sub("", text).split()) == "", "what is this?"
        self.sections: dict[str, list[Plugin | Choice]] = {}
        while self._tokens:
            name = self._next()
            self.sections[name] = self._block()

    def run(self, event: Event) -> Event | None:
        """Return an event as it leaves the filters; nothing when it was dropped."""
        event = json.loads(json.dumps(event))
        return event if _run(self.sections["filter"], event) else None

    def index(self, event: Event) -> str:
        """Return the index that an event goes to."""
        [output] = self.sections["output"]
        assert isinstance(output, Plugin)
        text = _filled(output.settings["index"], event)
        return text.replace("%{+YYYY.MM.dd}", f"{event['@timestamp']:%Y.%m.%d}")

    def _next(self, expected: str | None = None) -> str:
        token = self._tokens.pop(0)
        assert expected in {None, token}, f"{token} where {expected} should be"
        return token

    def _block(self) -> list[Plugin | Choice]:
        self._next("{")
        found: list[Plugin | Choice] = []
        while self._tokens[0] != "}":
            found.append(self._choice() if self._tokens[0] == "if" else self._plugin())
        self._next("}")
        return found

    def _choice(self) -> Choice:
        self._next("if")
        choice = Choice(self._condition(), self._block())
        if self._tokens[0] == "else":
            self._next("else")
            again = self._tokens[0] == "if"
            choice.otherwise = [self._choice()] if again else self._block()
        return choice

    def _condition(self) -> Callable[[Event], bool]:
        path = self._path()
        if self._tokens[0] == "{":
            return lambda event: bool(_at(event, path))
        word = self._next()
        if word == "not":
            self._next("in")
            unwanted = self._value()
            return lambda event: _at(event, path) not in unwanted
        wanted = self._value()
        return {
            "==": lambda event: _at(event, path) == wanted,
            "!=": lambda event: _at(event, path) != wanted,
            "in": lambda event: _at(event, path) in wanted,
            "=~": lambda event: re.search(wanted, str(_at(event, path))) is not None,
        }[word]

    def _path(self) -> list[str]:
        path = []
        while self._tokens[0] == "[":
            self._next("[")
            path.append(self._next())
            self._next("]")
        return path

    def _plugin(self) -> Plugin:
        name = self._next()
        return Plugin(name, self._settings())

    def _settings(self) -> dict[str, Any]:
        self._next("{")
        settings = {}
        while self._tokens[0] != "}":
            name = self._next().strip('"')
            self._next("=>")
            settings[name] = self._value()
        self._next("}")
        return settings

    def _value(self) -> Any:
        if self._tokens[0] == "{":
            return self._settings()
        token = self._next()
        if token != "[":
            return json.loads(token) if token[0] == '"' and "\\" not in token else token.strip('"')
        items = []
        while self._tokens[0] != "]":
            items.append(self._value())
            if self._tokens[0] == ",":
                self._next(",")
        self._next("]")
        return items


def _run(steps: list[Plugin | Choice], event: Event) -> bool:
    for step in steps:
        if isinstance(step, Choice):
            if not _run(step.then if step.holds(event) else step.otherwise, event):
                return False
        elif step.name == "drop":
            return False
        else:
            _PLUGINS[step.name](event, step.settings)
    return True


def _json(event: Event, settings: Mapping[str, Any]) -> None:
    event |= json.loads(event[settings["source"]])


def _date(event: Event, settings: Mapping[str, Any]) -> None:
    name, form = settings["match"]
    assert form == "ISO8601"
    event["@timestamp"] = datetime.fromisoformat(event[name])
    for gone in settings.get("remove_field", ()):
        del event[gone]


def _mutate(event: Event, settings: Mapping[str, Any]) -> None:
    for name, text in settings.get("replace", {}).items():
        event[name] = _filled(text, event)
    event["tags"] = [*event.get("tags", ()), *settings.get("add_tag", ())]


_PLUGINS: Mapping[str, Callable[[Event, Mapping[str, Any]], None]] = {
    "json": _json,
    "date": _date,
    "mutate": _mutate,
}


def _at(event: Event, path: list[str]) -> Any:
    found: Any = event
    for name in path:
        found = found.get(name) if isinstance(found, dict) else None
    return found


def _filled(text: str, event: Event) -> str:
    def value(found: re.Match[str]) -> str:
        return str(_at(event, re.findall(r"\[([^\]]+)\]", found[1]) or [found[1]]))

    return re.sub(r"%\{((?!\+)[^}]+)\}", value, text)


def names(steps: list[Plugin | Choice]) -> Iterator[str]:
    """Yield the plugins that are used."""
    for step in steps:
        if isinstance(step, Plugin):
            yield step.name
        else:
            yield from names(step.then)
            yield from names(step.otherwise)
