"""A quiet while: only where a test proves that nothing happens; other waits end with what they are for."""

import asyncio


async def quiet(seconds: float) -> None:
    """Let some time pass, in which nothing is to happen."""
    await asyncio.sleep(seconds)
