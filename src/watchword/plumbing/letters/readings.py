"""Readings: what a template may come to, as text of known lines, each expression as its fact (`FACT`).

    whole      all of it, every branch between two marks: where one begins and ends can be seen
    cases      every letter that may leave: of each condition one branch, or none

A loop or anything else than facts and conditions was refused before (`checks`).
"""

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import chain, product
from math import prod

from jinja2 import nodes

from watchword.plumbing.letters.links import FACT

BEGINS, ENDS = "\x03", "\x04"

Piece = tuple[int, str]  # the line that it stands on, and its words


@dataclass(frozen=True, slots=True)
class Reading:
    """One text, and where each of its signs stands in the file."""

    pieces: Sequence[Piece]

    @property
    def text(self) -> str:
        """Return the text."""
        return "".join(words for _, words in self.pieces)

    def line(self, at: int) -> int:
        """Return the line of the sign at this place."""
        starts, length = [], 0
        for _, words in self.pieces:
            starts.append(length)
            length += len(words)
        found = max(0, bisect_right(starts, at) - 1)
        line, words = self.pieces[found]
        return line + words.count("\n", 0, at - starts[found])


def whole(tree: nodes.Template) -> Reading:
    """Return all of it, each branch between `BEGINS` and `ENDS`."""
    return Reading(list(_marked(tree.body)))


def cases(tree: nodes.Template) -> Iterator[Reading]:
    """Yield every letter that it may come to, whatever the conditions say of one another."""
    return map(Reading, _cases(tree.body))


def count_cases(body: Sequence[nodes.Node]) -> int:
    """Count them."""
    return prod(
        sum(map(count_cases, _branches(node))) for node in body if isinstance(node, nodes.If)
    )


def _branches(node: nodes.If) -> list[list[nodes.Node]]:
    """Return what may stand there; the last is what stands there when no condition holds."""
    return [node.body, *(each.body for each in node.elif_), node.else_]


def _marked(body: Sequence[nodes.Node]) -> Iterator[Piece]:
    for node in body:
        if isinstance(node, nodes.If):
            for branch in filter(None, _branches(node)):
                yield branch[0].lineno, BEGINS
                yield from _marked(branch)
                yield branch[-1].lineno, ENDS
        else:
            yield from _said(node)


def _cases(body: Sequence[nodes.Node]) -> Iterator[list[Piece]]:
    for chosen in product(*(list(_ways(node)) for node in body)):
        yield list(chain.from_iterable(chosen))


def _ways(node: nodes.Node) -> Iterator[list[Piece]]:
    if isinstance(node, nodes.If):
        yield from chain.from_iterable(map(_cases, _branches(node)))
    else:
        yield list(_said(node))


def _said(node: nodes.Node) -> Iterator[Piece]:
    """Yield what stands there in any case."""
    for each in node.iter_child_nodes():
        yield (
            each.lineno,
            each.data if isinstance(each, nodes.TemplateData) else FACT.format(_fact(each)),
        )


def _fact(node: nodes.Node) -> str:
    """Name a fact as it is written; filtered, it is none that we know."""
    match node:
        case nodes.Name():
            return node.name
        case nodes.Getattr():
            return f"org.{node.attr}"
    return "?"
