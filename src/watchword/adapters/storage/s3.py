"""Storage in Amazon S3, or in whatever speaks like it (MinIO, Google's XML API with HMAC keys).

S3 compares what it got with the checksum that the request names, and keeps that with the object. A large
file goes in parts, each signed with its own digest; S3 makes the object of them when all are there.
Source: https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutObject.html, API_CreateMultipartUpload,
API_CompleteMultipartUpload
"""

import asyncio
import re
from base64 import b64encode
from collections.abc import Callable, Sequence
from datetime import datetime
from hashlib import sha256
from html import unescape
from itertools import count
from pathlib import Path
from urllib.parse import quote

import httpx2

from watchword.adapters.aws.sigv4 import Signer
from watchword.kernel.clock import Clock

PAGE = 1000
PART = 64 * 1024 * 1024
_GOOD, _GONE, _FORBIDDEN, _MISSING = 200, 204, 403, 404
_SECONDS = 60.0


class S3Storage:
    """Keeps objects in a bucket."""

    def __init__(
        self,
        bucket: str,
        prefix: str,
        signer: Signer,
        clock: Clock,
        *,
        part: int = PART,
        page: int = PAGE,
    ) -> None:
        """Keep them in a bucket, by its address, under names that begin so.

        `part` is how much of a file goes at once, `page` how many names come at once.
        """
        self._bucket, self._prefix = bucket, f"{prefix.strip('/')}/".lstrip("/")
        self._signer, self._clock, self._part, self._page = signer, clock, part, page
        self._client = httpx2.AsyncClient(timeout=_SECONDS, headers={"User-Agent": "Watchword"})

    async def put(self, name: str, content: bytes) -> None:
        """Keep an object. OSError: it could not be kept."""
        checksum = b64encode(sha256(content).digest()).decode()
        headers = {"X-Amz-Checksum-Sha256": checksum}
        _good(await self._ask("PUT", self._url(name), content, headers))

    async def put_file(self, name: str, path: Path) -> None:
        """Keep a file as an object, in parts when it is large. OSError: it could not be kept."""
        if (await asyncio.to_thread(path.stat)).st_size <= self._part:
            await self.put(name, await asyncio.to_thread(path.read_bytes))
            return
        begun = _good(await self._ask("POST", f"{self._url(name)}?uploads="))
        upload = f"{self._url(name)}?uploadId={quote(_told(begun, 'UploadId')[0], safe='')}"
        try:
            tags = await self._put_parts(upload, path)
            _ended(await self._ask("POST", upload, _whole(tags)))
        except BaseException:
            await self._ask("DELETE", upload)
            raise

    async def get(self, name: str) -> bytes | None:
        """Return an object; nothing when it is not there. OSError: nobody can tell."""
        answer = await self._ask("GET", self._url(name))
        return None if answer.status_code == _MISSING else _good(answer).content

    async def get_file(self, name: str, path: Path) -> bool:
        """Write an object into a file; false when it is not there. OSError: nobody can tell."""
        url = self._url(name)
        try:
            async with self._client.stream("GET", url, headers=self._signed("GET", url)) as answer:
                if answer.status_code == _MISSING:
                    return False
                _good(answer)
                with path.open("wb") as file:
                    async for chunk in answer.aiter_bytes():
                        file.write(chunk)
        except httpx2.HTTPError as error:
            raise OSError(f"S3 is out of reach: {error!r}") from error
        return True

    async def names(self) -> Sequence[str]:
        """Return the name of every object. OSError: nobody can tell."""
        asked = f"{self._bucket}?list-type=2&max-keys={self._page}&prefix={quote(self._prefix, safe='')}"
        found: list[str] = []
        url = asked
        while True:
            answer = _good(await self._ask("GET", url))
            found += (name.removeprefix(self._prefix) for name in _told(answer, "Key"))
            more = _told(answer, "NextContinuationToken")
            if not more:
                return sorted(found)
            url = f"{asked}&continuation-token={quote(more[0], safe='')}"

    async def delete(self, name: str) -> None:
        """Delete an object; nothing happens when it is not there. OSError: it may be there still."""
        _good(await self._ask("DELETE", self._url(name)))

    async def tidy(self, before: datetime, ours: Callable[[str], bool]) -> None:
        """Abort uploads in parts that were begun before a moment: they cost as much as objects, unseen.

        Where the key may not list them a life cycle rule of the bucket does it. OSError: some may be there.
        """
        url = f"{self._bucket}?prefix={quote(self._prefix, safe='')}&uploads="
        answer = await self._ask("GET", url)
        if answer.status_code == _FORBIDDEN:
            return
        told = (_told(_good(answer), element) for element in ("Key", "UploadId", "Initiated"))
        for key, upload, begun in zip(*told, strict=True):
            name = key.removeprefix(self._prefix)
            if ours(name) and datetime.fromisoformat(begun) < before:
                there = f"{self._url(name)}?uploadId={quote(upload, safe='')}"
                _good(await self._ask("DELETE", there))

    async def close(self) -> None:
        """Hang up."""
        await self._client.aclose()

    async def _put_parts(self, upload: str, path: Path) -> list[str]:
        """Send a file in parts; return what S3 calls each."""
        tags: list[str] = []
        with path.open("rb") as file:
            for number in count(1):
                part = await asyncio.to_thread(file.read, self._part)
                if not part:
                    break
                sent = _good(await self._ask("PUT", f"{upload}&partNumber={number}", part))
                tags.append(sent.headers["ETag"])
        return tags

    def _url(self, name: str) -> str:
        return f"{self._bucket}/{self._prefix}{name}"

    def _signed(
        self, method: str, url: str, content: bytes = b"", headers: dict[str, str] | None = None
    ) -> dict[str, str]:
        told = {**(headers or {}), "X-Amz-Content-Sha256": sha256(content).hexdigest()}
        return self._signer.sign(method, url, told, content, self._clock.now())

    async def _ask(
        self, method: str, url: str, content: bytes = b"", headers: dict[str, str] | None = None
    ) -> httpx2.Response:
        signed = self._signed(method, url, content, headers)
        try:
            return await self._client.request(method, url, headers=signed, content=content)
        except httpx2.HTTPError as error:
            raise OSError(f"S3 is out of reach: {error!r}") from error


def _good(answer: httpx2.Response) -> httpx2.Response:
    if answer.status_code not in {_GOOD, _GONE}:
        raise OSError(f"S3 answered {answer.status_code}")
    return answer


def _ended(answer: httpx2.Response) -> None:
    """See that there is an object: S3 says 200 before it knows, and what went wrong after that."""
    if "CompleteMultipartUploadResult" not in _good(answer).text:
        raise OSError(f"S3 did not put the parts together: {', '.join(_told(answer, 'Code'))}")


def _told(answer: httpx2.Response, element: str) -> list[str]:
    return [unescape(text) for text in re.findall(f"<{element}>([^<]*)</{element}>", answer.text)]


def _whole(tags: Sequence[str]) -> bytes:
    parts = "".join(
        f"<Part><PartNumber>{number}</PartNumber><ETag>{tag}</ETag></Part>"
        for number, tag in enumerate(tags, 1)
    )
    return f"<CompleteMultipartUpload>{parts}</CompleteMultipartUpload>".encode()
