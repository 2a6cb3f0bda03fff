"""The reference of all settings, made from what the sections declare; and `.env.example`."""

from collections.abc import Iterable, Mapping
from textwrap import wrap
from typing import Any

from watchword.app.settings import catalogue, profiles
from watchword.app.settings.catalogue import Entry
from watchword.plumbing.settings.server import (
    DEVELOPMENT,
    PRODUCTION,
    PROFILES,
    STAGING,
    TEST,
)

_HEAD = """\
# Settings

Made by `./run docs` from what the code declares (`watchword config reference` prints it); do not
edit it here.

Every name may also be given as `NAME_FILE`, the path of a file that holds the value. Of several
places that say something, the first wins: the environment, `.env.<APP_ENV>` and `.env` in the working
directory (in development only), a file of that name in `SECRETS_DIR`, the profile, the kind of
environment, the default. Empty text says nothing. A name and another name for it must agree, or the
service does not start. `watchword env validate` says what is wrong, `watchword config show` what is set.

Durations are written `15m`, `7d`, `900` (seconds) or `250ms`; limits `COUNT/MILLISECONDS`; lists with
commas.
"""
_EXAMPLE = """\
# Settings of Watchword. Copy this to `.env` for development; in production use the environment,
# NAME_FILE, or a folder of secrets (SECRETS_DIR). What is commented out shows the default.
# Explained in docs/reference/settings.md; check with: watchword env validate
# Make secrets with: watchword secrets generate
"""
_WIDTH = 98


def page() -> str:
    """Return the reference as Markdown."""
    parts = [_HEAD]
    for kind, own in _by_section():
        parts.append(f"\n## {_title(kind)}\n\n| Name | Default | Meaning |\n|---|---|---|\n")
        parts += [f"| {_names(each)} | {_defaults(each)} | {_cell(each.doc)} |\n" for each in own]
    return "".join(parts)


def example() -> str:
    """Return a `.env` file that names every setting, those with defaults commented out."""
    parts = [_EXAMPLE]
    for kind, own in _by_section():
        parts.append(f"\n# --- {_title(kind)} ---\n")
        for each in own:
            also = f" Also: {', '.join(alias.name for alias in each.aliases)}." * bool(each.aliases)
            parts += [f"# {line}\n" for line in wrap(each.doc + also, _WIDTH)]
            parts.append(f"# {each.name}={_quoted(each.default or '')}\n")
    return "".join(parts)


def _by_section() -> Iterable[tuple[type[Any], list[Entry]]]:
    kinds = catalogue.sections()
    entries = catalogue.entries(kinds).values()
    for kind in sorted(kinds, key=lambda kind: (not _first(kind), _title(kind))):
        yield kind, [each for each in entries if each.section is kind]


def _first(kind: type[Any]) -> bool:
    return kind.__name__ == "ServerSettings"


def _title(kind: type[Any]) -> str:
    return (kind.__doc__ or kind.__name__).strip().partition("\n")[0].rstrip(".")


def _names(entry: Entry) -> str:
    also = "".join(f"<br>also `{alias.name}`" for alias in entry.aliases)
    return f"`{entry.name}`{also}"


def _defaults(entry: Entry) -> str:
    told = ["required" if entry.default is None else _code(entry.default)]
    told += _differing("", {name: profiles.environment(name) for name in _KINDS}, entry)
    told += _differing(
        "profile ", {name: profiles.profile(name).defaults for name in PROFILES}, entry
    )
    told += [
        f"required in profile {name}"
        for name in PROFILES
        if entry.name in profiles.profile(name).required
    ]
    return "<br>".join(told)


_KINDS = (PRODUCTION, STAGING, DEVELOPMENT, TEST)


def _differing(word: str, tables: Mapping[str, Mapping[str, str]], entry: Entry) -> list[str]:
    """Return a line for each default, naming all the tables that say it."""
    by_text: dict[str, list[str]] = {}
    for name, table in tables.items():
        if entry.name in table and table[entry.name] != entry.default:
            by_text.setdefault(table[entry.name], []).append(name)
    return [f"{_code(text)} ({word}{', '.join(names)})" for text, names in by_text.items()]


def _code(text: str) -> str:
    return f"`{_cell(text)}`" if text else "empty"


def _cell(text: str) -> str:
    return text.replace("|", "\\|")


def _quoted(text: str) -> str:
    return f'"{text}"' if " " in text or "#" in text else text
