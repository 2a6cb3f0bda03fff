"""The service as it would run on this machine, opened for a moment so that it can be described."""

import asyncio
import tempfile
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TypeVar

from watchword.app import asgi
from watchword.app.building import open_house
from watchword.app.settings import read
from watchword.app.wiring import House
from watchword.migrations import migrate
from watchword.plumbing.web.described import Described

Result = TypeVar("Result")
ADDRESS = "http://localhost:8000"
WEBHOOK_KEY = (
    "MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEMvPeXhOVeKMbMFmRNm3IS0V8qFI+16TVAn9A8Tc3"
    "0FRPJyBO07mHDQX3T4G7yoEGhOQpmEpnAcZUdeTCmkhSJA=="
)


def in_house(work: Callable[[House], Awaitable[Result]]) -> Result:
    """Open a house of the profile `generic` on an empty database and do the work in it."""

    async def inside() -> Result:
        with tempfile.TemporaryDirectory() as folder:
            url = f"sqlite:///{folder}/watchword.db"
            await migrate.up(url)
            environ = {
                "APP_ENV": "test",
                "APP_PROFILE": "generic",
                "DATABASE_URL": url,
                "PUBLIC_BASE_URL": ADDRESS,
                "REDIS_URL": "redis://localhost:6379/0",  # so that its gauges are described, too
                "MAILGUN_WEBHOOK_SIGNING_KEY": "only-to-be-described",  # and every door
                "SENDGRID_WEBHOOK_PUBLIC_KEY": WEBHOOK_KEY,
                "SES_SNS_TOPICS": "arn:aws:sns:eu-west-1:123456789012:mail",
                "TWILIO_SID": "AC1",
                "TWILIO_TOKEN": "only-to-be-described",
                "TWILIO_PHONE": "+15005550006",
                "JWT_SECRET": "only-to-be-described-" * 4,
            }
            async with open_house(read(environ, cwd=Path(folder))) as house:
                return await work(house)

    return asyncio.run(inside())


def document() -> dict[str, object]:
    """Return the OpenAPI document."""

    async def work(house: House) -> dict[str, object]:
        asgi.build(house)
        return house.part(Described).document

    return in_house(work)
