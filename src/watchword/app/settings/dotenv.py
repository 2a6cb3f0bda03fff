r"""`.env` files: NAME=value lines, read as Docker, systemd and shells agree on.

    # a comment         export NAME=value       NAME='as it is'       NAME="with \n, \" and \\"
    NAME=value # a comment after a space

Nothing is expanded: `$HOME` stays as it is written.
"""

import re

_LINE = re.compile(r"(?:export\s+)?([A-Za-z_][A-Za-z0-9_]*)\s*=\s*(.*)", re.DOTALL)
_SINGLE = re.compile(r"'([^']*)'\s*(?:#.*)?")
_DOUBLE = re.compile(r'"((?:[^"\\]|\\.)*)"\s*(?:#.*)?')
_ESCAPED = re.compile(r"\\(.)")
_MEANING = {"n": "\n", "t": "\t", "r": "\r"}


def parse(text: str) -> tuple[dict[str, str], list[str]]:
    """Return the values, and a sentence for each line that is none (it does not repeat the line)."""
    values: dict[str, str] = {}
    faults: list[str] = []
    for number, line in enumerate(
        text.removeprefix("\N{ZERO WIDTH NO-BREAK SPACE}").splitlines(), 1
    ):
        bare = line.strip()
        if not bare or bare.startswith("#"):
            continue
        match = _LINE.fullmatch(bare)
        value = _value(match[2]) if match else None
        if match is None or value is None:
            faults.append(f"line {number} is not NAME=value, or a quote in it is not closed")
        else:
            values[match[1]] = value
    return values, faults


def _value(text: str) -> str | None:
    if text.startswith("'"):
        match = _SINGLE.fullmatch(text)
        return match[1] if match else None
    if text.startswith('"'):
        match = _DOUBLE.fullmatch(text)
        return (
            _ESCAPED.sub(lambda found: _MEANING.get(found[1], found[1]), match[1])
            if match
            else None
        )
    if text.startswith("#"):
        return ""
    return re.split(r"\s#", text, maxsplit=1)[0].rstrip()
