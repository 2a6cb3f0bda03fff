"""docs/flows: the story of each slice, its doors, facts and letters; and an index by floor."""

from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from types import ModuleType

from tools.pages import Pages, page, table
from watchword.app import asgi, slices
from watchword.app.wiring import House
from watchword.kernel.facts import Fact
from watchword.plumbing.web.doors import Door

FLOORS = {
    "flows": "What people do",
    "provider": "What relying parties do",
    "operations": "What operators do",
    "records": "What is remembered",
}


def pages(house: House) -> Pages:
    """Yield each slice's page, then the index."""
    placed = {id(door): path for path, door in reversed(list(asgi.placed_doors(house)))}
    index: dict[str, list[str]] = {floor: [] for floor in FLOORS}
    for floor, name in slices.slices():
        package = f"watchword.{floor}.{name}"
        first, _, rest = (import_module(package).__doc__ or "").strip().partition("\n")
        title, _, meaning = first.rstrip(".").partition(": ")
        path = place(floor, name)
        index[floor].append(f"- [{title}]({path}){f': {meaning}' if meaning else ''}")
        doors = ("method", "path", "who may", "what"), list(_doors(house, package, placed))
        yield (
            f"flows/{path}",
            page(
                title,
                _sentence(meaning),
                f"```text\n{rest.strip(chr(10))}\n```" if rest.strip() else "",
                _section("Doors", table(*doors)),
                _section("Commands", "\n".join(_commands(package))),
                _section("Facts in the journal", table(("type", "what"), list(_facts(package)))),
                _section("Letters", "\n".join(_letters(floor, name))),
                f"Source: `src/watchword/{floor}/{name}/`",
            ),
        )
    parts = [
        f"## {FLOORS[floor]}: `{floor}/`\n\n" + "\n".join(each) for floor, each in index.items()
    ]
    yield "flows/README.md", page("The slices, by floor", *parts)


def place(floor: str, name: str) -> str:
    """Return where a slice's page stands: nouns, which may have a verb's name, in a folder."""
    return f"records/{name}.md" if floor == "records" else f"{name}.md"


def _doors(house: House, package: str, placed: dict[int, str]) -> Iterator[tuple[str, ...]]:
    for module in _modules(package, *slices.DOORS):
        for door in _of(module, house):
            path = placed.get(id(door), door.path)
            story = door.story.partition("\n")[0]
            yield door.method, f"`{path}`", door.who.value, story


def _modules(package: str, *names: str) -> Iterator[ModuleType]:
    for _, module in slices.modules(*names):
        if module.__name__.rpartition(".")[0] == package:
            yield module


def _of(module: ModuleType, house: House) -> list[Door]:
    more = getattr(module, "more_doors", None)
    return [*getattr(module, "doors", []), *(more(house) if more else [])]


def _commands(package: str) -> Iterator[str]:
    for module in _modules(package, "commands"):
        for name in getattr(module, "groups", {}):
            yield f"- [`watchword {name}`](../reference/cli.md)"


def _facts(package: str) -> Iterator[tuple[str, str]]:
    for module in _modules(package, "rules"):
        for kind in vars(module).values():
            own = isinstance(kind, type) and kind.__module__ == module.__name__
            if own and issubclass(kind, Fact) and "type" in vars(kind):
                yield f"`{kind.type}`", (kind.__doc__ or "").partition("\n")[0]


def _letters(floor: str, name: str) -> Iterator[str]:
    folder = Path(slices.__file__).parents[1] / floor / name / "templates/letters"
    for letter in sorted(folder.glob("*/subject.txt")):
        yield f"- `{name}/{letter.parent.name}`"


def _section(title: str, text: str) -> str:
    return f"## {title}\n\n{text}" if text else ""


def _sentence(text: str) -> str:
    return f"{text[:1].upper()}{text[1:]}." if text else ""
