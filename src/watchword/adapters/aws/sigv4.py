"""AWS Signature Version 4: who signs a request proves the key without sending it.

    canonical request  ->  string to sign  ->  HMAC under a key derived for the day, region and service
Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html
"""

import hashlib
import hmac
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Final
from urllib.parse import parse_qsl, quote, urlsplit

from watchword.kernel.secret import Secret

_ALGORITHM: Final = "AWS4-HMAC-SHA256"


@dataclass(frozen=True, slots=True, kw_only=True)
class AwsKey:
    """A key of AWS; `session` is the token of a temporary one."""

    id: str
    secret: Secret
    session: Secret = field(default_factory=lambda: Secret(""))


@dataclass(frozen=True, slots=True, kw_only=True)
class Signer:
    """Signs requests to one service in one region."""

    key: AwsKey
    region: str
    service: str

    def sign(
        self, method: str, url: str, headers: Mapping[str, str], body: bytes, now: datetime
    ) -> dict[str, str]:
        """Return the headers, and those that prove who asks."""
        moment = now.astimezone(UTC).strftime("%Y%m%dT%H%M%SZ")
        signed = {**headers, "Host": urlsplit(url).netloc, "X-Amz-Date": moment}
        if self.key.session:
            signed["X-Amz-Security-Token"] = self.key.session.reveal()
        lines = {name.lower(): " ".join(value.split()) for name, value in signed.items()}
        names = ";".join(sorted(lines))
        asked = "\n".join(
            [
                method,
                quote(urlsplit(url).path or "/", safe="/-_.~"),
                _query(urlsplit(url).query),
                *(f"{name}:{lines[name]}" for name in sorted(lines)),
                "",
                names,
                hashlib.sha256(body).hexdigest(),
            ]
        )
        scope = f"{moment[:8]}/{self.region}/{self.service}/aws4_request"
        digest = hashlib.sha256(asked.encode()).hexdigest()
        to_sign = f"{_ALGORITHM}\n{moment}\n{scope}\n{digest}"
        signature = _mac(self._key_of(moment[:8]), to_sign).hex()
        proof = f"Credential={self.key.id}/{scope}, SignedHeaders={names}, Signature={signature}"
        return {**signed, "Authorization": f"{_ALGORITHM} {proof}"}

    def _key_of(self, day: str) -> bytes:
        key = f"AWS4{self.key.secret.reveal()}".encode()
        for word in (day, self.region, self.service, "aws4_request"):
            key = _mac(key, word)
        return key


def _query(query: str) -> str:
    pairs = parse_qsl(query, keep_blank_values=True)
    written = sorted((quote(name, safe="-_.~"), quote(value, safe="-_.~")) for name, value in pairs)
    return "&".join(f"{name}={value}" for name, value in written)


def _mac(key: bytes, text: str) -> bytes:
    return hmac.new(key, text.encode(), hashlib.sha256).digest()
