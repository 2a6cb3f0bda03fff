"""The resolver, on a real name server of this machine."""

from collections.abc import Iterator
from datetime import timedelta

import pytest

from tests.support.services.dns import HOST, NameServer, name_server
from watchword.kernel.problems import Unavailable
from watchword.plumbing.dns.resolver import live
from watchword.plumbing.dns.zone import State, Zone

PATIENCE = timedelta(seconds=30)
LITTLE = timedelta(milliseconds=300)  # for names that are silent
LONG = " ".join(f'"{"x" * 200}"' for _ in range(20))
RECORDS = f"""
Example.ORG. TXT "v=spf1 include:" "sendgrid.net -all"
example.org. MX 10 Mail.Example.ORG.
alias.example.org. CNAME Target.Example.NET.
target.example.net. TXT "behind"
lost.example.org. CNAME nowhere.example.net.
long.example.org. TXT {LONG}
host.example.org. A 192.0.2.1
"""


@pytest.fixture
def server() -> Iterator[NameServer]:
    with name_server(RECORDS) as running:
        yield running


@pytest.fixture
def zone(server: NameServer) -> Zone:
    return live([(HOST, server.port)], PATIENCE)


@pytest.fixture
def hasty(server: NameServer) -> Zone:
    return live([(HOST, server.port)], LITTLE)


def test_split_strings_are_one_text(zone: Zone) -> None:
    assert zone("example.org", "TXT").values == ("v=spf1 include:sendgrid.net -all",)


def test_letter_case_and_a_dot_at_the_end_do_not_count(zone: Zone) -> None:
    assert zone("EXAMPLE.org.", "MX").values == ("10 mail.example.org",)
    assert zone("alias.example.org", "CNAME").values == ("target.example.net",)


def test_a_text_behind_a_cname_is_found(zone: Zone) -> None:
    assert zone("alias.example.org", "TXT").values == ("behind",)


def test_a_cname_that_leads_nowhere_is_there_and_its_text_is_not(zone: Zone) -> None:
    assert zone("lost.example.org", "CNAME").values == ("nowhere.example.net",)
    assert zone("lost.example.org", "TXT").void


def test_nothing_of_a_type_and_no_such_name_are_told_apart(zone: Zone) -> None:
    assert zone("host.example.org", "TXT").state is State.NO_DATA
    assert zone("nobody.example.org", "TXT").state is State.NO_NAME


def test_a_long_answer_comes_by_tcp(server: NameServer, zone: Zone) -> None:
    (text,) = zone("long.example.org", "TXT").values
    assert len(text) == 4000
    transports = [how for how, name, _ in server.asked if name == "long.example.org"]
    assert transports == ["udp", "tcp"]


def test_a_question_is_asked_once(server: NameServer, zone: Zone) -> None:
    for _ in range(3):
        zone("example.org", "TXT")
    assert len(server.asked) == 1


def test_a_broken_name_is_told_and_the_others_go_on(server: NameServer, zone: Zone) -> None:
    server.trouble["bad.example.org"] = "broken"
    answer = zone("bad.example.org", "TXT")
    assert (answer.state, answer.detail) == (State.BROKEN, "SERVFAIL")
    assert zone("example.org", "MX").values


def test_silence_about_one_name_is_about_that_name(server: NameServer) -> None:
    zone = live([(HOST, server.port)], timedelta(seconds=3))
    server.trouble["quiet.example.org"] = "silent"
    assert zone("example.org", "MX").values
    answer = zone("quiet.example.org", "TXT")
    assert (answer.state, answer.detail) == (State.BROKEN, "no answer in 3 s")


def test_silence_from_the_beginning_is_nobody_to_ask(server: NameServer, hasty: Zone) -> None:
    server.trouble["example.org"] = "silent"
    with pytest.raises(Unavailable, match="does not answer"):
        hasty("example.org", "TXT")


def test_a_port_without_a_resolver_is_nobody_to_ask(server: NameServer, hasty: Zone) -> None:
    server.stop()
    with pytest.raises(Unavailable, match="does not answer"):
        hasty("example.org", "TXT")


def test_a_name_that_cannot_be_is_no_answer_and_no_accident(zone: Zone) -> None:
    assert zone("example.org", "TXT").values
    assert zone(f"{'x' * 70}.example.org", "TXT").state is State.BROKEN
