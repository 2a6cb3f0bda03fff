"""Contests: contenders take turns, and the figures are compared round by round.

Contender   a name and a way to take one sample
Aim         "this one is at least 20 times that one"
Contest     contenders and aims
play        the rounds; A B C, A B C, ... so that a noisy minute hurts all alike
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from benchmarks.samples import Sample

Take = Callable[[float], Sample]


@dataclass(frozen=True, slots=True, kw_only=True)
class Contender:
    name: str
    title: str
    take: Take


@dataclass(frozen=True, slots=True, kw_only=True)
class Aim:
    """A figure of ``over`` divided by that of ``under`` (or as it is), and what we want of it."""

    over: str
    under: str | None = None
    least: float | None = None
    most: float | None = None
    figure: str = "rate"


SPEED = ("rate", "p50_ms", "p99_ms", "cpu_us")


@dataclass(frozen=True, slots=True, kw_only=True)
class Contest:
    """``shown`` are the figures worth a column; ``note`` is what a reader must know beside them."""

    name: str
    title: str
    contenders: Sequence[Contender]
    aims: Sequence[Aim] = ()
    shown: Sequence[str] = SPEED
    note: str = ""

    def only(self, names: frozenset[str]) -> Contest | None:
        """The whole contest if it is named, or its named contenders, or nothing."""
        if not names or self.name in names:
            return self
        chosen = [each for each in self.contenders if each.name in names]
        if not chosen:
            return None
        return replace(self, contenders=chosen)


@dataclass(frozen=True, slots=True, kw_only=True)
class Played:
    """A contest and its samples, one list per contender, all of the same length."""

    contest: Contest
    samples: dict[str, list[Sample]]


def play(
    contest: Contest,
    *,
    rounds: int,
    seconds: float,
    tell: Callable[[str], None] = lambda _line: None,
) -> Played:
    samples: dict[str, list[Sample]] = {each.name: [] for each in contest.contenders}
    for number in range(1, rounds + 1):
        for contender in contest.contenders:
            tell(f"{contest.name}: round {number} of {rounds}, {contender.title}")
            samples[contender.name].append(contender.take(seconds))
    return Played(contest=contest, samples=samples)
