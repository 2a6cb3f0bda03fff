"""The load test: so many hands, each asks as soon as it was answered."""

import asyncio
import ssl
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final

import httpx2

from watchword.kernel.chance import Chance
from watchword.operations.loadtest import rules
from watchword.operations.loadtest.rules import Ask, Plan, Result, Tally

_PATIENCE_SECONDS: Final = 30.0
_FROM_ITSELF: Final = "X-Forwarded-For"

Tell = Callable[[int, int], None]


async def load(plan: Plan, chance: Chance, tell: Tell, trust: Path | None = None) -> list[Result]:
    """Bear down on the service as planned; return what each step came to, and tell how far it is."""
    tallies = {step: Tally() for step in dict.fromkeys(rules.STEPS[plan.scenario])}
    began = time.perf_counter()
    ends = began + plan.lasts.total_seconds() if plan.lasts else None
    turns = _turns(plan, chance.draw(4).hex(), ends, tell)
    context = ssl.create_default_context(cafile=str(trust) if trust else None)
    limits = httpx2.Limits(
        max_connections=plan.connections, max_keepalive_connections=plan.connections
    )
    async with (
        httpx2.AsyncClient(
            base_url=plan.base,
            verify=context,
            limits=limits,
            timeout=_PATIENCE_SECONDS,
            trust_env=False,
        ) as client,
        asyncio.TaskGroup() as hands,
    ):
        for _ in range(plan.connections):
            hands.create_task(_knock(client, turns, tallies))
    took = time.perf_counter() - began
    return [rules.result(step, tally, took) for step, tally in tallies.items()]


def _turns(plan: Plan, mark: str, ends: float | None, tell: Tell) -> Iterator[Ask]:
    """Yield what is asked until there was enough of it, or the time is over."""
    for number, ask in enumerate(rules.asks(plan, mark)):
        if ends is None:
            tell(number, plan.requests)
        over = time.perf_counter() >= ends if ends is not None else number >= plan.requests
        if over or number >= rules.MOST_REQUESTS:
            return
        yield ask


async def _knock(
    client: httpx2.AsyncClient, turns: Iterator[Ask], tallies: dict[str, Tally]
) -> None:
    for ask in turns:
        headers = {_FROM_ITSELF: ask.address} if ask.address else {}
        sent = time.perf_counter()
        try:
            answer = await client.request(ask.method, ask.path, json=ask.body, headers=headers)
            status = answer.status_code
        except (httpx2.HTTPError, OSError):
            status = rules.NO_ANSWER
        tallies[ask.step].note(status, time.perf_counter() - sent)
