"""The desk: test processes ask for a service, the one that rules the run serves it.

    serve       in the ruling process: start what is asked for, once, and end it all
    ask         anywhere: note the wish, at once
    get         anywhere: wait until the wish is served; raise what went wrong

Under xdist the workers come and go, the controller stays; so only it may own a
server.  Wishes and answers are files in one folder: `<service>.asked`, then
`<service>.json` with either {"value": ...} or {"error": ...}.
"""

import json
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

SECONDS_BETWEEN_LOOKS = 0.03
PATIENCE = 1800.0  # seconds; fetching a browser over a slow line takes its time


class NotServed(Exception):
    """The service could not be had; the message says why and what to do."""


@dataclass(frozen=True, slots=True)
class Asker:
    """Asks at the desk in one folder."""

    folder: Path

    def ask(self, service: str) -> None:
        """Wish for a service, without waiting."""
        (self.folder / f"{service}.asked").touch()

    def get(self, service: str) -> dict[str, Any]:
        """Return the facts about a service, once it runs."""
        self.ask(service)
        answer = self.folder / f"{service}.json"
        deadline = time.monotonic() + PATIENCE
        while not answer.exists():
            if time.monotonic() > deadline:
                raise NotServed(f"{service}: no answer within {PATIENCE:.0f} s")
            time.sleep(SECONDS_BETWEEN_LOOKS)
        said = json.loads(answer.read_text())
        if "error" in said:
            raise NotServed(said["error"])
        facts: dict[str, Any] = said["value"]
        return facts


@dataclass(slots=True)
class Desk:
    """Serves the wishes in one folder, each in a thread of its own."""

    folder: Path
    starters: dict[str, Callable[[], tuple[dict[str, Any], Callable[[], None]]]]
    say: Callable[[str], None]
    closed: threading.Event = field(default_factory=threading.Event)
    threads: list[threading.Thread] = field(default_factory=list)
    enders: list[Callable[[], None]] = field(default_factory=list)
    troubles: list[str] = field(default_factory=list)

    def open(self) -> None:
        """Begin to look for wishes."""
        watcher = threading.Thread(target=self._watch, daemon=True)
        self.threads.append(watcher)
        watcher.start()

    def close(self) -> None:
        """Stop looking, and end everything that was started."""
        self.closed.set()
        for thread in self.threads:
            thread.join(60)
        for ender in reversed(self.enders):
            ender()

    def _watch(self) -> None:
        waiting = dict(self.starters)
        while waiting and not self.closed.wait(SECONDS_BETWEEN_LOOKS):
            for service in [*waiting]:
                if (self.folder / f"{service}.asked").exists():
                    thread = threading.Thread(
                        target=self._serve, args=(service, waiting.pop(service)), daemon=True
                    )
                    self.threads.append(thread)
                    thread.start()

    def _serve(
        self, service: str, starter: Callable[[], tuple[dict[str, Any], Callable[[], None]]]
    ) -> None:
        try:
            facts, ender = starter()
        except Exception as trouble:  # noqa: BLE001 - every asker hears of it, whatever it is
            self.troubles.append(str(trouble))
            self._answer(service, {"error": str(trouble)})
            return
        self.enders.append(ender)
        self.say(f"{service}: {facts['origin']}")
        self._answer(service, {"value": facts})

    def _answer(self, service: str, said: dict[str, Any]) -> None:
        draft = self.folder / f"{service}.draft"
        draft.write_text(json.dumps(said))
        draft.rename(self.folder / f"{service}.json")
