"""From samples to figures: medians with minimum and maximum, ratios, JSON and Markdown.

    figures(samples)       one Spread per figure
    ratio(aim, samples)    round by round, because neighbours in time saw the same machine;
                           without a second contender, the figure itself
    as_json / as_markdown  what is kept, and what people read

All of it is pure: samples in, values out.
"""

from __future__ import annotations

import statistics
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass

from benchmarks.rounds import Aim, Contender, Played
from benchmarks.samples import Sample

HEADINGS = {
    "rate": "requests/s",
    "p50_ms": "p50 ms",
    "p99_ms": "p99 ms",
    "cpu_us": "CPU µs each",
    "start_ms": "start ms",
    "memory_mb": "peak memory MB",
}
SHARES = {
    "server_core": "server core busy",
    "foreign": "by others",
    "load_core": "load core busy",
}
FIGURES = (*HEADINGS, *SHARES)


@dataclass(frozen=True, slots=True, kw_only=True)
class Spread:
    median: float
    least: float
    most: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Ratio:
    """A ratio of two contenders, what was wanted, and whether the median has it.

    Answers that were errors prove nothing: with `errors` no aim is reached.
    """

    aim: Aim
    spread: Spread
    errors: int = 0

    @property
    def reached(self) -> bool | None:
        """None where nothing was asked: the ratio is told, not judged."""
        if self.aim.least is not None:
            return not self.errors and self.spread.median >= self.aim.least
        if self.aim.most is not None:
            return not self.errors and self.spread.median <= self.aim.most
        return None


def spread(values: Iterable[float]) -> Spread:
    known = list(values)
    return Spread(median=statistics.median(known), least=min(known), most=max(known))


def figures(samples: Sequence[Sample]) -> dict[str, Spread]:
    return {name: spread(getattr(each, name) for each in samples) for name in FIGURES}


def ratio(aim: Aim, samples: dict[str, list[Sample]]) -> Ratio | None:
    """Nothing when somebody it needs did not run."""
    over = [float(getattr(each, aim.figure)) for each in samples.get(aim.over, ())]
    if aim.under is None:
        values = over
    else:
        under = [float(getattr(each, aim.figure)) for each in samples.get(aim.under, ())]
        values = [mine / theirs for mine, theirs in zip(over, under, strict=False) if theirs]
    taken = [*samples.get(aim.over, ()), *samples.get(aim.under or "", ())]
    errors = sum(each.errors for each in taken)
    return Ratio(aim=aim, spread=spread(values), errors=errors) if values else None


def ratios(played: Played) -> list[Ratio]:
    found = (ratio(aim, played.samples) for aim in played.contest.aims)
    return [each for each in found if each is not None]


def as_json(played: Sequence[Played], about: dict[str, object]) -> dict[str, object]:
    return {"about": about, "contests": [_contest_as_json(each) for each in played]}


def _contest_as_json(played: Played) -> dict[str, object]:
    return {
        "name": played.contest.name,
        "title": played.contest.title,
        "contenders": [
            {
                "name": each.name,
                "title": each.title,
                "figures": {k: asdict(v) for k, v in figures(played.samples[each.name]).items()},
                "errors": sum(sample.errors for sample in played.samples[each.name]),
                "samples": [_sample_as_json(sample) for sample in played.samples[each.name]],
            }
            for each in played.contest.contenders
        ],
        "ratios": [
            {**asdict(each.aim), **asdict(each.spread), "reached": each.reached}
            for each in ratios(played)
        ],
    }


def _sample_as_json(sample: Sample) -> dict[str, object]:
    """Without what was carried to the next round: tokens are nobody's business."""
    return {name: value for name, value in asdict(sample).items() if name != "carry"}


def headings(played: Played) -> list[str]:
    shown = [HEADINGS[name] for name in played.contest.shown]
    return ["contender", *shown, "errors", *SHARES.values()]


def rows(played: Played) -> list[list[str]]:
    """One row per contender, in words fit for a table."""
    return [_row(played, each) for each in played.contest.contenders]


def _row(played: Played, contender: Contender) -> list[str]:
    samples = played.samples[contender.name]
    known = figures(samples)
    return [
        contender.title,
        *(said(known[name]) for name in played.contest.shown),
        str(sum(sample.errors for sample in samples)),
        *(share(known[name]) for name in SHARES),
    ]


def number(value: float) -> str:
    """Three figures that matter, no more: 27,412 · 412 · 5.93 · 0.612."""
    if abs(value) >= 100:
        return f"{value:,.0f}"
    return f"{value:#.3g}" if value else "0"


def said(known: Spread) -> str:
    """A median with its bounds; nothing at all where there is nothing to say."""
    if not known.most:
        return "–"
    if known.least == known.most:
        return number(known.median)
    return f"{number(known.median)} ({number(known.least)}–{number(known.most)})"


def share(known: Spread) -> str:
    return f"{known.median:.0%}"


def ratio_row(each: Ratio, titles: dict[str, str]) -> list[str]:
    if each.aim.least is not None:
        aim = f"≥ {each.aim.least:g}"
    elif each.aim.most is not None:
        aim = f"≤ {each.aim.most:g}"
    else:
        aim = "–"
    verdict = {True: "reached", False: "missed", None: "told only"}[each.reached]
    of = "" if each.aim.figure == "rate" else f", {HEADINGS[each.aim.figure]}"
    under = "" if each.aim.under is None else f" / {titles[each.aim.under]}"
    return [f"{titles[each.aim.over]}{under}{of}", said(each.spread), aim, verdict]


RATIO_HEADINGS = ("aim or ratio", "median (min–max)", "aim", "verdict")


def ratio_rows(played: Played) -> list[list[str]]:
    titles = {each.name: each.title for each in played.contest.contenders}
    return [ratio_row(each, titles) for each in ratios(played)]


def markdown_table(head: Sequence[str], body: Iterable[Sequence[str]]) -> str:
    lines = ["| " + " | ".join(head) + " |", "|" + "---|" * len(head)]
    lines += ["| " + " | ".join(row) + " |" for row in body]
    return "\n".join(lines)


def as_markdown(played: Sequence[Played], about: dict[str, object]) -> str:
    parts = ["\n".join(f"- {name}: {value}" for name, value in about.items())]
    for each in played:
        parts.append(f"### {each.contest.title}")
        parts += [each.contest.note] if each.contest.note else []
        parts.append(markdown_table(headings(each), rows(each)))
        found = ratio_rows(each)
        if found:
            parts.append(markdown_table(RATIO_HEADINGS, found))
    return "\n\n".join(parts) + "\n"


LAST = "## Last measured"


def renewed(page: str, played: Sequence[Played], about: dict[str, object]) -> str:
    """The page with its last section, the measured one, written anew."""
    before = page.partition(LAST)[0].rstrip()
    return f"{before}\n\n{LAST}\n\n{as_markdown(played, about)}"
