"""A letter on the wire: what was meant, all of it, and nothing that somebody slipped in."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.letter import LETTER
from watchword.adapters.mail.letter import Envelope, compose, mailbox
from watchword.kernel.ports import NotAccepted

NOW = datetime(2026, 11, 21, 3, 4, 5, tzinfo=UTC)


def read(envelope: Envelope) -> EmailMessage:
    return cast("EmailMessage", message_from_bytes(envelope.content, policy=policy.default))


@pytest.mark.req("A-09")
def test_a_letter_has_a_text_and_an_html_part_and_says_its_language() -> None:
    letter = read(compose(LETTER, NOW))
    text, html = letter.get_body(("plain",)), letter.get_body(("html",))

    assert letter.get_content_type() == "multipart/alternative"
    assert text is not None
    assert text.get_content().splitlines() == LETTER.text.splitlines()
    assert html is not None
    assert '<html lang="en">' in html.get_content()
    assert letter["Content-Language"] == "en"


def test_a_letter_without_html_is_plain_text_alone() -> None:
    letter = read(compose(replace(LETTER, html=""), NOW))

    assert letter.get_content_type() == "text/plain"
    assert letter.get_content().splitlines() == LETTER.text.splitlines()


def test_a_letter_says_who_when_and_that_a_machine_wrote_it() -> None:
    letter = read(compose(LETTER, NOW))

    assert letter["Message-ID"] == LETTER.id
    assert letter["Date"].datetime == NOW
    assert letter["Auto-Submitted"] == "auto-generated"
    assert str(letter["From"]) == "Watchword <noreply@example.org>"
    assert str(letter["To"]) == "alice@example.org"


def test_a_second_try_has_the_same_id() -> None:
    assert read(compose(LETTER, NOW + timedelta(hours=1)))["Message-ID"] == LETTER.id


def test_all_scripts_arrive_in_plain_ascii_lines() -> None:
    told = replace(
        LETTER,
        subject="أكّد عنوانك — confirmez",
        sender="Clinique Béjaïa <noreply@example.org>",
        text="مرحبا\n" + "é" * 2000,
    )
    envelope = compose(told, NOW)
    letter = read(envelope)
    text = letter.get_body(("plain",))

    assert envelope.content.isascii()
    assert max(map(len, envelope.content.split(b"\r\n"))) <= 998
    assert letter["Subject"] == told.subject
    assert letter["From"].addresses[0].display_name == "Clinique Béjaïa"
    assert text is not None
    assert text.get_content().splitlines() == told.text.splitlines()


def test_a_domain_outside_ascii_leaves_as_its_a_label() -> None:
    envelope = compose(replace(LETTER, to="alice@bücher.example"), NOW)

    assert envelope.recipient == "alice@xn--bcher-kva.example"
    other = compose(replace(LETTER, to="boss@straße.example"), NOW)
    assert (
        other.recipient == "boss@xn--strae-oqa.example"
    )  # and not strasse.example, whose it is not
    assert not envelope.needs_smtputf8


def test_a_local_part_outside_ascii_needs_smtputf8() -> None:
    assert compose(replace(LETTER, to="élise@example.org"), NOW).needs_smtputf8


@pytest.mark.parametrize(
    "to",
    [
        "alice@example.org, eve@evil.example",
        "alice@example.org;eve@evil.example",
        "alice@example.org\r\nBcc: eve@evil.example",
        "alice@example.org\nBcc: eve@evil.example",
        "eve@evil.example <alice@example.org>, <eve@evil.example>",
        "alice",
        "",
        "alice@",
        "@example.org",
        "alice@example.org eve@evil.example",
        "group: alice@example.org, eve@evil.example;",
        "alice@example.org\x00",
        "alice@example.org\u2028Bcc: eve@evil.example",
    ],
)
def test_what_is_not_exactly_one_mailbox_gets_no_letter(to: str) -> None:
    with pytest.raises(NotAccepted) as refusal:
        compose(replace(LETTER, to=to), NOW)

    assert refusal.value.lasting
    assert "eve" not in str(refusal.value)


@pytest.mark.parametrize(
    "subject", ["a\r\nBcc: eve@evil.example", "a\nb", "a\rb", "a\x0bb", "a\x85b"]
)
def test_a_subject_is_one_line(subject: str) -> None:
    with pytest.raises(NotAccepted):
        compose(replace(LETTER, subject=subject), NOW)


@pytest.mark.parametrize(
    "headers",
    [{"Bcc": "eve@evil.example"}, {"To": "eve@evil.example"}, {"X-A\nB": "c"}, {"X-A": "b\nC: d"}],
)
def test_headers_cannot_add_a_recipient_or_a_line(headers: dict[str, str]) -> None:
    with pytest.raises(NotAccepted):
        compose(replace(LETTER, headers=headers), NOW)


@given(subject=st.text(max_size=200), name=st.text(max_size=60), local=st.text(max_size=20))
def test_whatever_people_typed_there_is_one_recipient_and_our_headers_only(
    subject: str, name: str, local: str
) -> None:
    typed = replace(
        LETTER, subject=subject, sender=f"{name} <noreply@example.org>", to=f"{local}@example.org"
    )
    try:
        envelope = compose(typed, NOW)
    except NotAccepted:
        return
    letter = read(envelope)
    expected = ["From", "To", "Subject", "Date", "Message-ID", "Auto-Submitted"]
    expected += ["Content-Language", "MIME-Version", "Content-Type"]

    assert sorted(letter.keys()) == sorted(expected)
    assert len(letter["To"].addresses) == 1
    assert len(letter["From"].addresses) == 1
    assert envelope.recipient.endswith("@example.org")
    assert envelope.recipient.count("@") == 1


def test_a_mailbox_reads_with_and_without_a_name() -> None:
    assert mailbox("NOVA RDV <noreply@nova-rdv.dz>").name == "NOVA RDV"
    assert mailbox('"Doe, Jane" <jane@example.org>').name == "Doe, Jane"
    assert mailbox("jane@example.org").spec == "jane@example.org"


def test_what_is_no_text_at_all_gets_no_letter() -> None:
    with pytest.raises(NotAccepted):
        compose(replace(LETTER, text="half a sign: \ud800"), NOW)
