"""Pages: Jinja2 templates of the slices, escaped, in the reader's language and direction.

A template is named `<slice>/<page>.html`; the shared `layout.html` and `macros.html` stand here. A name
that a template asks for and nobody gave is an error, not an empty string.
"""

from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import Any

from jinja2 import ChoiceLoader, Environment, FileSystemLoader, PrefixLoader, StrictUndefined
from starlette.requests import Request

from watchword.plumbing.settings.organisation import Organisation
from watchword.plumbing.web.call import Call
from watchword.plumbing.web.static import Assets
from watchword.plumbing.words.dates import moment
from watchword.plumbing.words.languages import LANGUAGES, direction
from watchword.plumbing.words.templating import OnceCompiled

SHARED = Path(__file__).parent / "templates"
THEMES = ("auto", "light", "dark")


class TemplatePages:
    """Renders the pages of every slice."""

    def __init__(self, folders: Mapping[str, Path], assets: Assets, org: Organisation) -> None:
        """Find the templates of the slices by name."""
        slices = {name: FileSystemLoader(path) for name, path in folders.items()}
        self._jinja = Environment(
            loader=ChoiceLoader([FileSystemLoader(SHARED), PrefixLoader(slices)]),
            autoescape=True,
            undefined=StrictUndefined,
            bytecode_cache=OnceCompiled(),
            trim_blocks=True,
            lstrip_blocks=True,
            auto_reload=False,
        )
        self._jinja.globals.update(asset=assets.url, languages=list(LANGUAGES.items()), org=org)

    def render(self, call: Call[Any], template: str, context: Mapping[str, Any]) -> bytes:
        """Return the page as UTF-8."""
        language = call.language
        theme = call.cookie("theme")
        binding = call.csrf_binding or ""
        text = self._jinja.get_template(template).render(
            {
                "t": partial(call.web.words.say, language),
                "moment": partial(moment, language=language),
                "duration": partial(call.web.words.duration, language),
                "lang": language,
                "dir": direction(language),
                "theme": theme if theme in THEMES else "auto",
                "csrf": call.web.csrf.token(binding),
                "path": _here(call.request),
                "session": call.caller,
                "request_id": call.visitor.request_id,
                "form": dict(call.form),
                "errors": [],
                **context,
            }
        )
        return text.encode()


def _here(request: Request) -> str:
    """Return the address of the page itself, from which it can be opened anew; of none, the home page's."""
    if request.method != "GET":
        return request.url.path if request.scope.get("watchword.opens") else "/"
    query = request.url.query
    return f"{request.url.path}?{query}" if query else request.url.path
