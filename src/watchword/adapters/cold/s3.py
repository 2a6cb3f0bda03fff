"""Cold storage in Amazon S3, or in whatever speaks like it (MinIO, Google's XML API with HMAC keys).

S3 compares what it got with the checksum that the request names, and keeps that with the object.
Source: https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutObject.html
"""

from base64 import b64encode
from hashlib import sha256

import httpx2

from watchword.adapters.mail.sigv4 import Signer
from watchword.kernel.clock import Clock

_GOOD, _MISSING = 200, 404
_SECONDS = 60.0


class S3Storage:
    """Keeps objects in a bucket."""

    def __init__(self, base: str, signer: Signer, clock: Clock) -> None:
        """Keep them below an address: `https://s3.eu-west-3.amazonaws.com/bucket/prefix`."""
        self._base = base
        self._signer = signer
        self._clock = clock
        self._client = httpx2.AsyncClient(timeout=_SECONDS, headers={"User-Agent": "Watchword"})

    async def put(self, name: str, content: bytes) -> None:
        """Keep an object. OSError: it could not be kept."""
        checksum = b64encode(sha256(content).digest()).decode()
        answer = await self._ask("PUT", name, content, {"X-Amz-Checksum-Sha256": checksum})
        if answer.status_code != _GOOD:
            raise _refused(answer)

    async def get(self, name: str) -> bytes | None:
        """Return an object; nothing when it is not there. OSError: nobody can tell."""
        answer = await self._ask("GET", name, b"", {})
        if answer.status_code == _MISSING:
            return None
        if answer.status_code != _GOOD:
            raise _refused(answer)
        return answer.content

    async def close(self) -> None:
        """Hang up."""
        await self._client.aclose()

    async def _ask(
        self, method: str, name: str, content: bytes, headers: dict[str, str]
    ) -> httpx2.Response:
        url = f"{self._base}/{name}"
        told = {**headers, "X-Amz-Content-Sha256": sha256(content).hexdigest()}
        signed = self._signer.sign(method, url, told, content, self._clock.now())
        try:
            return await self._client.request(method, url, headers=signed, content=content)
        except httpx2.HTTPError as error:
            raise OSError(f"S3 is out of reach: {error!r}") from error


def _refused(answer: httpx2.Response) -> OSError:
    return OSError(f"S3 answered {answer.status_code}")
