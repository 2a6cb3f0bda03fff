"""`./run letters [--check]`: compile the layout of letters, and keep every letter as it is sent.

    plumbing/letters/templates/base.mjml   what people write
    plumbing/letters/templates/base.html   what the service reads: HTML that old mail programs know
    tests/golden/letters/                  every letter's sample, in every language, as text and as HTML

MJML is known here alone: the service needs none of it. With --check nothing is written: exit 1 if a file is
missing, stale or left over.
"""

import re
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

from mjml import mjml2html

from watchword.app import lettering
from watchword.kernel.messages import Message
from watchword.plumbing.letters.writing import LAYOUT, Letters
from watchword.plumbing.settings import LetterSettings
from watchword.plumbing.settings.organisation import Organisation
from watchword.plumbing.words.languages import LANGUAGES

ROOT = Path(__file__).parents[1]
GOLDEN = ROOT / "tests/golden/letters"
MARK = "{#- Compiled from base.mjml by `./run letters`: change that. -#}\n"
# Between these a line's end is no space that anybody sees: a change reads well in a review.
_BREAKS = re.compile(r"(?=<(?:tr|table|tbody|body|style|meta|!--\[if)\b|\{% )")
CLINIC = Organisation(
    name="Watchword",
    email="contact@example.org",
    phone="+213555000000",
    address="12 rue des Oliviers, Alger",
)


def compiled() -> str:
    """Return the layout as a template of HTML."""
    html = mjml2html((LAYOUT / "base.mjml").read_text("utf-8"))
    return MARK + _BREAKS.sub("\n", html).replace("\n\n", "\n").strip() + "\n"


def samples() -> Iterator[tuple[str, str]]:
    """Yield every letter's sample as files: name below tests/golden/letters, text."""
    letters = lettering.letters(lettering.every_word(), CLINIC, LetterSettings())
    for template in letters.forms:
        for language in LANGUAGES:
            message = sample(letters, template, language)
            headers = "".join(f"{name}: {text}\n" for name, text in message.headers.items())
            yield (
                f"{template}.{language}.txt",
                f"Subject: {message.subject}\n{headers}\n{message.text}",
            )
            yield f"{template}.{language}.html", message.html


def sample(letters: Letters, template: str, language: str) -> Message:
    """Return a letter with the facts of its sample."""
    return letters.write(
        template=template,
        language=language,
        facts=letters.forms[template].sample,
        to="zoe@example.org",
        sender="Watchword <noreply@example.org>",
        message_id="<sample@example.org>",
    )


def stale() -> dict[Path, str | None]:
    """Return the files that are not what they should be, with what they should be; None: gone."""
    wanted = {GOLDEN / name: text for name, text in samples()}
    found = {path for path in GOLDEN.rglob("*") if path.is_file()}
    changed: dict[Path, str | None] = {
        path: text
        for path, text in wanted.items()
        if path not in found or path.read_text("utf-8") != text
    }
    return changed | dict.fromkeys(found - wanted.keys())


def main(arguments: Sequence[str]) -> int:
    """Write the files, or check them."""
    check = "--check" in arguments
    html = LAYOUT / "base.html"
    told = []
    if not html.exists() or html.read_text("utf-8") != compiled():
        told.append(html)
        if not check:
            html.write_text(compiled(), "utf-8")
    for path, text in sorted(stale().items()):
        told.append(path)
        if check:
            continue
        if text is None:
            path.unlink()
            continue
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")
    for path in told:
        name = path.relative_to(ROOT)
        print(f"{name} is not what the code says: ./run letters" if check else name)
    return 1 if check and told else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
