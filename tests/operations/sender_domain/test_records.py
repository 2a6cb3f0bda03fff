"""`watchword dns records`: what the domain wants, for each provider and phase."""

import json
from pathlib import Path

import dns.rrset
import dns.zonefile
import pytest

from tests.support.clinic_domain import KEY, OPTIONS, SETTINGS
from tests.support.terminal import Said, Terminal
from watchword.operations.sender_domain.rules import servers

NOVA = ["--domain", "nova-rdv.dz"]


@pytest.fixture
def terminal(tmp_path: Path) -> Terminal:
    """A terminal that knows nothing of any domain; no database is ever opened."""
    return Terminal("postgresql://nobody@127.0.0.1:9/nothing", tmp_path)


def records(said: Said) -> set[str]:
    """Return the records as `name type value`."""
    assert said.code == 0, said.err
    return {f"{each['name']} {each['type']} {each['value']}" for each in said.json["records"]}


@pytest.mark.req("N-21")
def test_sendgrid_wants_its_cnames_made_of_the_account_ids(terminal: Terminal) -> None:
    ids = ["--sendgrid-account", "u1234", "--sendgrid-host", "em1234"]
    said = terminal.run("dns", "records", *NOVA, "--provider", "sendgrid", *ids, "--json")
    assert records(said) >= {
        "sg._domainkey.nova-rdv.dz CNAME sg._domainkey.sendgrid.net",
        "em1234.nova-rdv.dz CNAME u1234.wl.sendgrid.net",
        "s1._domainkey.nova-rdv.dz CNAME s1.domainkey.u1234.wl.sendgrid.net",
        "s2._domainkey.nova-rdv.dz CNAME s2.domainkey.u1234.wl.sendgrid.net",
    }
    text = terminal.run("dns", "records", *NOVA, "--provider", "sendgrid", *ids).out
    assert "em1234.nova-rdv.dz. 3600 IN CNAME u1234.wl.sendgrid.net." in text.splitlines()
    assert "sg._domainkey.nova-rdv.dz. 3600 IN CNAME sg._domainkey.sendgrid.net." in text


@pytest.mark.parametrize("cluster", ["wl", "wl077", "wl.eu"])
def test_ids_may_be_given_as_the_console_shows_them(terminal: Terminal, cluster: str) -> None:
    account = f"U1234.{cluster}.sendgrid.net"
    ids = ["--sendgrid-account", account, "--sendgrid-host", "em1234.nova-rdv.dz"]
    said = terminal.run("dns", "records", *NOVA, "--provider", "sendgrid", *ids, "--json")
    assert f"em1234.nova-rdv.dz CNAME u1234.{cluster}.sendgrid.net" in records(said)


@pytest.mark.req("N-23")
def test_ses_wants_an_identity_of_the_domain_and_of_the_address(terminal: Terminal) -> None:
    said = terminal.run("dns", "records", *NOVA, "--provider", "ses", "--ses-region", "eu-west-1")
    assert "create-email-identity --email-identity nova-rdv.dz\n" in said.out
    assert "create-email-identity --email-identity noreply@nova-rdv.dz\n" in said.out


@pytest.mark.req("D-57")
def test_ses_has_three_keys_and_a_return_path_of_its_own(terminal: Terminal) -> None:
    tokens = [word for token in ("aa", "bb", "cc") for word in ("--ses-token", token)]
    said = terminal.run(
        "dns", "records", *NOVA, "--provider", "ses", "--ses-region", "eu-west-1", *tokens, "--json"
    )
    assert records(said) >= {
        "aa._domainkey.nova-rdv.dz CNAME aa.dkim.amazonses.com",
        "bb._domainkey.nova-rdv.dz CNAME bb.dkim.amazonses.com",
        "cc._domainkey.nova-rdv.dz CNAME cc.dkim.amazonses.com",
        "bounce.nova-rdv.dz MX 10 feedback-smtp.eu-west-1.amazonses.com",
        "bounce.nova-rdv.dz TXT v=spf1 include:amazonses.com ~all",
    }


def test_some_regions_of_ses_keep_their_keys_apart(terminal: Terminal) -> None:
    options = ["--ses-region", "eu-south-1", "--ses-token", "aa"]
    said = terminal.run("dns", "records", *NOVA, "--provider", "ses", *options, "--json")
    assert "aa._domainkey.nova-rdv.dz CNAME aa.dkim.eu-south-1.amazonses.com" in records(said)


@pytest.mark.req("N-26")
def test_mailgun_sends_under_a_domain_of_its_own(terminal: Terminal) -> None:
    said = terminal.run(
        "dns", "records", *NOVA, "--provider", "mailgun", "--mailgun-key", KEY, "--json"
    )
    assert records(said) >= {
        "mg.nova-rdv.dz TXT v=spf1 include:mailgun.org ~all",
        f"k1._domainkey.mg.nova-rdv.dz TXT k=rsa; p={KEY}",
        "email.mg.nova-rdv.dz CNAME mailgun.org",
    }


@pytest.mark.req("N-31")
def test_spf_names_the_providers_in_use_and_no_other(terminal: Terminal) -> None:
    three = ["--provider", "ses", "--provider", "mailgun", "--provider", "sendgrid"]
    wanted = "v=spf1 include:sendgrid.net include:mailgun.org include:amazonses.com -all"
    assert (
        f'nova-rdv.dz. 3600 IN TXT "{wanted}"' in terminal.run("dns", "records", *NOVA, *three).out
    )
    one = records(terminal.run("dns", "records", *NOVA, "--provider", "mailgun", "--json"))
    assert "nova-rdv.dz TXT v=spf1 include:mailgun.org -all" in one


@pytest.mark.req("N-31")
def test_the_settings_say_who_is_in_use(terminal: Terminal) -> None:
    terminal.more = {
        "EMAIL_FROM": "Clinic <noreply@nova-rdv.dz>",
        "SENDGRID_API_KEY": "SG.key",
        "AWS_REGION": "eu-west-1",
        "AWS_ACCESS_KEY_ID": "AKIDEXAMPLE",
        "AWS_SECRET_ACCESS_KEY": "wJalrXUtnFEMI",
        "MAILGUN_API_KEY": "key-of-mailgun",
        "MAILGUN_DOMAIN": "mail.nova-rdv.dz",
        "MAILGUN_API_URL": "https://api.eu.mailgun.net/v3",
    }
    found = records(terminal.run("dns", "records", "--json"))
    wanted = "v=spf1 include:sendgrid.net include:mailgun.org include:amazonses.com -all"
    assert found >= {
        f"nova-rdv.dz TXT {wanted}",
        "bounce.nova-rdv.dz MX 10 feedback-smtp.eu-west-1.amazonses.com",
        "mail.nova-rdv.dz TXT v=spf1 include:mailgun.org ~all",
        "email.mail.nova-rdv.dz CNAME eu.mailgun.org",
    }


@pytest.mark.req("D-56")
@pytest.mark.parametrize(
    ("host", "term"),
    [
        ("relay.example.net", "a:relay.example.net"),
        ("192.0.2.7", "ip4:192.0.2.7"),
        ("2001:db8::7", "ip6:2001:db8::7"),
        ("smtp.sendgrid.net", "include:sendgrid.net"),
        ("email-smtp.eu-west-1.amazonaws.com", "include:amazonses.com"),
        ("smtp.eu.mailgun.org", "include:mailgun.org"),
        ("smtp.gmail.com", "include:_spf.google.com"),
    ],
)
def test_the_relay_may_send_too(terminal: Terminal, host: str, term: str) -> None:
    terminal.more = {"SMTP_HOST": host, "EMAIL_FROM": "a@nova-rdv.dz"}
    assert f"nova-rdv.dz TXT v=spf1 {term} -all" in records(
        terminal.run("dns", "records", "--provider", "smtp", "--json")
    )


def test_what_else_sends_for_the_domain_keeps_its_place(terminal: Terminal) -> None:
    terminal.more = {"SPF_ALSO": "include:_spf.example.net, ip4:192.0.2.1"}
    said = terminal.run("dns", "records", *NOVA, "--provider", "mailgun", "--json")
    wanted = "v=spf1 include:mailgun.org include:_spf.example.net ip4:192.0.2.1 -all"
    assert f"nova-rdv.dz TXT {wanted}" in records(said)


@pytest.mark.req("D-56")
def test_two_providers_never_share_a_return_path(terminal: Terminal) -> None:
    terminal.more = {"SES_MAIL_FROM_DOMAIN": "mg.nova-rdv.dz"}
    said = terminal.run("dns", "records", *NOVA, "--provider", "ses", "--provider", "mailgun")
    assert (said.code, said.out) == (2, "")
    assert "would both send under mg.nova-rdv.dz" in said.err


@pytest.mark.parametrize(
    ("phase", "policy", "older"),
    [
        pytest.param(1, "p=none", "p=none", marks=pytest.mark.req("N-33")),
        pytest.param(2, "p=quarantine", "p=quarantine; pct=25", marks=pytest.mark.req("N-34")),
        pytest.param(3, "p=reject", "p=reject; pct=100", marks=pytest.mark.req("N-35")),
    ],
)
def test_a_phase_has_its_policy_and_the_older_form_beside_it(
    terminal: Terminal, phase: int, policy: str, older: str
) -> None:
    for option in ("--dmarc-phase", "--phase"):
        out = terminal.run("dns", "records", *NOVA, "--provider", "ses", option, str(phase)).out
        told = "rua=mailto:dmarc@nova-rdv.dz; ruf=mailto:dmarc@nova-rdv.dz; fo=1"
        assert f"v=DMARC1; {older}; {told}" in out
        line = f'_dmarc.nova-rdv.dz. 3600 IN TXT "v=DMARC1; {policy}; rua=mailto:dmarc@nova-rdv.dz"'
        assert line in out.splitlines()
        assert ("`pct` was removed by RFC 9989" in out) == (phase > 1)


@pytest.mark.req("D-58")
def test_a_milder_try_is_offered(terminal: Terminal) -> None:
    out = terminal.run(
        "dns", "records", *NOVA, "--provider", "ses", "--phase", "3", "--testing"
    ).out
    assert '"v=DMARC1; p=reject; t=y; rua=mailto:dmarc@nova-rdv.dz"' in out


@pytest.mark.req("N-35", "D-58")
@pytest.mark.parametrize(
    ("now", "policy"),
    [("2026-01-14", "p=none"), ("2026-01-15", "p=quarantine"), ("2026-01-29", "p=reject")],
)
def test_the_day_it_began_picks_the_phase_with_a_word_of_warning(
    terminal: Terminal, now: str, policy: str
) -> None:
    since = ["--since", "2026-01-01", "--now", now]
    said = terminal.run("dns", "records", *NOVA, "--provider", "ses", *since, "--zone")
    assert f"v=DMARC1; {policy};" in said.out
    assert "reports must show" in said.err


def test_the_zone_form_is_a_zone(terminal: Terminal) -> None:
    terminal.more = SETTINGS
    said = terminal.run("dns", "records", *OPTIONS, "--zone")
    assert said.code == 0, said.err
    sets = dns.zonefile.read_rrsets(said.out, rdclass=None)
    names = {each.name.to_text(omit_final_dot=True) for each in sets}
    assert "k1._domainkey.mg.nova-rdv.dz" in names
    assert len(sets) == 12
    assert all(";" not in line.split('"')[0] for line in said.out.splitlines())


def test_a_zone_is_not_whole_while_a_console_knows_more(terminal: Terminal) -> None:
    said = terminal.run("dns", "records", *NOVA, "--provider", "sendgrid", "--zone")
    assert said.code == 1
    assert "<" not in said.out
    assert "--sendgrid-account" in said.err
    shown = terminal.run("dns", "records", *NOVA, "--provider", "sendgrid")
    assert shown.code == 0
    assert "; <host>.nova-rdv.dz. 3600 IN CNAME <account>.wl.sendgrid.net." in shown.out


def test_a_long_key_is_written_in_pieces(terminal: Terminal) -> None:
    out = terminal.run(
        "dns", "records", *NOVA, "--provider", "mailgun", "--mailgun-key", KEY, "--zone"
    ).out
    (line,) = [each for each in out.splitlines() if "_domainkey" in each]
    pieces = line.split('"')[1::2]
    assert len(pieces) == 2
    assert max(map(len, pieces)) == 255
    assert "".join(pieces) == f"k=rsa; p={KEY}"


def test_a_domain_may_be_written_as_its_people_write_it(terminal: Terminal) -> None:
    out = terminal.run("dns", "records", "--domain", "Médecin.example.", "--provider", "ses").out
    assert "xn--mdecin-bva.example is médecin.example" in out
    assert "_dmarc.xn--mdecin-bva.example. 3600 IN TXT" in out


def test_reports_to_another_domain_want_its_word(terminal: Terminal) -> None:
    terminal.more = {"DMARC_REPORTS_TO": "nova@reports.example.net"}
    out = terminal.run("dns", "records", *NOVA, "--provider", "ses").out
    line = '; nova-rdv.dz._report._dmarc.reports.example.net. 3600 IN TXT "v=DMARC1;"'
    assert line in out.splitlines()


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("DNS_RESOLVER", "dns.example"),
        ("DNS_RESOLVER", "192.0.2.1:99999"),
        ("SPF_ALSO", "-all"),
        ("SPF_ALSO", "redirect=_spf.example.net"),
        ("DMARC_REPORTS_TO", "nobody"),
        ("SENDGRID_DNS_HOST", "em 1234"),
        ("SES_DKIM_TOKENS", "tok1,tok!"),
        ("SES_MAIL_FROM_DOMAIN", "bounce"),
        ("MAILGUN_DKIM_KEY", "%%%"),
        ("SMTP_SPF", "nonsense"),
    ],
)
def test_a_setting_that_makes_no_sense_refuses_the_start(
    terminal: Terminal, name: str, value: str
) -> None:
    terminal.more = {name: value}
    said = terminal.run("dns", "records", *NOVA, "--provider", "ses")
    assert f"refused ({name})" in said.err


def test_resolvers_may_be_several_and_have_ports() -> None:
    assert servers("192.0.2.1, 192.0.2.2:5353, [2001:db8::1]:5353, 2001:db8::2") == (
        ("192.0.2.1", 53),
        ("192.0.2.2", 5353),
        ("2001:db8::1", 5353),
        ("2001:db8::2", 53),
    )


@pytest.mark.parametrize(
    ("words", "told"),
    [
        ([], "Say which domain sends"),
        (["--domain", "nova-rdv.dz"], "Say who carries the mail"),
        (["--domain", "localhost", "--provider", "ses"], "write a domain"),
        (["--domain", "nova rdv", "--provider", "ses"], "write a domain"),
        ([*NOVA, "--provider", "ses", "--ses-token", "a b"], "ses-token"),
        ([*NOVA, "--provider", "mailgun", "--mailgun-key", "ключ"], "mailgun-key"),
        ([*NOVA, "--provider", "smtp", "--relay", "nonsense"], "relay"),
        ([*NOVA, "--provider", "mailgun", "--mailgun-domain", "mg.example.net"], "not below"),
        ([*NOVA, "--provider", "ses", "--since", "monday"], "--since"),
        ([*NOVA, "--provider", "post"], "post"),
        ([*NOVA, "--provider", "ses", "--phase", "4"], "Error"),
    ],
)
def test_what_makes_no_sense_is_told_and_is_usage(
    terminal: Terminal, words: list[str], told: str
) -> None:
    said = terminal.run("dns", "records", *words)
    assert (said.code, said.out) == (2, "")
    assert told in said.err


def test_settings_that_are_refused_leave_the_options(terminal: Terminal) -> None:
    terminal.more = {"PORT": "none"}
    said = terminal.run("dns", "records", *NOVA, "--provider", "ses", "--zone")
    assert "_dmarc.nova-rdv.dz." in said.out
    assert "env validate" in said.err


@pytest.mark.req("D-47")
def test_the_ses_policy_lets_a_role_send_as_our_sender_and_nothing_else(terminal: Terminal) -> None:
    terminal.more = {"EMAIL_FROM": "Clinic <hello@nova-rdv.dz>"}
    said = terminal.run(
        "dns", "ses-policy", "--account", "123456789012", "--ses-region", "eu-west-1"
    )
    send, see = json.loads(said.out)["Statement"]
    stem = "arn:aws:ses:eu-west-1:123456789012:identity"
    assert send["Resource"] == [f"{stem}/nova-rdv.dz", f"{stem}/hello@nova-rdv.dz"]
    assert send["Condition"] == {"StringEquals": {"ses:FromAddress": "hello@nova-rdv.dz"}}
    assert see["Action"] == [
        "ses:GetSendQuota",
        "ses:GetSendStatistics",
    ]  # AWS knows no resource here


@pytest.mark.parametrize(
    ("region", "partition"), [("us-gov-west-1", "aws-us-gov"), ("cn-north-1", "aws-cn")]
)
def test_some_regions_name_their_resources_otherwise(
    terminal: Terminal, region: str, partition: str
) -> None:
    words = ["--account", "123456789012", "--ses-region", region]
    out = terminal.run("dns", "ses-policy", *NOVA, *words).out
    assert f"arn:{partition}:ses:{region}:123456789012:identity/nova-rdv.dz" in out


def test_the_ses_policy_wants_an_account(terminal: Terminal) -> None:
    said = terminal.run("dns", "ses-policy", *NOVA, "--account", "12")
    assert (said.code, said.out) == (2, "")


def test_the_ses_policy_is_for_the_region_of_the_settings_whoever_carries_the_mail(
    terminal: Terminal,
) -> None:
    terminal.more = {"EMAIL_SERVICE": "console", "AWS_REGION": "eu-west-3"}
    said = terminal.run("dns", "ses-policy", *NOVA, "--account", "123456789012", "--json")
    assert "arn:aws:ses:eu-west-3:123456789012:identity/nova-rdv.dz" in said.out
