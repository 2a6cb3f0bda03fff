"""docs/reference: the HTTP operations, the commands and the metrics."""

from collections.abc import Iterator
from typing import Any

import typer.main

from tools.pages import Pages, page, table
from watchword.app import cli
from watchword.app.wiring import House
from watchword.operations.metrics.service import Dials, RedisDials
from watchword.operations.reference.rules import Chapter, Line, Operation
from watchword.plumbing.metrics.counting import Metrics
from watchword.plumbing.metrics.snapshots import Series, described


async def pages(house: House, chapters: tuple[Chapter, ...]) -> list[tuple[str, str]]:
    """Return the three references."""
    known = house.part(Metrics)
    Dials(known)
    RedisDials(known)
    return [*http(chapters), *commands(), *metrics(known)]


def http(chapters: tuple[Chapter, ...]) -> Pages:
    """Yield the operations, by tag."""
    lead = (
        "The running service shows the same at `/docs`, and to programs at `/openapi.json`. Paths are"
        " those of `API_PREFIX=/api/v1`. A field in bold must be there."
    )
    parts = []
    for chapter in chapters:
        parts.append(f"## {chapter.tag}")
        parts += [_operation(operation) for operation in chapter.operations]
    yield "reference/http.md", page("HTTP", lead, *parts)


def _operation(operation: Operation) -> str:
    troubles = ", ".join(f"[{t.code}](../problems/{t.code}.md)" for t in operation.troubles)
    parts = [
        f"### `{operation.method} {operation.path}`",
        f"{operation.summary}. For: {_WHO[operation.who]}.",
        operation.description,
        f"```text\n{operation.curl}\n```",
        _lines("query", operation.query),
        _lines("body", operation.body),
        _lines(f"answer {operation.status}", operation.answer),
        f"Problems: {troubles}." if troubles else "",
    ]
    return "\n\n".join(part for part in parts if part)


_WHO = {
    "anyone": "anyone",
    "subscriber": "whoever is signed in",
    "fresh": "whoever signed in within fifteen minutes",
    "admin": "administrators who signed in within fifteen minutes",
    "service": "services",
}


def _lines(title: str, lines: tuple[Line, ...]) -> str:
    sent = not title.startswith("answer")
    rows = [
        (f"**`{each.name}`**" if sent and each.required else f"`{each.name}`", each.kind)
        for each in lines
    ]
    return table((title, "type"), rows)


def commands() -> Pages:
    """Yield the commands of `watchword`."""
    cli.add_slices()
    top = typer.main.get_command(cli.root)
    lead = (
        "stdout is data, stderr is talk. `--json` prints JSON. Exit codes: 0 done, 1 a check failed or"
        " refused, 2 usage, 69 a service is out of reach, 75 try later, 77 not permitted. After `./run`"
        " the command is `.venv/bin/watchword`."
    )
    parts = [_command(path, command) for path, command in _walk("watchword", top)]
    yield "reference/cli.md", page("Commands", lead, *parts)


def _walk(path: str, command: Any) -> Iterator[tuple[str, Any]]:
    """Yield (path, command) of what can be called; typer brings a click of its own, hence Any."""
    inner = getattr(command, "commands", {})
    if not inner:
        yield path, command
    for name in sorted(inner):
        yield from _walk(f"{path} {name}", inner[name])


def _command(path: str, command: Any) -> str:
    usage = " ".join(
        [
            path,
            *command.collect_usage_pieces(command.make_context(path, [], resilient_parsing=True)),
        ]
    )
    rows = [row for parameter in command.params if (row := _parameter(parameter))]
    example = (command.epilog or "").strip()
    parts = [
        f"## `{path}`",
        (command.help or "").strip(),
        f"```text\n{usage}\n```",
        table(("option", "meaning"), rows),
        "Example: `" + example.removeprefix("Example:").strip() + "`" if example else "",
    ]
    return "\n\n".join(part for part in parts if part)


def _parameter(parameter: Any) -> tuple[str, str] | None:
    if parameter.name == "help":
        return None
    meaning = getattr(parameter, "help", None) or ""
    if parameter.param_type_name == "option":
        return ", ".join(
            f"`{name}`" for name in [*parameter.opts, *parameter.secondary_opts]
        ), meaning
    return f"`{(parameter.name or '').upper()}`", meaning


def metrics(known: Metrics) -> Pages:
    """Yield the metrics."""
    rows = sorted(_series(known))
    lead = (
        "Prometheus reads them at `/metrics`: on `METRICS_PORT` where there is one (9464 with `./run`),"
        " else on the port of the service. `METRICS_ENABLED=false` turns them off."
    )
    yield (
        "reference/metrics.md",
        page("Metrics", lead, table(("name", "type", "labels", "meaning"), rows)),
    )


def _series(known: Metrics) -> Iterator[tuple[str, str, str, str]]:
    known.requests.observe("GET", "/", 200, 0.01)
    collectors: Any = known.registry._collector_to_names  # noqa: SLF001 - no public way to labels
    labels = {
        collector.describe()[0].name: getattr(collector, "_labelnames", ())
        for collector in collectors
    }
    for each in described(known.snapshot()):
        told = labels.get(each.name.removesuffix("_total")) or _labels_of(each)
        yield (
            f"`{each.name}`",
            each.kind,
            ", ".join(f"`{label}`" for label in told),
            each.meaning,
        )


def _labels_of(series: Series) -> list[str]:
    """Return the labels of the first sample."""
    return [name for name, _ in series.samples[0][1] if name != "le"] if series.samples else []
