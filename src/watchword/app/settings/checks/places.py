"""Places: a path that the operator chooses for a probe is no other door's."""

from collections.abc import Iterator

from watchword.app.settings.checks.findings import Findings
from watchword.app.settings.values import Settings
from watchword.plumbing.settings import ServerSettings

_USUAL = {"HEALTH_CHECK_PATH": "/health", "READY_CHECK_PATH": "/ready"}


def probes(settings: Settings, findings: Findings) -> None:
    """Two doors at one path would hide one another; nobody chose it who kept the usual ones."""
    server = settings.section(ServerSettings)
    chosen = {"HEALTH_CHECK_PATH": server.health_path, "READY_CHECK_PATH": server.ready_path}
    for name, path in chosen.items():
        if path != _USUAL[name] and sum(_leads(place, path) for place in _places(settings)) > 1:
            findings.wrong(name, f"{path} is where another door is: choose a path of its own.")


def _places(settings: Settings) -> Iterator[str]:
    """Yield where every door stands, once for each; those of providers, whom nobody probes, are left out."""
    from watchword.app.asgi import API_DOCUMENT, STATIC, placed_doors
    from watchword.app.wiring import House
    from watchword.flows.delivery_feedback.service import Reporters

    house = House(settings.sections)
    house.put(Reporters, Reporters({}))
    yield from (API_DOCUMENT, STATIC)
    yield from (path for path, _ in placed_doors(house))


def _leads(place: str, path: str) -> bool:
    from starlette.routing import compile_path

    return compile_path(place)[0].match(path) is not None
