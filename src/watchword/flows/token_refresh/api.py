"""Token refresh's door."""

from starlette.responses import Response

from watchword.flows.token_refresh.rules import Refresh, Refreshed
from watchword.flows.token_refresh.service import TokenRefresh
from watchword.kernel.secret import Secret
from watchword.plumbing.web.call import Call
from watchword.plumbing.web.doors import post
from watchword.records.refresh_tokens.rules import RefreshTokenInvalid, RefreshTokenReused


async def refresh(call: Call[Refresh]) -> Response:
    """Exchange a refresh token for an access token and the next refresh token."""
    token = Secret(call.body.refresh_token)
    return call.json(await call.part(TokenRefresh).refresh(token, call.visitor))


doors = [
    post(
        "/auth/refresh",
        refresh,
        body=Refresh,
        answer=Refreshed,
        problems=(RefreshTokenInvalid, RefreshTokenReused),
    )
]
