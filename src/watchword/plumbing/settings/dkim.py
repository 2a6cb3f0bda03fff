"""DKIM of our own: the key that letters are signed with before a relay gets them."""

import re
from base64 import b64encode
from typing import Final

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    PublicFormat,
    load_pem_private_key,
)

from watchword.kernel.parts import section, setting
from watchword.kernel.secret import Secret
from watchword.plumbing.settings.parsers import dns_name

Key = RSAPrivateKey | Ed25519PrivateKey
_FLOOR_BITS: Final = 2048
_LONGEST: Final = 63
_SELECTOR: Final = re.compile(r"[a-z0-9](?:[a-z0-9-]*[a-z0-9])?", re.IGNORECASE)


def _selector(text: str) -> str:
    """Read labels of a name of the DNS (RFC 6376, 3.1): a `;` would begin another tag."""
    labels = text.split(".") if text else []
    if not all(len(label) <= _LONGEST and _SELECTOR.fullmatch(label) for label in labels):
        message = "write a name of the DNS: letters, digits and hyphens, such as w2026"
        raise ValueError(message)
    return text


def _pem(text: str) -> Secret:
    if text:
        read_key(text)
    return Secret(text)


def read_key(pem: str) -> Key:
    """Read a private key. ValueError: it is none that receivers believe."""
    message = "write a private key in PEM: RSA of 2048 bits, or Ed25519"
    try:
        key = load_pem_private_key(pem.strip().encode(), None)
    except (ValueError, TypeError, UnsupportedAlgorithm):
        raise ValueError(message) from None
    if isinstance(key, RSAPrivateKey) and key.key_size < _FLOOR_BITS:
        raise ValueError(message)
    if not isinstance(key, (RSAPrivateKey, Ed25519PrivateKey)):
        raise ValueError(message)  # noqa: TRY004 - a setting's fault is a ValueError
    return key


@section
class DkimSettings:
    """DKIM signatures of our own, on letters that go to SMTP_HOST; providers sign for themselves."""

    selector: str = setting(
        "EMAIL_DKIM_SELECTOR",
        "The selector that our signatures name: below it the DNS has the public key.",
        parse=_selector,
        default="",
    )
    pem: Secret = setting(
        "EMAIL_DKIM_PRIVATE_KEY",
        "The private key (PEM: RSA of 2048 bits, or Ed25519); empty signs nothing.",
        parse=_pem,
        default="",
        secret=True,
    )
    domain: str = setting(
        "EMAIL_DKIM_DOMAIN",
        "The domain that signs; empty is the sender's.",
        parse=dns_name,
        default="",
    )

    @property
    def signs(self) -> bool:
        """Tell whether letters are signed."""
        return bool(self.pem and self.selector)

    @property
    def key(self) -> Key:
        """Return the private key."""
        return read_key(self.pem.reveal())

    @property
    def public(self) -> tuple[str, str]:
        """Return the kind of the public key, and the key as the DNS has it."""
        public = self.key.public_key()
        if isinstance(self.key, Ed25519PrivateKey):
            return "ed25519", b64encode(
                public.public_bytes(Encoding.Raw, PublicFormat.Raw)
            ).decode()
        der = public.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
        return "rsa", b64encode(der).decode()
