"""Signatures of our own: receivers find them good, whatever the letter, and nothing that was changed."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
)

from tests.support.letter import LETTER
from tests.support.signatures import verified
from watchword.adapters.mail.dkim import Signer
from watchword.adapters.mail.letter import compose
from watchword.kernel.secret import Secret
from watchword.plumbing.settings.dkim import DkimSettings, Key

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
DOMAIN = "nova-rdv.dz"
# RFC 8463, appendix A.3, with its two public keys.
FROM_THE_RFC = """\
DKIM-Signature: v=1; a=ed25519-sha256; c=relaxed/relaxed;
 d=football.example.com; i=@football.example.com;
 q=dns/txt; s=brisbane; t=1528637909; h=from : to :
 subject : date : message-id : from : subject : date;
 bh=2jUSOH9NhtVGCQWNr9BrIAPreKQjO6Sn7XIkfJVOzv8=;
 b=/gCrinpcQOoIfuHNQIbq4pgh9kyIK3AQUdt9OdqQehSwhEIug4D11Bus
 Fa3bT3FY5OsU7ZbnKELq+eXdp1Q1Dw==
From: Joe SixPack <joe@football.example.com>
To: Suzie Q <suzie@shopping.example.net>
Subject: Is dinner ready?
Date: Fri, 11 Jul 2003 21:00:37 -0700 (PDT)
Message-ID: <20030712040037.46341.5F8J@football.example.com>

Hi.

We lost the game.  Are you hungry yet?

Joe.
"""
BRISBANE = "v=DKIM1; k=ed25519; p=11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo="


def pem(key: Key) -> str:
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()


KEYS: Mapping[str, Key] = {
    "rsa": generate_private_key(public_exponent=65537, key_size=2048),
    "ed25519": Ed25519PrivateKey.generate(),
}


class Sender:
    """Who signs with a key, and what the DNS says of it."""

    def __init__(self, kind: str) -> None:
        self.settings = DkimSettings(selector="w1", pem=Secret(pem(KEYS[kind])), domain=DOMAIN)
        self.signer = Signer(domain=DOMAIN, selector="w1", key=self.settings.key)

    def look(self, name: str) -> str:
        """Return the record of a name."""
        assert name == f"w1._domainkey.{DOMAIN}"
        kind, public = self.settings.public
        return f"v=DKIM1; k={kind}; p={public}"

    def letter(self, **more: str) -> bytes:
        """Return a signed letter."""
        return self.signer.sign(compose(replace(LETTER, **more), NOW).content, NOW)  # type: ignore[arg-type]


@pytest.fixture(params=["rsa", "ed25519"])
def sender(request: pytest.FixtureRequest) -> Sender:
    return Sender(request.param)


def test_the_receiver_reads_what_the_rfc_publishes() -> None:
    raw = FROM_THE_RFC.replace("\n", "\r\n").encode()
    assert verified(raw, lambda _name: BRISBANE) == ["football.example.com"]
    assert verified(raw.replace(b"hungry", b"thirsty"), lambda _name: BRISBANE) == []


@pytest.mark.parametrize(
    "more",
    [
        {},
        {"subject": "Votre rendez-vous à la clinique des Oliviers, " * 3},
        {"text": "", "html": ""},
        {"text": "two  spaces \t\r\n.a dot\nbare\r\n\r\n\r\n"},
        {"html": "<p>" + "é" * 4000 + "</p>"},
    ],
)
def test_whatever_the_letter_its_signature_holds(sender: Sender, more: dict[str, str]) -> None:
    assert verified(sender.letter(**more), sender.look) == [DOMAIN]


def test_spaces_that_change_on_the_way_do_not_spoil_it(sender: Sender) -> None:
    raw = (
        sender.letter().replace(b"Subject: ", b"Subject:\r\n  ").replace(b"\r\n\r\n", b" \r\n\r\n")
    )
    assert verified(raw.replace(b" \r\n\r\n", b"\r\n\r\n", 1), sender.look) == [DOMAIN]


@pytest.mark.parametrize(
    "more",
    [
        "Subject: Your account is locked",
        "From: eve@example.org",
        "To: bob@example.org",
        "Cc: bob@example.org",
        "Reply-To: eve@example.org",
        "Date: Sat, 21 Nov 2026 13:00:00 +0000",
        "Message-ID: <x@example.org>",
        "MIME-Version: 1.0",
        "Content-Type: text/plain",
        "Content-Transfer-Encoding: base64",
    ],
)
@pytest.mark.parametrize("on_top", [True, False])
def test_nobody_adds_a_header_that_a_reader_would_see(
    sender: Sender, more: str, on_top: bool
) -> None:
    raw, added = sender.letter(), more.encode() + b"\r\n"
    head, _, body = raw.partition(b"\r\n\r\n")
    changed = added + raw if on_top else head + b"\r\n" + added + b"\r\n" + body
    assert verified(changed, sender.look) == []


def test_what_relays_add_does_not_spoil_it(sender: Sender) -> None:
    raw = b"Received: from x\r\nX-Spam: no\r\nReturn-Path: <x@example.org>\r\n" + sender.letter()
    assert verified(raw, sender.look) == [DOMAIN]


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (b"Subject: ", b"Subject: Re: "),
        (b"From: ", b"From: Eve "),
        (b"DKIM-Signature:", b"From: eve@example.org\r\nDKIM-Signature:"),
        (b"\r\n\r\n", b"\r\n\r\nAnd send us your password.\r\n"),
        (b"Date: ", b"Date:  x"),
    ],
)
def test_what_was_changed_is_not_ours(sender: Sender, before: bytes, after: bytes) -> None:
    raw = sender.letter()
    assert before in raw
    assert verified(raw.replace(before, after, 1), sender.look) == []


def test_a_letter_that_is_sent_again_has_the_same_signature(sender: Sender) -> None:
    assert sender.letter() == sender.letter()
