"""Discovery's doors."""

from starlette.responses import Response

from watchword.plumbing.web.call import Call
from watchword.plumbing.web.doors import get
from watchword.plumbing.web.shapes import to_json
from watchword.records.signing_keys.service import SigningKeys


async def jwks(call: Call[None]) -> Response:
    """Publish the keys that our tokens verify by."""
    keys = call.part(SigningKeys)
    if keys.ring.stale:
        await keys.load()
    return Response(
        to_json(keys.published()),
        media_type="application/jwk-set+json",
        headers={"Cache-Control": "public, max-age=300"},
    )


doors = [get("/.well-known/jwks.json", jwks, root=True, limits=())]
