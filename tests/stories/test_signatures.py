"""Letters signed here: the key that `dns records` prints is the one that receivers need."""

from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from tests.support.services import SmtpSink
from tests.support.signatures import verified
from tests.support.terminal import Terminal

ALICE = "alice@example.org"
PEMS = {
    kind: key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
    for kind, key in {
        "rsa": generate_private_key(public_exponent=65537, key_size=2048),
        "ed25519": Ed25519PrivateKey.generate(),
    }.items()
}


def settings(sink: SmtpSink, **more: str) -> dict[str, str]:
    return {
        "SMTP_HOST": sink.host,
        "SMTP_PORT": str(sink.port),
        "EMAIL_FROM": "NOVA RDV <noreply@nova-rdv.dz>",
        "EMAIL_DKIM_SELECTOR": "w1",
        **more,
    }


@pytest.mark.parametrize("kind", ["rsa", "ed25519"])
@pytest.mark.parametrize("by_file", [False, True])
def test_a_letter_bears_a_signature_that_the_printed_record_proves(
    sqlite_url: str, tmp_path: Path, smtp_sink: SmtpSink, kind: str, *, by_file: bool
) -> None:
    name = "EMAIL_DKIM_PRIVATE_KEY"
    (tmp_path / "key.pem").write_text(PEMS[kind])
    key = {f"{name}_FILE": str(tmp_path / "key.pem")} if by_file else {name: PEMS[kind]}
    terminal = Terminal(sqlite_url, tmp_path, more=settings(smtp_sink, **key))
    told = terminal.run("dns", "records", "--json").json["records"]
    zone = {each["name"]: each["value"] for each in told if each["type"] == "TXT"}
    said = terminal.run("email", "test", "--to", ALICE, "--lang", "ar")
    [letter] = smtp_sink.wait_for(1)

    assert said.code == 0, said.err
    assert zone["w1._domainkey.nova-rdv.dz"].startswith(f"v=DKIM1; k={kind}; p=")
    assert verified(letter.content, zone.__getitem__) == ["nova-rdv.dz"]


def test_without_a_key_nothing_is_signed(
    sqlite_url: str, tmp_path: Path, smtp_sink: SmtpSink
) -> None:
    terminal = Terminal(
        sqlite_url, tmp_path, more=settings(smtp_sink) | {"EMAIL_DKIM_SELECTOR": ""}
    )
    assert terminal.run("email", "test", "--to", ALICE).code == 0
    [letter] = smtp_sink.wait_for(1)
    assert b"DKIM-Signature" not in letter.content
