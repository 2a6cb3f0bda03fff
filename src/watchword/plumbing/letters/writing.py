"""Letters: a folder each, in every language; rendered from named facts, with a text and an HTML part.

    <slice>/templates/letters/<letter>/{letter.toml,subject.txt,body.txt}    template `<slice>/<letter>`

A body says what there is to say once, by setting what `base.txt` names; it is rendered within `base.txt` and
within `base.html`, the one layout, which `./run letters` compiles from MJML. Templates see the facts, `t`,
`duration`, `lang`, `dir` and `org`. HTML is escaped; a fact that a template asks for and nobody gave is an
error; a subject is one line whatever the facts say; a name greets only when it is one (`addressing`).

An operator's own words (`overrides`) go before ours, within the same layout. Where they are wrong the
letter is ours, so that none is lost, and `on_fallback` hears of it.
"""

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from typing import Any, Final

from jinja2 import (
    ChoiceLoader,
    Environment,
    FileSystemLoader,
    PrefixLoader,
    StrictUndefined,
    select_autoescape,
)
from markupsafe import Markup

from watchword.kernel.messages import Message
from watchword.plumbing.letters.addressing import greeted
from watchword.plumbing.letters.forms import UNSUBSCRIBE, last_word, load_forms
from watchword.plumbing.letters.overrides import Fault, Override, Overrides, read_overrides
from watchword.plumbing.logs.logger import log
from watchword.plumbing.settings.organisation import Organisation
from watchword.plumbing.words.languages import LANGUAGES, Words, choose_language, direction
from watchword.plumbing.words.templating import OnceCompiled

LAYOUT: Final = Path(__file__).parent / "templates"
LONGEST_SUBJECT: Final = 200
TEXT_LAYOUT: Final = "base.txt"
HTML_LAYOUT: Final = "base.html"


@dataclass(frozen=True, slots=True)
class Written:
    """The words of one letter."""

    subject: str
    text: str
    html: str


class Letters:
    """Writes letters of every slice."""

    def __init__(
        self,
        folders: Mapping[str, Path],
        words: Words,
        org: Organisation,
        own: Path | None = None,
        on_fallback: Callable[[str], None] = lambda _: None,
    ) -> None:
        """Find the letters of the slices by name, and the operator's words in the folder `own`."""
        slices = {name: FileSystemLoader(path / "letters") for name, path in folders.items()}
        self.forms = load_forms(folders)
        self.overrides: Overrides = {}
        self.faults: tuple[Fault, ...] = ()
        if own is not None:
            self.overrides, faults = read_overrides(own, self.forms)
            self.faults = tuple(faults)
        self._on_fallback = on_fallback
        self._org = org
        self._contexts = {language: _context(language, words, org) for language in LANGUAGES}
        self._jinja = Environment(
            loader=ChoiceLoader([FileSystemLoader(LAYOUT), PrefixLoader(slices)]),
            autoescape=select_autoescape(["html"], default=False),
            undefined=StrictUndefined,
            bytecode_cache=OnceCompiled(),
            trim_blocks=True,
            lstrip_blocks=True,
            auto_reload=False,
        )

    def write(
        self,
        *,
        template: str,
        language: str,
        facts: Mapping[str, Any],
        to: str,
        sender: str,
        message_id: str,
    ) -> Message:
        """Render a letter as a message. KeyError: there is no such letter, or a bulk one has no end."""
        language = choose_language(asked=language)
        told = {**facts, "name": greeted(facts["name"])} if "name" in facts else facts
        headers = {"Auto-Submitted": "auto-generated", "Content-Language": language}
        if self.forms[template].bulk:
            headers |= _ways_out(told[UNSUBSCRIBE])
        context = {**self._contexts[language], **told}
        written = self._own(template, language, context) or self._ours(template, context)
        return Message(
            id=message_id,
            to=to,
            sender=sender,
            subject=written.subject,
            text=written.text,
            html=written.html,
            template=template,
            known_as=self.known_as(template),
            language=language,
            headers=headers,
            code=told.get("code") or None,
            facts={"org": asdict(self._org), **told},
        )

    def known_as(self, template: str) -> str:
        """Return the name that metrics and providers' templates know a letter by."""
        form = self.forms.get(template)
        return form.known_as if form else last_word(template)

    def _ours(self, template: str, context: Mapping[str, Any], subject: str = "") -> Written:
        subject = subject or self._subject(template, context)
        body, within = f"{template}/body.txt", {**context, "subject": subject}
        return Written(
            subject,
            self._render(body, {**within, "layout": TEXT_LAYOUT}),
            self._render(body, {**within, "layout": HTML_LAYOUT}),
        )

    def _own(self, template: str, language: str, context: Mapping[str, Any]) -> Written | None:
        """Write it in the operator's words, if there are some and they can be written."""
        if (template, language) not in self.overrides:
            return None
        own = self.overrides[template, language]
        try:
            if own is not None:
                return self._in_words(template, own, context)
        except Exception:  # noqa: BLE001 - whatever it is, the letter must leave
            log().exception("an operator's letter cannot be written", template=template)
        self._on_fallback(template)
        return None

    def _in_words(self, template: str, own: Override, context: Mapping[str, Any]) -> Written:
        subject = (
            _one_line(own.subject.render(context))
            if own.subject
            else self._subject(template, context)
        )
        if own.text is None or own.html is None:
            return self._ours(template, context, subject)
        text, html = own.text.render(context), own.html.render(context)
        within = {**context, "subject": subject, "preview": subject}  # the text may tell a code
        return Written(
            subject,
            self._render(TEXT_LAYOUT, {**within, "body": text}),
            self._render(HTML_LAYOUT, {**within, "body": Markup(html)}),  # noqa: S704 - escaped there
        )

    def _subject(self, template: str, context: Mapping[str, Any]) -> str:
        return _one_line(self._render(f"{template}/subject.txt", context))

    def _render(self, name: str, context: Mapping[str, Any]) -> str:
        return self._jinja.get_template(name).render(context)


def _context(language: str, words: Words, org: Organisation) -> dict[str, Any]:
    """Return what every letter of a language sees."""
    towards = direction(language)
    return {
        "t": partial(words.say, language),
        "duration": partial(words.duration, language),
        "lang": language,
        "dir": towards,
        "near": "right" if towards == "rtl" else "left",
        "far": "left" if towards == "rtl" else "right",
        "leading": "1.8" if towards == "rtl" else "1.55",
        "org": org,
    }


def _ways_out(link: str) -> dict[str, str]:
    """Return the headers by which a mail program ends what nobody asked for (RFC 2369, RFC 8058)."""
    return {"List-Unsubscribe": f"<{link}>", "List-Unsubscribe-Post": "List-Unsubscribe=One-Click"}


def _one_line(text: str) -> str:
    return " ".join(text.split())[:LONGEST_SUBJECT]
