"""What the benchmark tells is what was measured: medians, ratios, tables and JSON."""

import json

import pytest

from benchmarks import report
from benchmarks.rounds import Aim, Contender, Contest, Played, play
from benchmarks.samples import Sample


def sample(rate: float, *, p99: float = 1.0, errors: int = 0) -> Sample:
    return Sample(rate=rate, p50_ms=0.5, p99_ms=p99, cpu_us=100.0, errors=errors, carry=("t0ken",))


def played(aims: tuple[Aim, ...] = (), **samples: list[Sample]) -> Played:
    contenders = [
        Contender(name=name, title=name.title(), take=lambda _seconds: sample(1))
        for name in samples
    ]
    contest = Contest(name="check", title="Check", contenders=contenders, aims=aims)
    return Played(contest=contest, samples=samples)


def test_a_spread_tells_the_median_and_its_bounds() -> None:
    assert report.spread([30, 10, 20]) == report.Spread(median=20, least=10, most=30)


def test_a_ratio_compares_neighbours_in_time_not_medians() -> None:
    # The machine was half as fast in the second round, for both: the ratio must not notice.
    samples = {"fast": [sample(200), sample(100)], "slow": [sample(20), sample(10)]}
    found = report.ratio(Aim(over="fast", under="slow", least=10), samples)
    assert found is not None
    assert found.spread == report.Spread(median=10, least=10, most=10)
    assert found.reached is True


@pytest.mark.parametrize(
    ("aim", "reached"),
    [
        (Aim(over="a", under="b", least=2), True),
        (Aim(over="a", under="b", least=2.1), False),
        (Aim(over="a", under="b", most=2), True),
        (Aim(over="a", under="b", most=1.9), False),
        (Aim(over="a", under="b"), None),
    ],
)
def test_an_aim_is_reached_missed_or_told_only(aim: Aim, reached: bool | None) -> None:
    found = report.ratio(aim, {"a": [sample(20)], "b": [sample(10)]})
    assert found is not None
    assert found.reached is reached


@pytest.mark.parametrize("who", ["a", "b"])
def test_no_aim_is_reached_by_answers_that_were_errors(who: str) -> None:
    samples = {"a": [sample(20), sample(20)], "b": [sample(10), sample(10)]}
    samples[who][1] = sample(20, errors=1)
    found = report.ratio(Aim(over="a", under="b", least=1), samples)
    assert found is not None
    assert found.reached is False


def test_an_aim_may_be_about_latency() -> None:
    aim = Aim(over="busy", under="idle", most=5, figure="p99_ms")
    found = report.ratio(aim, {"busy": [sample(1, p99=12)], "idle": [sample(1, p99=3)]})
    assert found is not None
    assert found.spread.median == 4


def test_an_aim_may_be_about_one_figure_alone() -> None:
    quick = [Sample(start_ms=900), Sample(start_ms=1100), Sample(start_ms=2000)]
    found = report.ratio(Aim(over="a", most=1500, figure="start_ms"), {"a": quick})
    assert found is not None
    assert found.spread == report.Spread(median=1100, least=900, most=2000)
    assert found.reached is True


def test_a_ratio_with_somebody_absent_is_not_told() -> None:
    aim = Aim(over="a", under="absent", least=2)
    assert report.ratio(aim, {"a": [sample(20)]}) is None
    assert report.ratios(played((aim,), a=[sample(20)])) == []


def test_a_ratio_over_nothing_is_not_told() -> None:
    assert report.ratio(Aim(over="a", under="b"), {"a": [sample(1)], "b": [sample(0)]}) is None


def test_contenders_take_turns() -> None:
    turns: list[str] = []

    def contender(name: str) -> Contender:
        def take(_seconds: float) -> Sample:
            turns.append(name)
            return sample(1)

        return Contender(name=name, title=name, take=take)

    contest = Contest(name="c", title="C", contenders=[contender("a"), contender("b")])
    play(contest, rounds=3, seconds=1)
    assert turns == ["a", "b", "a", "b", "a", "b"]


def test_only_takes_a_contest_by_its_name_or_by_its_contenders() -> None:
    whole = played(a=[sample(1)], b=[sample(1)]).contest
    assert whole.only(frozenset()) is whole
    assert whole.only(frozenset({"check"})) is whole
    chosen = whole.only(frozenset({"b"}))
    assert chosen is not None
    assert [each.name for each in chosen.contenders] == ["b"]
    assert whole.only(frozenset({"nothing"})) is None


@pytest.mark.parametrize(
    ("value", "written"),
    [(27412.3, "27,412"), (100.4, "100"), (5.934, "5.93"), (0.6123, "0.612"), (0, "0")],
)
def test_numbers_are_written_with_the_figures_that_matter(value: float, written: str) -> None:
    assert report.number(value) == written


def test_the_json_keeps_every_sample_and_no_token() -> None:
    told = report.as_json([played(a=[sample(10), sample(30, errors=2)])], {"cores": "2"})
    text = json.dumps(told)
    assert "t0ken" not in text
    contender = told["contests"][0]["contenders"][0]  # type: ignore[index]
    assert contender["figures"]["rate"] == {"median": 20, "least": 10, "most": 30}
    assert contender["errors"] == 2
    assert [each["rate"] for each in contender["samples"]] == [10, 30]


def test_the_page_shows_a_row_for_everybody_and_the_verdict() -> None:
    aim = Aim(over="a", under="b", least=3)
    page = report.as_markdown([played((aim,), a=[sample(20)], b=[sample(10)])], {"cores": "2"})
    assert "- cores: 2" in page
    assert "### Check" in page
    assert "| A | 20.0 | 0.500 |" in page
    assert "| A / B | 2.00 | ≥ 3 | missed |" in page


def test_the_page_keeps_its_words_and_renews_its_figures() -> None:
    words = "# Performance\n\nHow to repeat it.\n"
    first = report.renewed(words, [played(a=[sample(10)])], {"cores": "2"})
    second = report.renewed(first, [played(a=[sample(77)])], {"cores": "2"})
    assert second.startswith(words)
    assert "| A | 77.0 |" in second
    assert "10.0" not in second
    assert second.count(report.LAST) == 1
