"""DKIM keys and DMARC policies, read as receivers read them."""

from base64 import b64encode
from datetime import date

import pytest
from cryptography.hazmat.primitives.asymmetric import ed25519, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from hypothesis import given
from hypothesis import strategies as st

from watchword.plumbing.dns import dkim, dmarc


def rsa_key(bits: int) -> str:
    key = rsa.generate_private_key(65537, bits).public_key()
    return b64encode(key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)).decode()


KEY = rsa_key(2048)
OF_512_BITS = (
    "MFwwDQYJKoZIhvcNAQEBBQADSwAwSAJBAK6BtamY2cvhg/7JaagJY3tykQCOAKheDcdP/bl7EUe0WEB9ORxeYCV39Vic"
    "DRE3+z6P/zIbrEQvP3TASX1/9B8CAwEAAQ=="
)


def test_a_good_key_has_no_faults() -> None:
    read = dkim.parse(f"v=DKIM1; k=rsa; p={KEY}")
    assert (read.data, read.faults, read.remarks) == (KEY, (), ())


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("v=DKIM1; p=", True),
        ("p=QUJD", True),
        ("k=rsa; t=s; p=QUJD", True),
        ("h=sha256;p=QUJD", True),
        ("v=DMARC1; p=none", False),
        ("v=spf1 ip4:192.0.2.1 -all", False),
        ("some-site-verification=1", False),
    ],
)
def test_a_key_is_told_from_other_texts(text: str, key: bool) -> None:
    assert dkim.is_key(text) is key


def test_an_ed25519_key_is_one() -> None:
    raw = ed25519.Ed25519PrivateKey.generate().public_key().public_bytes_raw()
    assert dkim.parse(f"k=ed25519; p={b64encode(raw).decode()}").faults == ()
    assert dkim.parse("k=ed25519; p=QUJD").faults == ("its key is no Ed25519 key",)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("v=DKIM1; p=", "revoked"),
        ("v=DKIM1; k=rsa", "no key"),
        (f"v=DKIM1; p={KEY[:-40]}", "was it cut"),
        ("v=DKIM1; p=!!", "was it cut"),
        (f"v=DKIM2; p={KEY}", "version"),
        (f"k=dsa; p={KEY}", "unknown"),
        (f"p={KEY}; p={KEY}", "said twice"),
        (f"p={OF_512_BITS}", "512 bits"),
        ("v=DKIM1 p", "name=value|version"),
    ],
)
def test_a_key_that_is_worthless_says_why(text: str, told: str) -> None:
    (fault,) = dkim.parse(text).faults
    assert any(word in fault for word in told.split("|"))


def test_a_short_key_is_told() -> None:
    (remark,) = dkim.parse(f"p={rsa_key(1024)}").remarks
    assert "1024 bits" in remark


@pytest.mark.parametrize("phase", [1, 2, 3])
@pytest.mark.parametrize("testing", [False, True])
def test_our_own_policies_are_without_fault(phase: int, testing: bool) -> None:
    read = dmarc.parse(dmarc.record(phase, "dmarc@example.org", testing=testing))
    assert (read.faults, read.remarks) == ((), ())
    assert read.policy == ("none", "quarantine", "reject")[phase - 1]
    assert read.reports == ("dmarc@example.org",)


@pytest.mark.req("D-58")
def test_the_older_form_is_read_with_a_remark_on_pct() -> None:
    read = dmarc.parse(dmarc.older_record(2, "dmarc@example.org"))
    assert read.faults == ()
    assert read.remarks == ("`pct` was removed by RFC 9989: newer receivers pass over it",)
    assert "ruf" not in dmarc.record(2, "dmarc@example.org")


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("p=none; v=DMARC1", "does not begin"),
        ("v=dmarc1; p=none", "does not begin"),
        ("v=DMARC1; p=quarantines", "`p=quarantines`"),
        ("v=DMARC1; p=none; rua=dmarc@example.org", "`rua=dmarc@example.org`"),
        ("v=DMARC1; p=none; t=yes", "`t=yes`"),
        ("v=DMARC1; p=none, rua=mailto:a@example.org", "has no meaning"),
        ("v=DMARC1; p=none; p=reject", "said twice"),
        ("v=DMARC1; none", "no name=value"),
    ],
)
def test_a_policy_that_receivers_pass_over_says_why(text: str, told: str) -> None:
    assert any(told in fault for fault in dmarc.parse(text).faults)


def test_several_mailboxes_and_letter_case_are_read() -> None:
    read = dmarc.parse("v=DMARC1;P=Reject ;rua=mailto:A@Example.org!10m, mailto:b@example.net;")
    assert (read.policy, read.reports) == ("reject", ("a@example.org", "b@example.net"))
    assert read.faults == ()


@given(st.text(max_size=80))
def test_no_text_is_more_than_a_fault(text: str) -> None:
    dmarc.parse(f"v=DMARC1;{text}")
    dkim.parse(text)


@pytest.mark.parametrize(
    ("today", "phase"),
    [("2026-01-01", 1), ("2026-01-14", 1), ("2026-01-15", 2), ("2026-01-29", 3), ("2027-01-01", 3)],
)
def test_the_calendar_has_three_phases(today: str, phase: int) -> None:
    assert dmarc.phase_by_age(date(2026, 1, 1), date.fromisoformat(today)) == phase
