"""Whom an SPF record lets send: the first term that speaks of a sender decides, wherever it stands."""

import pytest

from tests.support.zones import zone
from watchword.plumbing.dns import spf
from watchword.plumbing.dns.senders import Senders
from watchword.plumbing.dns.zone import Answer, found

HOME = "example.org"
BEHIND = {
    "open.example TXT": ("v=spf1 +all",),
    "wide.example TXT": ("v=spf1 ip4:0.0.0.0/0 -all",),
    "deep.example TXT": ("v=spf1 include:open.example -all",),
    "led.example TXT": ("v=spf1 redirect=open.example",),
    "mild.example TXT": ("v=spf1 ?all",),
    "good.example TXT": ("v=spf1 ip4:192.0.2.0/24 include:sendgrid.net -all",),
    "denies.example TXT": ("v=spf1 -ip4:192.0.2.1 ip4:192.0.2.0/24 -all",),
    "round.example TXT": ("v=spf1 include:example.org -all",),
    "bare.example TXT": ("v=spf1 a -all",),
    "broken.example TXT": ("v=spf1 nonsense",),
    "relay.example A": ("192.0.2.1",),
    "relay.example AAAA": ("2001:db8::1",),
    "relay.example MX": ("10 relay.example",),
    "example.org MX": ("10 relay.example",),
    "listed.example A": ("127.0.0.2",),
    "1.2.0.192.in-addr.list.example A": ("127.0.0.2",),
    "two.example TXT": ("v=spf1 +all", "v=spf1 +all"),
}


def senders(text: str) -> Senders:
    known = zone(BEHIND)

    def look(name: str, kind: str) -> Answer:
        return (
            found("127.0.0.2") if (name[-12:], kind) == (".any.example", "A") else known(name, kind)
        )

    return Senders(look, HOME, spf.parse(f"v=spf1 {text}"))


@pytest.mark.parametrize(
    ("record", "wanted", "verdict"),
    [
        ("ip4:192.0.2.1 -all", "ip4:192.0.2.1", "+"),
        ("ip4:192.0.2.0/24 -all", "ip4:192.0.2.1", "+"),
        ("ip4:192.0.2.1/32 -all", "ip4:192.0.2.1", "+"),
        ("ip4:192.0.2.1 -all", "ip4:192.0.2.0/24", ""),
        ("ip6:2001:DB8:0::/32 -all", "ip6:2001:db8::7", "+"),
        ("ip6:2001:db8::/32 -all", "ip4:192.0.2.1", ""),
        ("-ip4:192.0.2.1 ip4:192.0.2.1 -all", "ip4:192.0.2.1", "-"),
        ("-ip4:192.0.2.1 ip4:192.0.2.0/24 -all", "ip4:192.0.2.0/24", "-"),
        ("ip4:192.0.2.0/24 -ip4:192.0.2.1 -all", "ip4:192.0.2.1", "+"),
        ("?ip4:192.0.2.1 -all", "ip4:192.0.2.1", "?"),
        ("-all ip4:192.0.2.1", "ip4:192.0.2.1", ""),
        ("include:good.example -all", "ip4:192.0.2.1", "+"),
        ("-include:good.example ip4:192.0.2.1 -all", "ip4:192.0.2.1", "-"),
        ("include:denies.example ip4:192.0.2.1 -all", "ip4:192.0.2.1", "+"),
        ("redirect=good.example", "ip4:192.0.2.1", "+"),
        ("redirect=denies.example", "ip4:192.0.2.1", "-"),
        ("include:good.example -all", "include:sendgrid.net", "+"),
        ("include:SendGrid.net. -all", "include:sendgrid.net", "+"),
        ("-include:sendgrid.net include:sendgrid.net -all", "include:sendgrid.net", "-"),
        ("a:relay.example -all", "ip4:192.0.2.1", "+"),
        ("-a:relay.example ip4:192.0.2.1 -all", "ip4:192.0.2.1", "-"),
        ("~mx ip4:192.0.2.1 -all", "ip4:192.0.2.1", "~"),
        ("-mx:relay.example ip6:2001:db8::1 -all", "ip6:2001:db8::1", "-"),
        ("-a:relay.example/24 ip4:192.0.2.9 -all", "ip4:192.0.2.9", "-"),
        ("-ip4:192.0.2.1 mx -all", "mx", "-"),
        ("ip4:192.0.2.1 mx:else.example -all", "mx", ""),
        ("-exists:listed.example ip4:192.0.2.1 -all", "ip4:192.0.2.1", "-"),
        ("-exists:listed.example include:sendgrid.net -all", "include:sendgrid.net", "-"),
        ("-exists:%{ir}.%{v}.list.example ip4:192.0.2.1 -all", "ip4:192.0.2.1", "-"),
        ("-exists:%{ir}.%{v}.list.example ip4:192.0.2.2 -all", "ip4:192.0.2.2", "+"),
        ("a -all", "a:example.org", "+"),
        ("a:example.org/32 -all", "a", "+"),
        ("include:bare.example -all", "a", ""),
        ("redirect=round.example", "a", ""),
        ("include:round.example include:broken.example a -all", "a", "+"),
    ],
)
def test_the_first_term_that_speaks_of_a_sender_decides(
    record: str, wanted: str, verdict: str
) -> None:
    decider = senders(record).decider(spf.term(wanted), HOME)
    assert (decider.qualifier if decider else "") == verdict


@pytest.mark.parametrize(
    ("record", "told"),
    [
        ("+all", "all"),
        ("ip4:0.0.0.0/0 -all", "ip4:0.0.0.0/0"),
        ("ip4:0.0.0.0/1 ip4:128.0.0.0/1 -all", "ip4:0.0.0.0/1"),
        ("ip6:::/0 -all", "ip6:::/0"),
        ("a/0 -all", "a/0"),
        ("mx:example.net//0 -all", "mx:example.net//0"),
        ("include:open.example -all", "include:open.example"),
        ("include:wide.example -all", "include:wide.example"),
        ("include:deep.example -all", "include:deep.example"),
        ("include:led.example -all", "include:led.example"),
        ("redirect=open.example", "redirect=open.example"),
        ("redirect=deep.example", "redirect=deep.example"),
        ("exists:listed.example -all", "exists:listed.example"),
        ("exists:listed.%{d1r} -all", "exists:listed.%{d1r}"),
        ("exists:%{ir}.%{v}.list.example -all", ""),
        ("exists:%{l}.any.example -all", "exists:%{l}.any.example"),
        ("-exists:listed.example -all", ""),
        ("-all include:open.example", ""),
        ("-include:open.example -all", ""),
        ("include:mild.example -all", ""),
        ("include:round.example -all", ""),
        ("include:two.example -all", ""),
        ("ip4:10.0.0.0/8 a/24 mx//64 ip6:2001:db8::/32 -all", ""),
    ],
)
def test_the_term_that_lets_everybody_send_is_named(record: str, told: str) -> None:
    assert senders(record).everybody() == told


@pytest.mark.parametrize(
    ("record", "rest"),
    [
        ("~all", "~"),
        ("a", ""),
        ("redirect=mild.example", "?"),
        ("redirect=good.example", "-"),
        ("redirect=good.example ?all", "?"),
    ],
)
def test_what_becomes_of_the_others_is_told_behind_a_redirect_too(record: str, rest: str) -> None:
    assert senders(record).rest() == rest
