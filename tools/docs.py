"""`./run docs [--check]`: write the pages of docs/ that the code tells by itself.

    docs/flows/<slice>.md      the story in each slice's __init__.py
    docs/problems/<code>.md    each problem's sentence, kind and status
    README.md beside them      an index of the pages

With --check nothing is written: exit 1 if a page is missing, stale or left over.
"""

import ast
import importlib
import pkgutil
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path

import watchword
from watchword.kernel.problems import Problem

ROOT = Path(__file__).parents[1]
SOURCE = ROOT / "src/watchword"
FLOORS = {
    "flows": "What people do",
    "provider": "What relying parties do",
    "operations": "What operators do",
    "records": "What is remembered",
}


def story_of(package: Path) -> str | None:
    """Return a package's docstring, read without importing it."""
    opening = package / "__init__.py"
    if not opening.exists():
        return None
    return ast.get_docstring(ast.parse(opening.read_text(encoding="utf-8")))


def slices() -> Iterator[tuple[str, Path, str]]:
    """Yield (floor, package, story) of every slice that tells one."""
    for floor in FLOORS:
        for package in sorted((SOURCE / floor).iterdir()):
            story = story_of(package) if package.is_dir() else None
            if story:
                yield floor, package, story


def flow_pages() -> Iterator[tuple[str, str]]:
    """Yield each slice's page, then the index, as (path below docs/, text)."""
    names = Counter(package.name for _, package, _ in slices())
    index = {floor: [f"## {title} (`{floor}/`)", ""] for floor, title in FLOORS.items()}
    for floor, package, story in slices():
        first, _, rest = story.partition("\n")
        name, _, meaning = first.partition(": ")
        name = name.rstrip(".")
        page = [f"# {name}", "", *([f"{meaning[:1].upper()}{meaning[1:]}", ""] if meaning else [])]
        if rest.strip():
            page += ["```text", rest.strip("\n"), "```", ""]
        page.append(f"Source: `src/watchword/{floor}/{package.name}/`")
        file = package.name if names[package.name] == 1 else f"{package.name}-{floor}"
        index[floor].append(f"- [{name}]({file}.md){f': {meaning}' if meaning else ''}")
        yield f"flows/{file}.md", "\n".join(page) + "\n"
    parts = ["\n".join(part) + "\n" for part in index.values()]
    yield (
        "flows/README.md",
        "# The slices, by floor\n\nWritten by `./run docs` from each slice's `__init__.py`.\n\n"
        + "\n".join(parts),
    )


def problems() -> list[type[Problem]]:
    """Return every problem the service can raise, by code."""
    for module in pkgutil.walk_packages(watchword.__path__, "watchword."):
        if ".migrations." not in module.name and not module.name.endswith("__main__"):
            importlib.import_module(module.name)
    found: dict[str, type[Problem]] = {}
    waiting = [Problem]
    while waiting:
        kind = waiting.pop()
        waiting += kind.__subclasses__()
        if "code" in vars(kind) and kind is not Problem:
            found[kind.code] = kind
    return [found[code] for code in sorted(found)]


def problem_pages() -> Iterator[tuple[str, str]]:
    """Yield each problem's page, then the index."""
    index = [
        "# Problems, by code",
        "",
        "Written by `./run docs` from the code.",
        "",
        "| code | status | what it says |",
        "|---|---|---|",
    ]
    for problem in problems():
        story = (problem.__doc__ or "").strip()
        first, _, rest = story.partition("\n")
        status = problem.kind.value
        index.append(f"| [`{problem.code}`]({problem.code}.md) | {status} | {first} |")
        rest_of_it = [line.strip() for line in rest.splitlines()]
        page = [f"# `{problem.code}`", "", first, *rest_of_it, ""]
        page += [f"Status {status}, kind `{problem.kind.name.lower()}`.", ""]
        page.append(f"Source: `{problem.__module__}.{problem.__name__}`")
        yield f"problems/{problem.code}.md", "\n".join(page) + "\n"
    yield "problems/README.md", "\n".join(index) + "\n"


def stale(pages: dict[str, str], docs: Path) -> list[str]:
    """Return the pages that differ from the code, are missing, or tell of what is gone."""
    differing = [
        name
        for name, text in pages.items()
        if not (docs / name).exists() or (docs / name).read_text(encoding="utf-8") != text
    ]
    kept = {
        str(path.relative_to(docs))
        for part in ("flows", "problems")
        for path in (docs / part).glob("*.md")
    }
    return sorted({*differing, *(kept - pages.keys())})


def main(arguments: Sequence[str], docs: Path = ROOT / "docs") -> int:
    """Write the pages, or check them."""
    pages = dict([*flow_pages(), *problem_pages()])
    changed = stale(pages, docs)
    if "--check" in arguments:
        for name in changed:
            print(f"docs/{name} is not what the code says: ./run docs", file=sys.stderr)
        return 1 if changed else 0
    for name in changed:
        target = docs / name
        target.parent.mkdir(parents=True, exist_ok=True)
        if name in pages:
            target.write_text(pages[name], encoding="utf-8")
        else:
            target.unlink()
        print(f"docs/{name}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
