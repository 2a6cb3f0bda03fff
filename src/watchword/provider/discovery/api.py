"""Discovery's doors."""

from typing import Any

from starlette.responses import Response

from watchword.plumbing.shapes import Answer, to_json
from watchword.plumbing.web.call import Call
from watchword.plumbing.web.doors import get
from watchword.records.signing_keys.service import SigningKeys

JWK_SET = "application/jwk-set+json"


class KeySet(Answer, frozen=True):
    """A JSON Web Key Set (RFC 7517)."""

    keys: list[dict[str, Any]]


async def jwks(call: Call[None]) -> Response:
    """Publish the keys that our tokens verify by."""
    keys = call.part(SigningKeys)
    if keys.ring.stale:
        await keys.load()
    return Response(
        to_json(keys.published()),
        media_type=JWK_SET,
        headers={"Cache-Control": "public, max-age=300"},
    )


doors = [
    get("/.well-known/jwks.json", jwks, root=True, limits=(), answer=KeySet, media_type=JWK_SET)
]
