"""docs/problems: each problem by its code, what to do about it, and which field errors there are."""

import ast
import importlib
import pkgutil
from collections.abc import Iterator, Mapping
from pathlib import Path

import watchword
from tools.pages import Pages, page, table
from watchword.operations.reference.rules import Chapter, problem_classes
from watchword.operations.reference.service import explanations
from watchword.plumbing.web.pages import SHARED
from watchword.plumbing.words.languages import load_words

SOURCE = Path(watchword.__file__).parent


def load_all() -> None:
    """Import every module of the service, so that every problem is known."""
    for module in pkgutil.walk_packages(watchword.__path__, "watchword."):
        if ".migrations." not in module.name and not module.name.endswith("__main__"):
            importlib.import_module(module.name)


def pages(chapters: tuple[Chapter, ...]) -> Pages:
    """Yield each problem's page, then the index."""
    load_all()
    kinds, told_by = problem_classes(), _told_by(chapters)
    rows = []
    for each in explanations():
        kind = kinds[each.code]
        rows.append((f"[`{each.code}`]({each.code}.md)", str(each.status), each.sentence))
        callers = [f"- `{operation}`" for operation in told_by.get(each.code, [])]
        yield (
            f"problems/{each.code}.md",
            page(
                f"`{each.code}`",
                each.sentence,
                f"Status {each.status}.",
                "## What to do\n\n" + each.advice,
                _fields() if each.code == "invalid_input" else "",
                "## Told by\n\n" + "\n".join(callers) if callers else "",
                f"Source: `{kind.__module__}.{kind.__qualname__}`",
            ),
        )
    lead = (
        "A refusal is `application/problem+json` (RFC 9457): `type`, `title`, `status`, `detail`, `code`,"
        " `request_id`, and `errors` where fields are wrong. `code` is stable: key on it. `type` is"
        " `/problems/<code>`, a page of the running service. `Retry-After` says how long to wait where"
        " waiting helps."
    )
    yield "problems/README.md", page("Problems", lead, table(("code", "status", "meaning"), rows))


def _told_by(chapters: tuple[Chapter, ...]) -> Mapping[str, list[str]]:
    told: dict[str, list[str]] = {}
    for chapter in chapters:
        for operation in chapter.operations:
            for trouble in operation.troubles:
                told.setdefault(trouble.code, []).append(f"{operation.method} {operation.path}")
    return told


def _fields() -> str:
    said = {code: sentence for code, sentence in field_errors() if sentence}
    codes = {code for code, _ in field_errors()}
    words = load_words([SHARED / "words"])
    rows = []
    for code in sorted(codes):
        key = f"errors.{code}"
        rows.append((f"`{code}`", words.say("en", key) if words.knows(key) else said.get(code, "")))
    return "## Codes of `errors`\n\n" + table(("code", "meaning"), rows)


def field_errors() -> Iterator[tuple[str, str]]:
    """Yield (code, sentence) of every field error that the source names; no sentence: it is computed."""
    for path in sorted(SOURCE.rglob("*.py")):
        tree = ast.parse(path.read_text("utf-8"))
        known = dict(_constants(tree))
        for node in ast.walk(tree):
            if isinstance(node, ast.Call) and _makes_field_error(node.func):
                words = [_text(argument, known) for argument in node.args[1:3]]
                if words and words[0]:
                    yield words[0], words[1] if len(words) > 1 else ""


def _constants(tree: ast.AST) -> Iterator[tuple[str, str]]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
            yield node.targets[0].id, _text(node.value, {})


def _text(node: ast.expr, known: Mapping[str, str]) -> str:
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return node.value
    return known.get(node.id, "") if isinstance(node, ast.Name) else ""


def _makes_field_error(called: ast.expr) -> bool:
    if isinstance(called, ast.Name):
        return called.id == "FieldError"
    return (
        isinstance(called, ast.Attribute)
        and called.attr == "add"
        and isinstance(called.value, ast.Name)
        and called.value.id == "faults"
    )
