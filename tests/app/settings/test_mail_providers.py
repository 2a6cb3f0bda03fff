"""Which carriers are asked, in which order, and what is said of those that lack a part."""

from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from tests.app.settings.conftest import Faults, Read
from tests.support.environments import development, production
from watchword.app.settings import Settings
from watchword.plumbing.settings import (
    Carrying,
    MailgunSettings,
    TwilioSettings,
)

SENDGRID = {"SENDGRID_API_KEY": "SG.kept-elsewhere"}
SES = {"AWS_ACCESS_KEY_ID": "AKIA", "AWS_SECRET_ACCESS_KEY": "kept-elsewhere"}
MAILGUN = {"MAILGUN_API_KEY": "kept-elsewhere", "MAILGUN_DOMAIN": "mg.nova-rdv.dz"}
SMTP = {"SMTP_HOST": "smtp.example.org", "SMTP_USER": "auth", "SMTP_PASSWORD": "kept-elsewhere"}
SIGNED = {"EMAIL_DKIM_SELECTOR": "w1", "EMAIL_FROM": "noreply@mail.nova-rdv.dz"}
PEM = (
    Ed25519PrivateKey.generate()
    .private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    .decode()
)
SHORT = (
    rsa.generate_private_key(65537, 2047)  # noqa: S505 - one bit too short
    .private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    .decode()
)
NO_SMTP = dict.fromkeys(SMTP, "")


def carrying(settings: Settings) -> Carrying:
    return Carrying.of(settings.section)


@pytest.mark.req("K-15", "G-17")
@pytest.mark.parametrize(
    ("given", "asked"),
    [
        ({}, ("mailbox",)),
        (SMTP, ("smtp",)),
        ({**SMTP, **MAILGUN, **SES, **SENDGRID}, ("sendgrid", "ses", "mailgun", "smtp")),
        ({**SMTP, **SES, "EMAIL_SERVICE": "ses"}, ("ses",)),
        ({**SENDGRID, **SES, "EMAIL_SERVICE": "ses, sendgrid"}, ("ses", "sendgrid")),
        ({"EMAIL_SERVICE": "console"}, ("console",)),
        ({"SMTP_HOST": "localhost"}, ("smtp",)),
    ],
)
def test_carriers_are_asked_in_the_order_told_or_else_the_usual_one(
    read: Read, given: dict[str, str], asked: tuple[str, ...]
) -> None:
    assert carrying(read(development(**given))).names == asked


@pytest.mark.req("N-11")
@pytest.mark.parametrize("provider", [SENDGRID, SES, MAILGUN, SMTP])
def test_one_complete_provider_is_enough(faults: Faults, provider: dict[str, str]) -> None:
    assert faults(production(**{**NO_SMTP, **provider})) == {}


@pytest.mark.req("N-11")
@pytest.mark.parametrize("name", ["MAILGUN_DOMAIN", "MAILGUN_API_KEY", *SES])
@pytest.mark.parametrize("smtp", [NO_SMTP, SMTP], ids=["alone", "beside-smtp"])
def test_a_provider_that_lacks_a_part_is_refused_and_the_part_is_named(
    faults: Faults, name: str, smtp: dict[str, str]
) -> None:
    whole = MAILGUN if name.startswith("MAILGUN") else SES
    told = faults(production(**{**smtp, **whole, name: ""}))
    assert set(told) == {name}
    assert "missing" in told[name]


def test_a_region_alone_asks_for_nothing(faults: Faults) -> None:
    assert faults(production(AWS_REGION="eu-west-1")) == {}


@pytest.mark.parametrize(
    ("change", "name"),
    [
        ({"EMAIL_SERVICE": "sendgrid"}, "SENDGRID_API_KEY"),
        ({"EMAIL_SERVICE": "smtp,mailgun"}, "MAILGUN_API_KEY"),
        ({"EMAIL_SERVICE": "sendgrid-smtp", **NO_SMTP}, "SENDGRID_API_KEY"),
        ({"EMAIL_SERVICE": "gmail", **NO_SMTP}, "SMTP_USER"),
        ({"EMAIL_SERVICE": "smtp", **NO_SMTP}, "SMTP_HOST"),
        ({"EMAIL_SERVICE": "postcard"}, "EMAIL_SERVICE"),
        ({"EMAIL_SERVICE": "smtp,smtp"}, "EMAIL_SERVICE"),
        ({"EMAIL_SERVICE": "smtp,console"}, "EMAIL_SERVICE"),
        ({"AWS_REGION": "evil.example/"}, "AWS_REGION"),
        ({"MAILGUN_DOMAIN": "../domains"}, "MAILGUN_DOMAIN"),
        ({**SENDGRID, "SENDGRID_API_URL": "http://mail.example.org"}, "SENDGRID_API_URL"),
        ({"SENDGRID_TEMPLATE_OTP_VERIFICATION": "otp"}, "SENDGRID_TEMPLATE_OTP_VERIFICATION"),
        ({"TWILIO_SID": "AC1"}, "TWILIO_TOKEN"),
        ({"TWILIO_SID": "AC1/../x"}, "TWILIO_SID"),
        ({"TWILIO_PHONE": "a sender too long"}, "TWILIO_PHONE"),
        ({"SMS_SENDERS": "Algeria=NOVA"}, "SMS_SENDERS"),
        ({"SMS_ALLOWED_COUNTRIES": "DZA"}, "SMS_ALLOWED_COUNTRIES"),
    ],
)
def test_production_refuses(faults: Faults, change: dict[str, Any], name: str) -> None:
    assert name in faults(production(**change))


@pytest.mark.req("A-40")
def test_the_relay_of_sendgrid_is_known_by_name(read: Read) -> None:
    settings = read(production(**NO_SMTP, **SENDGRID, EMAIL_SERVICE="sendgrid-smtp"))
    relay = carrying(settings).relay("sendgrid-smtp")
    assert (relay.host, relay.port, relay.secure) == ("smtp.sendgrid.net", 587, False)
    assert (relay.user, relay.password.reveal()) == ("apikey", "SG.kept-elsewhere")


def test_the_password_of_our_own_relay_is_not_told_to_sendgrid(read: Read) -> None:
    settings = read(production(**SMTP, **SENDGRID, EMAIL_SERVICE="sendgrid-smtp,smtp"))
    relays = carrying(settings)
    assert relays.relay("sendgrid-smtp").password.reveal() == "SG.kept-elsewhere"
    assert relays.relay("smtp").password.reveal() == "kept-elsewhere"


@pytest.mark.parametrize(
    ("services", "more", "wrong"),
    [
        ("gmail,smtp", {}, {"EMAIL_SERVICE"}),
        ("ses-smtp,smtp", {}, {"EMAIL_SERVICE"}),
        ("gmail,ses-smtp", {}, {"EMAIL_SERVICE"}),
        ("sendgrid-smtp,smtp", {}, {"SENDGRID_API_KEY"}),
        ("smtp,sendgrid-smtp", SENDGRID, set()),
        ("sendgrid-smtp,gmail", SENDGRID, set()),
        ("sendgrid-smtp,smtp", {**SENDGRID, "SMTP_USER": ""}, {"SMTP_USER"}),
        ("sendgrid-smtp", {"SMTP_USER": ""}, set()),
        ("gmail", {}, set()),
    ],
)
def test_two_relays_share_no_password(
    faults: Faults, services: str, more: dict[str, str], wrong: set[str]
) -> None:
    found = faults(production(**{**SMTP, **more, "EMAIL_SERVICE": services}))
    assert set(found) == wrong
    assert "kept-elsewhere" not in str(found)


@pytest.mark.req("A-41")
@pytest.mark.parametrize("region", ["us-east-1", "eu-west-1"])
def test_the_relay_of_ses_is_known_by_its_region(read: Read, region: str) -> None:
    settings = read(production(EMAIL_SERVICE="ses-smtp", AWS_REGION=region))
    relay = carrying(settings).relay("ses-smtp")
    assert (relay.host, relay.port) == (f"email-smtp.{region}.amazonaws.com", 587)
    assert relay.user == "auth"


def test_the_relay_of_gmail_is_known_by_name(read: Read) -> None:
    relay = carrying(read(production(EMAIL_SERVICE="gmail"))).relay("gmail")
    assert (relay.host, relay.port, relay.user) == ("smtp.gmail.com", 587, "auth")


def test_europe_is_an_address(read: Read) -> None:
    europe = {"MAILGUN_API_URL": "https://api.eu.mailgun.net/v3/"}
    settings = read(production(**MAILGUN, **europe))
    assert settings.section(MailgunSettings).url == "https://api.eu.mailgun.net/v3"


def test_twilio_has_the_names_it_gives_itself(read: Read) -> None:
    given = {"TWILIO_ACCOUNT_SID": "AC1", "TWILIO_AUTH_TOKEN": "t", "TWILIO_PHONE": "+15005550006"}
    assert read(development(**given)).section(TwilioSettings).complete


@pytest.mark.parametrize("domain", ["", "mail.nova-rdv.dz", "nova-rdv.dz"])
def test_a_key_and_its_selector_sign_for_the_senders_domain(faults: Faults, domain: str) -> None:
    more = {"EMAIL_DKIM_PRIVATE_KEY": PEM, "EMAIL_DKIM_DOMAIN": domain}
    assert faults(production(**SMTP, **SIGNED, **more)) == {}


@pytest.mark.parametrize(
    ("more", "wrong"),
    [
        ({}, "EMAIL_DKIM_PRIVATE_KEY"),
        ({"EMAIL_DKIM_PRIVATE_KEY": "no key"}, "EMAIL_DKIM_PRIVATE_KEY"),
        ({"EMAIL_DKIM_PRIVATE_KEY": PEM, "EMAIL_DKIM_SELECTOR": ""}, "EMAIL_DKIM_SELECTOR"),
        ({"EMAIL_DKIM_PRIVATE_KEY": PEM, "EMAIL_DKIM_DOMAIN": "evil.example"}, "EMAIL_DKIM_DOMAIN"),
        ({"EMAIL_DKIM_PRIVATE_KEY": PEM, "EMAIL_DKIM_DOMAIN": "dz"}, "EMAIL_DKIM_DOMAIN"),
        (
            {"EMAIL_DKIM_PRIVATE_KEY": PEM, "EMAIL_DKIM_DOMAIN": "nova-rdv.dz; l=0"},
            "EMAIL_DKIM_DOMAIN",
        ),
        ({"EMAIL_DKIM_PRIVATE_KEY": PEM, "EMAIL_DKIM_SELECTOR": "w1; l=0"}, "EMAIL_DKIM_SELECTOR"),
        ({"EMAIL_DKIM_PRIVATE_KEY": PEM, "EMAIL_DKIM_SELECTOR": "w 1"}, "EMAIL_DKIM_SELECTOR"),
        ({"EMAIL_DKIM_PRIVATE_KEY": PEM, "EMAIL_DKIM_SELECTOR": "-w1"}, "EMAIL_DKIM_SELECTOR"),
        ({"EMAIL_DKIM_PRIVATE_KEY": PEM, "EMAIL_DKIM_SELECTOR": "w1."}, "EMAIL_DKIM_SELECTOR"),
        ({"EMAIL_DKIM_PRIVATE_KEY": PEM, "EMAIL_DKIM_SELECTOR": "w" * 64}, "EMAIL_DKIM_SELECTOR"),
        ({"EMAIL_DKIM_PRIVATE_KEY": SHORT}, "EMAIL_DKIM_PRIVATE_KEY"),
    ],
)
def test_half_of_it_or_another_domains_is_refused(
    faults: Faults, more: dict[str, str], wrong: str
) -> None:
    found = faults(production(**{**SMTP, **SIGNED, **more}))
    assert set(found) == {wrong}
    assert "no key" not in str(found)
