"""`./run docs [--check]`: write the pages of docs/ that the code tells by itself.

    docs/flows/<slice>.md               each slice's story, doors, facts and letters
    docs/problems/<code>.md             each problem: its sentence, and what to do
    docs/reference/{http,cli,metrics}.md   what programs, operators and Prometheus ask for
    docs/reference/events.md, events/   what other programs are told, and the schema of each event
    docs/reference/openapi.json         the OpenAPI document, which programs get at /openapi.json
    docs/reference/export*.schema.json  what subscribers are given of their data
    docs/reference/settings.md          every setting there is; and .env.example, beside docs/
    README.md in flows/ and problems/   an index of the pages

With --check nothing is written: exit 1 if a page is missing, stale or left over.
"""

import json
import sys
from collections.abc import Sequence
from pathlib import Path

from tools.pages import MARK, events, flows, problems, reference, service
from watchword.app import asgi
from watchword.app.settings import reference as settings
from watchword.app.wiring import House
from watchword.flows.data_export.service import DataExport
from watchword.operations.reference.rules import chapters
from watchword.plumbing.web.described import Described

ROOT = Path(__file__).parents[1]


def pages() -> dict[str, str]:
    """Return every generated page: path below docs/ -> text."""

    async def work(house: House) -> dict[str, str]:
        asgi.build(house)
        told = chapters(house.part(Described).document)
        return dict(
            [
                *flows.pages(house),
                *problems.pages(told),
                *await reference.pages(house, told),
                *events.pages(),
                ("reference/openapi.json", _indented(house.part(Described).document)),
                *exports(house),
                ("reference/settings.md", settings.page()),
                ("../.env.example", settings.example()),
            ]
        )

    return service.in_house(work)


def exports(house: House) -> list[tuple[str, str]]:
    """Return the schema of each form of an export."""
    told = house.part(DataExport).schemas()
    names = {"json": "export.schema.json", "csv": "export.csv.schema.json"}
    return [(f"reference/{names[form]}", _indented(schema)) for form, schema in told.items()]


def _indented(document: object) -> str:
    """Return the OpenAPI document so that a change of it reads well in a review."""
    return json.dumps(document, indent=1, ensure_ascii=False, sort_keys=True) + "\n"


def stale(wanted: dict[str, str], docs: Path) -> list[str]:
    """Return the pages that differ from the code, are missing, or tell of what is gone."""
    differing = {
        name
        for name, text in wanted.items()
        if not (docs / name).exists() or (docs / name).read_text(encoding="utf-8") != text
    }
    marked = {
        str(path.relative_to(docs))
        for path in docs.rglob("*.md")
        if path.read_text(encoding="utf-8").startswith(MARK)
    }
    return sorted(differing | (marked - wanted.keys()))


def main(arguments: Sequence[str], docs: Path = ROOT / "docs") -> int:
    """Write the pages, or check them."""
    wanted = pages()
    changed = stale(wanted, docs)
    if "--check" in arguments:
        for name in changed:
            print(f"docs/{name} is not what the code says: ./run docs", file=sys.stderr)
        return 1 if changed else 0
    for name in changed:
        target = docs / name
        target.parent.mkdir(parents=True, exist_ok=True)
        if name in wanted:
            target.write_text(wanted[name], encoding="utf-8")
        else:
            target.unlink()
        print(f"docs/{name}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
