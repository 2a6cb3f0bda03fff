"""Letters: a folder each, in every language; rendered from named facts, with a text and an HTML part.

    <slice>/templates/letters/<letter>/{subject.txt,body.txt,body.html}      template `<slice>/<letter>`

Templates see the facts, `t`, `lang`, `dir` and `org`. HTML is escaped; a fact that a template asks for
and nobody gave is an error; a subject is one line whatever the facts say. A fourth file, `known_as.txt`,
holds the name that dashboards and providers' templates know a letter by, where it is not its folder's.
"""

from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import Any

from jinja2 import (
    ChoiceLoader,
    Environment,
    FileSystemLoader,
    PrefixLoader,
    StrictUndefined,
    select_autoescape,
)

from watchword.kernel.messages import Message
from watchword.plumbing.languages import Words, direction
from watchword.plumbing.settings.organisation import Organisation
from watchword.plumbing.templating import OnceCompiled

SHARED = Path(__file__).parent / "templates"


class Letters:
    """Writes letters of every slice."""

    def __init__(self, folders: Mapping[str, Path], words: Words, org: Organisation) -> None:
        """Find the letters of the slices by name."""
        slices = {name: FileSystemLoader(path / "letters") for name, path in folders.items()}
        self._known_as = {
            f"{name}/{path.parent.name}": path.read_text("utf-8").strip()
            for name, folder in folders.items()
            for path in folder.glob("letters/*/known_as.txt")
        }
        self._words = words
        self._org = org
        self._jinja = Environment(
            loader=ChoiceLoader([FileSystemLoader(SHARED), PrefixLoader(slices)]),
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
        """Render a letter as a message."""
        context = {
            "t": partial(self._words.say, language),
            "lang": language,
            "dir": direction(language),
            "org": self._org,
            **facts,
        }
        subject = self._render(f"{template}/subject.txt", context)
        return Message(
            id=message_id,
            to=to,
            sender=sender,
            subject=" ".join(subject.split())[:200],
            text=self._render(f"{template}/body.txt", context),
            html=self._render(f"{template}/body.html", {**context, "subject": subject}),
            template=template,
            known_as=self.known_as(template),
            language=language,
            headers={"Auto-Submitted": "auto-generated", "Content-Language": language},
            code=facts.get("code"),
            facts=facts,
        )

    def known_as(self, template: str) -> str:
        """Return the name that metrics and providers' templates know a letter by."""
        return self._known_as.get(template, template.rpartition("/")[2])

    def _render(self, name: str, context: Mapping[str, Any]) -> str:
        return self._jinja.get_template(name).render(context)
