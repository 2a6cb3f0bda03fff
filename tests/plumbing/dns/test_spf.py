"""SPF: reading records, and counting the look-ups behind them."""

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.zones import zone
from watchword.plumbing.dns import spf
from watchword.plumbing.dns.zone import Answer, found

TERMS = (
    "include:a.example",
    "a",
    "mx:b.example/24",
    "ip4:192.0.2.0/24",
    "ip6:2001:db8::/32",
    "exists:%{i}.c.example",
    "~a:d.example//64",
    "ptr",
)
WORDS = st.lists(st.sampled_from(TERMS), max_size=12)


def weigh(records: dict[str, tuple[str, ...]], domain: str = "example.org") -> spf.Weight:
    (text,) = records[f"{domain} TXT"]
    return spf.weigh(zone(records), domain, spf.parse(text))


@given(WORDS, st.sampled_from(["-all", "~all", "?all", "+all"]))
def test_what_is_written_is_read_again(words: list[str], rest: str) -> None:
    read = spf.parse(spf.record(words, rest))
    written = list(dict.fromkeys(words))
    assert [term.text for term in read.terms][:-1] == written
    assert read.rest == rest[0]


@given(st.text(max_size=60))
def test_no_text_is_more_than_invalid(text: str) -> None:
    with contextlib.suppress(spf.SpfInvalid):
        assert spf.parse(f"v=spf1 {text}").terms is not None


@given(st.integers(min_value=0, max_value=30))
def test_every_include_in_a_chain_counts(length: int) -> None:
    records = {
        f"n{at}.example TXT": (f"v=spf1 include:n{at + 1}.example -all",) for at in range(length)
    }
    records[f"n{length}.example TXT"] = ("v=spf1 ip4:192.0.2.1 -all",)
    weight = weigh(records, "n0.example")
    assert weight.lookups == length
    assert bool(weight.faults) == (length > 10)


@pytest.mark.parametrize(
    ("word", "told"),
    [
        ("includes:example.net", "no term"),
        ("ip4:192.0.2.300", "address of ip4"),
        ("ip4:2001:db8::1", "address of ip4"),
        ("ip6:192.0.2.1", "address of ip6"),
        ("ip4:192.0.2.1/33", "length that no network has"),
        ("include:", "no term"),
        ("include:localhost", "names no domain"),
        ("include:a..example.net", "names no domain"),
        ("include:exämple.net", "names no domain"),
        ("include:example.net/24", "names no domain"),
        ("all:example.net", "stands alone"),
        ("-redirect=example.net", "no term"),
        ("redirect=", "no term"),
        ("a:", "no term"),
        ("a//129", "length that no network has"),
        ("a/33", "length that no network has"),
        ("mx:example.net/24//0128", "length that no network has"),
        ("ip4:192.0.2.0/024", "length that no network has"),
        ("ip4:192.0.2.0/255.255.255.0", "address of ip4"),
        ("a:example.net/24/24", "names no domain"),
        ("exists:%{zz}.example", "names no domain"),
        ("exists:%{c}.example", "names no domain"),
        ("exists:%{i0}.example", "names no domain"),
        ("exists:%{i}.example.7", "names no domain"),
        ("include:%foo.example", "names no domain"),
        ("redirect=%{d", "names no domain"),
        ("note=100%", "a macro that is none"),
        ("v=spf1", None),
        ("note=", None),
        ("note=%{d}%%", None),
        ("exists:%{ir/}.%{v}._spf.%{d2}", None),
        ("a:%{d}/24//64", None),
    ],
)
def test_a_term_that_is_wrong_is_named(word: str, told: str | None) -> None:
    if told is None:
        spf.parse(f"v=spf1 {word} -all")  # an unknown modifier: RFC 7208 lets it pass
        return
    with pytest.raises(spf.SpfInvalid, match=told) as caught:
        spf.parse(f"v=spf1 {word} -all")
    assert f"`{word}`" in str(caught.value)


@pytest.mark.parametrize("name", ["redirect", "exp", "REDIRECT"])
def test_a_modifier_that_stands_twice_makes_the_record_none(name: str) -> None:
    with pytest.raises(spf.SpfInvalid, match=f"`{name.lower()}=` stands 2 times"):
        spf.parse(f"v=spf1 {name}=a.example redirect=b.example exp=c.example")


def test_what_stands_behind_all_is_not_counted() -> None:
    weight = weigh({"example.org TXT": ("v=spf1 mx:example.net -all include:example.com",)})
    assert weight.lookups == 1


def test_a_redirect_counts_unless_all_makes_it_void() -> None:
    records = {
        "example.org TXT": ("v=spf1 redirect=other.example",),
        "other.example TXT": ("v=spf1 include:third.example -all",),
        "third.example TXT": ("v=spf1 -all",),
    }
    assert weigh(records).lookups == 2
    assert weigh({"example.org TXT": ("v=spf1 redirect=other.example -all",)}).lookups == 0


@pytest.mark.req("D-56")
def test_too_many_look_ups_are_told_with_who_takes_them() -> None:
    records = {
        "example.org TXT": ("v=spf1 include:big.example a -all",),
        "big.example TXT": (" ".join(["v=spf1", *(f"a:h{n}.big.example" for n in range(9))]),),
        "example.org A": ("192.0.2.1",),
        **{f"h{n}.big.example A": ("192.0.2.2",) for n in range(9)},
    }
    weight = weigh(records)
    assert weight.lookups == 11
    assert weight.faults == ["11 look-ups, 10 are allowed: include:big.example 10, a 1"]


def test_a_circle_ends() -> None:
    records = {
        "example.org TXT": ("v=spf1 include:other.example -all",),
        "other.example TXT": ("v=spf1 include:example.org -all",),
    }
    assert "`include:example.org` leads in a circle" in weigh(records).faults


def test_a_tree_that_grows_without_end_is_given_up() -> None:
    def endless(name: str, _: str) -> Answer:
        return found(f"v=spf1 include:a.{name} include:b.{name} -all")

    read = spf.parse("v=spf1 include:example.net -all")
    assert spf.weigh(endless, "example.org", read).lookups == 40


def test_look_ups_that_find_nothing_may_be_two() -> None:
    records = {"example.org TXT": ("v=spf1 a:x.example a:y.example a:z.example -all",)}
    assert "3 look-ups find nothing, 2 may" in weigh(records).faults


@pytest.mark.parametrize(
    ("texts", "told"),
    [
        ((), "leads to no SPF records"),
        (("v=spf1 -all", "v=spf1 ~all"), "leads to 2 SPF records"),
        (("v=spf1 nonsense -all",), "cannot be read"),
    ],
)
def test_an_include_must_lead_to_one_record(texts: tuple[str, ...], told: str) -> None:
    records = {"example.org TXT": ("v=spf1 include:x.example -all",), "x.example A": ("192.0.2.1",)}
    if texts:
        records["x.example TXT"] = texts
    assert told in weigh(records).faults[0]


def test_a_name_that_nobody_can_tell_of_is_no_fault() -> None:
    read = spf.parse("v=spf1 include:x.example -all")
    weight = spf.weigh(zone({}, frozenset({"x.example"})), "example.org", read)
    assert (weight.faults, weight.unanswered) == ([], ["x.example"])
