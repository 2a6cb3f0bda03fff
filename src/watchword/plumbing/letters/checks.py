"""Checks of an operator's words for a letter: templates of few words, and HTML that only says something.

    {{ fact }}, {{ fact | upper }}, {{ org.name }}        with `upper`, `lower`, `trim`
    {% if fact %} ... {% elif fact == "x" %} ... {% else %} ... {% endif %}

Facts are compared by `==` and `!=` alone, filters take nothing, a link is told as it is: so whatever was
accepted can be written, whatever its facts come to.

No loop, no call, no arithmetic, nothing from outside: a letter can neither hang nor tell more than its facts.
HTML is looked through besides (`html`), as every reader may get it: a branch holds whole tags, or words
between tags (`readings`). A letter's link and code are told whatever the conditions come to; its subject
tells neither.

Source: Jinja's sandbox; OWASP (server-side template injection).
"""

import re
from collections.abc import Iterator
from typing import Final

from jinja2 import StrictUndefined, Template, TemplateError, TemplateSyntaxError, nodes
from jinja2.sandbox import ImmutableSandboxedEnvironment

from watchword.kernel.unseen import UNSEEN
from watchword.plumbing.letters.forms import UNSUBSCRIBE, Form
from watchword.plumbing.letters.html import look_through
from watchword.plumbing.letters.readings import cases, count_cases, whole

MOST_BYTES: Final = 32_000
LONGEST_SUBJECT: Final = 200
MOST_CASES: Final = 32
LINKS: Final = ("link", UNSUBSCRIBE)
MUST_TELL: Final = ("link", "code")
_ALWAYS: Final = "lang"
_OF_ORG: Final = frozenset({"name", "email", "phone", "address"})
_FILTERS: Final = ("upper", "lower", "trim")
_COMPARED: Final = frozenset({"eq", "ne"})
_NODES: Final = (
    nodes.Template,
    nodes.Output,
    nodes.TemplateData,
    nodes.Name,
    nodes.Const,
    nodes.If,
    nodes.Compare,
    nodes.Operand,
    nodes.Not,
    nodes.And,
    nodes.Or,
    nodes.Filter,
    nodes.Getattr,
)
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029]")


class Wrong(Exception):
    """What is wrong with one file: lines and sentences."""

    def __init__(self, *faults: tuple[int, str]) -> None:
        super().__init__()
        self.faults = faults


def read_source(content: bytes) -> str:
    """Return the text of a file. Problem: `Wrong`."""
    if len(content) > MOST_BYTES:
        raise Wrong((1, f"longer than {MOST_BYTES} bytes"))
    try:
        source = content.decode().replace("\r\n", "\n").strip("\n")
    except UnicodeDecodeError as error:
        raise Wrong((1, "not UTF-8")) from error
    for signs, sentence in (
        (_CONTROL, "holds a control sign"),
        (UNSEEN, "holds a sign that nobody sees"),
    ):
        strange = signs.search(source)
        if strange:
            raise Wrong((source.count("\n", 0, strange.start()) + 1, sentence))
    if not source.strip():
        raise Wrong((1, "empty"))
    return source


def compile_checked(source: str, part: str, form: Form) -> Template:
    """Compile what may stand there. Problem: `Wrong`."""
    jinja = _sandbox(html=part == "html")
    try:
        tree = jinja.parse(source)
    except TemplateSyntaxError as error:
        raise Wrong((error.lineno, error.message or "not a template")) from error
    except RecursionError as error:
        raise Wrong((1, "too many things within one another")) from error
    except ValueError as error:
        raise Wrong((1, "a number of too many digits")) from error
    _refuse(_few_words(tree, form))
    if part == "subject.txt":
        _refuse(_subject(source, tree))
    else:
        told = _told(tree)
        wanted = [name for name in MUST_TELL if name in form.sample]
        _refuse(
            (1, f"{{{{ {name} }}}} is not told in every case")
            for name in wanted
            if name not in told
        )
    if part == "html":
        _refuse(_html(tree, form))
    try:
        template = jinja.from_string(source)
        template.render({**form.sample, "lang": "en", "org": dict.fromkeys(_OF_ORG, "x")})
    except (TemplateError, SyntaxError, RecursionError) as error:
        raise Wrong((1, f"cannot be written: {error}")) from error
    return template


def _refuse(found: Iterator[tuple[int, str]]) -> None:
    faults = tuple(found)
    if faults:
        raise Wrong(*faults)


def _sandbox(*, html: bool) -> ImmutableSandboxedEnvironment:
    """Return an environment that knows nothing but a few filters."""
    jinja = ImmutableSandboxedEnvironment(
        autoescape=html, undefined=StrictUndefined, keep_trailing_newline=False
    )
    jinja.globals.clear()
    jinja.tests.clear()
    jinja.filters = {name: jinja.filters[name] for name in _FILTERS}
    return jinja


def _few_words(tree: nodes.Template, form: Form) -> Iterator[tuple[int, str]]:
    """Yield what is more than facts and conditions."""
    for node in _every(tree):
        sentence = _too_much(node, form)
        if sentence:
            yield node.lineno, sentence


def _too_much(node: nodes.Node, form: Form) -> str | None:
    """Return why one thing may not stand there."""
    said = None
    match node:
        case _ if not isinstance(node, _NODES):
            said = f"{type(node).__name__.lower()} is not for letters: only facts and if"
        case nodes.Name() if node.name not in {*form.sample, _ALWAYS}:
            said = f"no such fact: {node.name}; there are: {', '.join(form.sample)}"
        case nodes.Filter():
            said = _wrong_filter(node)
        case nodes.Getattr() if not _of_org(node):
            said = f"write org.{'|'.join(sorted(_OF_ORG))}: nothing else has parts"
        case nodes.Compare() if not all(each.op in _COMPARED for each in node.ops):
            said = "facts are compared by == and != alone"
        case nodes.Const() if isinstance(node.value, float):
            said = "compare with words or a whole number"
        case nodes.Output() if not all(map(_is_told, node.nodes)):
            said = "{{ }} tells a fact: write words as they are, and conditions with if"
    return said


def _wrong_filter(node: nodes.Filter) -> str | None:
    if node.name not in _FILTERS:
        return f"no such filter: {node.name}; there are: {', '.join(_FILTERS)}"
    if node.args or node.kwargs or node.dyn_args or node.dyn_kwargs:
        return f"{node.name} takes nothing: write {{{{ fact | {node.name} }}}}"
    if isinstance(node.node, nodes.Name) and node.node.name in LINKS:
        return f"{{{{ {node.node.name} }}}} is told as it is, or it leads nowhere"
    return None


def _is_told(node: nodes.Node) -> bool:
    """Tell whether it is words, or a fact, perhaps filtered."""
    while isinstance(node, nodes.Filter) and node.node is not None:
        node = node.node
    return isinstance(node, nodes.TemplateData | nodes.Name | nodes.Getattr)


def _of_org(node: nodes.Getattr) -> bool:
    return isinstance(node.node, nodes.Name) and node.node.name == "org" and node.attr in _OF_ORG


def _every(node: nodes.Node) -> Iterator[nodes.Node]:
    """Yield it and all within it; `org` is a part of `org.name`, and nothing of its own."""
    yield node
    if isinstance(node, nodes.Getattr) and _of_org(node):
        return
    for child in node.iter_child_nodes():
        yield from _every(child)


def _subject(source: str, tree: nodes.Template) -> Iterator[tuple[int, str]]:
    if "\n" in source.strip():
        yield 2, "a subject is one line"
    if len(source) > LONGEST_SUBJECT:
        yield 1, f"a subject of more than {LONGEST_SUBJECT} signs"
    for node in tree.find_all(nodes.Name):
        if node.name in {"code", *LINKS}:
            yield (
                node.lineno,
                f"a subject must not tell {{{{ {node.name} }}}}: it is shown on locked screens",
            )


def _told(tree: nodes.Template) -> set[str]:
    """Return the facts that are told whatever the conditions come to."""
    outputs = (each for each in tree.body if isinstance(each, nodes.Output))
    return {
        each.name for output in outputs for each in output.nodes if isinstance(each, nodes.Name)
    }


def _html(tree: nodes.Template, form: Form) -> Iterator[tuple[int, str]]:
    """Yield what is wrong with its HTML: each branch by itself, and every letter that leaves."""
    links = {name for name in LINKS if name in form.sample}
    few = count_cases(tree.body) <= MOST_CASES
    reading = whole(tree)
    found = [
        (reading.line(at), sentence) for at, sentence in look_through(reading.text, links, few=few)
    ]
    yield from found
    if few and not found:
        yield from dict.fromkeys(
            (case.line(at), f"{sentence}, when its conditions come out so")
            for case in cases(tree)
            for at, sentence in look_through(case.text, links)
        )
