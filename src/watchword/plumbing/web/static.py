"""Static files under a name with their content's hash, so browsers may keep them for ever."""

from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from starlette.requests import Request
from starlette.responses import Response

from watchword.kernel.problems import NotFound

_TYPES = {
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
    ".png": "image/png",
    ".ico": "image/x-icon",
}


@dataclass(frozen=True, slots=True)
class Asset:
    """One file: its bytes and media type."""

    content: bytes
    media_type: str


class Assets:
    """The files of a folder, read once."""

    def __init__(self, folder: Path) -> None:
        """Read every file and name it by its content."""
        self._by_url: dict[str, Asset] = {}
        self._urls: dict[str, str] = {}
        for path in sorted(folder.rglob("*")):
            if path.suffix in _TYPES:
                self._add(path.relative_to(folder), path.read_bytes())

    def _add(self, path: Path, content: bytes) -> None:
        digest = sha256(content).hexdigest()[:12]
        name = path.with_name(f"{path.stem}.{digest}{path.suffix}").as_posix()
        self._by_url[name] = Asset(content, _TYPES[path.suffix])
        self._urls[path.as_posix()] = f"/static/{name}"

    def url(self, name: str) -> str:
        """Return the address of a file; KeyError: there is no such file."""
        return self._urls[name]

    async def serve(self, request: Request) -> Response:
        """Answer `GET /static/{file}`: a year, public, immutable."""
        asset = self._by_url.get(request.path_params["file"])
        if asset is None:
            raise NotFound
        return Response(
            asset.content,
            media_type=asset.media_type,
            headers={"Cache-Control": "public, max-age=31536000, immutable"},
        )
