"""`watchword dns check`, beside a real name server of this machine."""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.operations.sender_domain.differences import DIFFERENCES
from tests.support.clinic_domain import KEY, OPTIONS, SETTINGS, SPF, ZONE, public_key
from tests.support.services.dns import NameServer, name_server
from tests.support.terminal import Said, Terminal

SPF_LINE = f'"{SPF}"'


@pytest.fixture
def server() -> Iterator[NameServer]:
    with name_server(ZONE) as running:
        yield running


@pytest.fixture
def terminal(server: NameServer, tmp_path: Path) -> Terminal:
    settings = {**SETTINGS, "DNS_RESOLVER": server.address}
    return Terminal("postgresql://nobody@127.0.0.1:9/nothing", tmp_path, more=settings)


def found(said: Said) -> dict[str, dict[str, Any]]:
    """Return what was found, by `type name`."""
    return {f"{each['type']} {each['name']}": each for each in said.json["records"]}


def changed(server: NameServer, old: str, new: str) -> None:
    """Change the zone."""
    assert old in ZONE, old
    server.put(ZONE.replace(old, new))


def look(terminal: Terminal, *words: str) -> Said:
    return terminal.run("dns", "check", *OPTIONS, *words, "--json")


@pytest.mark.req("N-32", "D-57")
def test_a_domain_that_is_as_wanted_is_well(terminal: Terminal) -> None:
    said = look(terminal)
    states = {name: each["state"] for name, each in found(said).items()}
    optional = {
        "CNAME sg._domainkey.nova-rdv.dz",
        "CNAME email.mg.nova-rdv.dz",
        "MX mg.nova-rdv.dz",
    }
    assert {name for name, state in states.items() if state == "absent"} == optional
    assert {state for name, state in states.items() if name not in optional} == {"ok"}
    assert (said.code, said.json["ok"]) == (0, True)
    assert "8 of 10 look-ups" not in found(said)["TXT nova-rdv.dz"]["detail"]
    assert "6 of 10 look-ups" in found(said)["TXT nova-rdv.dz"]["detail"]


def test_a_program_reads_a_table(terminal: Terminal) -> None:
    said = terminal.run("dns", "check", *OPTIONS)
    first, *rows = said.out.splitlines()
    assert first.split("\t") == ["state", "type", "name", "detail"]
    assert rows[0].startswith("ok\tTXT\tnova-rdv.dz\t")
    assert said.err == "Everything is well with nova-rdv.dz.\n"


def test_a_domain_is_compared_with_options_alone(server: NameServer, tmp_path: Path) -> None:
    bare = Terminal("postgresql://nobody@127.0.0.1:9/nothing", tmp_path)
    ids = ["--sendgrid-account", "u12345", "--sendgrid-host", "em1234"]
    words = ["--domain", "NOVA-RDV.dz.", "--provider", "sendgrid", *ids]
    said = bare.run("dns", "check", *words, "--resolver", server.address, "--timeout", "30s")
    assert said.code == 0, said.out


@pytest.mark.parametrize(
    ("old", "new", "record", "state", "told", "fix"),
    DIFFERENCES,
)
@pytest.mark.req("N-32", "D-56")
def test_a_difference_is_named_with_what_mends_it(
    terminal: Terminal,
    server: NameServer,
    old: str,
    new: str,
    record: str,
    state: str,
    told: str,
    fix: str,
) -> None:
    changed(server, old, new)
    said = look(terminal)
    each = found(said)[record]
    assert each["state"] == state
    assert told in each["detail"]
    assert fix in each["fix"]
    assert said.code == (0 if state == "warning" else 1)


def test_a_record_that_lets_another_count_is_read_there(
    terminal: Terminal, server: NameServer
) -> None:
    changed(
        server,
        f'"{SPF}"',
        f'"v=spf1 redirect=_spf.nova-rdv.dz"\n_spf.nova-rdv.dz. TXT "{SPF}"',
    )
    each = found(look(terminal))["TXT nova-rdv.dz"]
    assert (each["state"], each["detail"]) == ("ok", "7 of 10 look-ups")


def test_another_key_than_the_given_one_is_told(terminal: Terminal, server: NameServer) -> None:
    key = public_key()
    changed(
        server,
        f'"v=DKIM1; k=rsa; p={KEY[:200]}" "{KEY[200:]}"\ntok1',
        f'"k=rsa; p={key[:200]}" "{key[200:]}"\ntok1',
    )
    each = found(look(terminal))["TXT k1._domainkey.mg.nova-rdv.dz"]
    assert (each["state"], each["detail"]) == (
        "wrong",
        "another key than the one that was given",
    )


@pytest.mark.parametrize(
    ("policy", "phase", "state"),
    [
        ("p=none", 2, "wrong"),
        ("p=quarantine; t=y", 2, "wrong"),
        ("p=quarantine", 2, "ok"),
        ("p=quarantine; pct=25", 2, "warning"),
        ("p=quarantine; pct=0", 2, "wrong"),
        ("p=quarantine; sp=none", 2, "wrong"),
        ("p=quarantine; sp=reject", 2, "ok"),
        ("p=reject", 1, "wrong"),
        ("p=quarantine", 1, "wrong"),
        ("p=reject", 2, "wrong"),
        ("p=reject; t=y", 2, "ok"),
        ("p=quarantine", 3, "wrong"),
        ("p=reject; t=y", 3, "wrong"),
        ("p=reject; sp=none", 3, "wrong"),
        ("p=reject; sp=quarantine", 3, "wrong"),
        ("p=reject; np=none", 3, "wrong"),
        ("p=reject; pct=0", 3, "wrong"),
        ("p=reject; pct=100", 3, "warning"),
        ("p=REJECT; sp=Reject", 3, "ok"),
    ],
)
def test_a_policy_is_that_of_its_phase(
    terminal: Terminal, server: NameServer, policy: str, phase: int, state: str
) -> None:
    changed(server, "v=DMARC1; p=none;", f"v=DMARC1; {policy};")
    said = look(terminal, "--phase", str(phase))
    each = found(said)["TXT _dmarc.nova-rdv.dz"]
    assert each["state"] == state, each
    assert said.code == (1 if state == "wrong" else 0)


def test_a_policy_that_is_stricter_than_the_phase_is_named_with_both(
    terminal: Terminal, server: NameServer
) -> None:
    changed(server, "v=DMARC1; p=none;", "v=DMARC1; p=reject;")
    each = found(look(terminal, "--phase", "1"))["TXT _dmarc.nova-rdv.dz"]
    assert each["detail"] == "p=reject, wanted is p=none: stricter than this phase"
    assert found(look(terminal))["TXT _dmarc.nova-rdv.dz"]["state"] == "ok"


def test_a_parents_policy_is_told_where_there_is_none(server: NameServer, tmp_path: Path) -> None:
    server.put('_dmarc.example.org. TXT "v=DMARC1; p=reject; sp=none"')
    terminal = Terminal("postgresql://nobody@127.0.0.1:9/nothing", tmp_path)
    words = ["--domain", "mail.example.org", "--provider", "ses", "--resolver", server.address]
    each = found(terminal.run("dns", "check", *words, "--json"))["TXT _dmarc.mail.example.org"]
    assert each["state"] == "missing"
    assert "what _dmarc.example.org says counts: v=DMARC1; p=reject; sp=none" in each["detail"]


def test_another_domain_must_take_our_reports(terminal: Terminal, server: NameServer) -> None:
    terminal.more["DMARC_REPORTS_TO"] = "nova@reports.example.net"
    name = "nova-rdv.dz._report._dmarc.reports.example.net"
    assert found(look(terminal))[f"TXT {name}"]["state"] == "missing"
    server.put(ZONE + f'{name}. TXT "v=DMARC1;"\n')
    assert found(look(terminal))[f"TXT {name}"]["state"] == "ok"


@pytest.mark.req("N-36")
def test_a_domain_that_is_not_there_is_a_table_of_what_is_missing(
    terminal: Terminal, server: NameServer
) -> None:
    server.put("example.org. A 192.0.2.1")
    said = terminal.run("dns", "check", "--domain", "nova-rdv.dz", "--provider", "smtp")
    rows = [line.split("\t") for line in said.out.splitlines()[1:]]
    assert said.code == 1
    assert {(row[0], row[3]) for row in rows} == {("missing", "the DNS knows no nova-rdv.dz")}
    for _, kind, name, _ in rows:
        assert f"{kind} {name}: " in said.err


def test_what_only_a_console_knows_is_unknown_and_is_not_well(
    server: NameServer, tmp_path: Path
) -> None:
    terminal = Terminal("postgresql://nobody@127.0.0.1:9/nothing", tmp_path)
    words = ["--domain", "nova-rdv.dz", "--provider", "sendgrid", "--provider", "smtp"]
    said = terminal.run("dns", "check", *words, "--resolver", server.address, "--json")
    records = found(said)
    assert said.code == 1
    assert records["CNAME <host>.nova-rdv.dz"]["state"] == "unknown"
    assert "--sendgrid-host" in records["CNAME <host>.nova-rdv.dz"]["fix"]
    assert records["TXT nova-rdv.dz"]["state"] == "unknown"
    assert "--relay" in records["TXT nova-rdv.dz"]["fix"]
    assert records["CNAME s1._domainkey.nova-rdv.dz"]["state"] == "ok"  # any account's good key


def test_a_name_that_is_broken_is_unanswered_and_69(terminal: Terminal, server: NameServer) -> None:
    server.trouble["_spf.mailgun.org"] = "broken"
    said = look(terminal)
    each = found(said)["TXT nova-rdv.dz"]
    assert (said.code, said.json["ok"], each["state"]) == (69, False, "unanswered")
    assert "_spf.mailgun.org" in each["detail"]


def test_a_name_that_is_silent_is_unanswered_and_the_rest_is_told(
    terminal: Terminal, server: NameServer
) -> None:
    server.trouble["_dmarc.nova-rdv.dz"] = "silent"
    said = look(terminal, "--timeout", "2s")
    assert said.code == 69
    assert found(said)["TXT _dmarc.nova-rdv.dz"]["detail"].endswith("no answer in 2 s")
    assert found(said)["TXT nova-rdv.dz"]["state"] == "ok"


def test_a_resolver_that_is_away_is_69_at_the_first_silence(
    terminal: Terminal, server: NameServer
) -> None:
    server.stop()
    said = look(terminal, "--timeout", "1s")
    assert (said.code, said.out) == (69, "")
    assert server.address.partition(":")[0] in said.err
    assert "DNS_RESOLVER" in said.err


@pytest.mark.parametrize("words", [("--resolver", "dns.example"), ("--timeout", "soon")])
def test_a_resolver_or_a_patience_that_makes_no_sense_is_usage(
    terminal: Terminal, words: tuple[str, str]
) -> None:
    said = look(terminal, *words)
    assert (said.code, said.out) == (2, "")
    assert words[0] in said.err


def test_without_the_extra_it_says_which_and_how(tmp_path: Path) -> None:
    script = "import sys; sys.modules['dns'] = None; from watchword.app.main import main; main()"
    words = ["dns", "check", "--domain", "nova-rdv.dz", "--provider", "ses"]
    ended = subprocess.run(
        [sys.executable, "-c", script, *words],
        cwd=tmp_path,
        env={"PATH": os.environ["PATH"], "APP_ENV": "development"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (ended.returncode, ended.stdout) == (1, "")
    assert "pip install 'watchword[dns]'" in ended.stderr


@pytest.mark.req("D-56")
def test_the_doctor_looks_at_the_domain_too(terminal: Terminal, server: NameServer) -> None:
    said = terminal.run("doctor", "--dns", "--json")
    (check,) = said.json["checks"]
    assert (said.code, check["outcome"]) == (0, "ok"), check
    changed(server, " a:relay.nova-rdv.dz -all", " -all")
    said = terminal.run("doctor", "--dns", "--json")
    (check,) = said.json["checks"]
    assert (said.code, check["outcome"], check["fix"]) == (1, "failed", "watchword dns check")
    assert "lacks a:relay.nova-rdv.dz" in check["detail"]
    server.stop()
    terminal.more["DNS_TIMEOUT"] = "1s"
    (check,) = terminal.run("doctor", "--dns", "--json").json["checks"]
    assert "does not answer" in check["detail"]
