"""A browser, the service it visits, and people in front of it: one browser and one service a process.

All coroutines here share one event loop, because a browser belongs to the loop that started it.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from itertools import count
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from playwright.async_api import Browser, async_playwright

from tests.support.gallery import Props
from tests.support.person import PHONE, Newcomer, Person
from tests.support.site import Site

HERE = Path(__file__).parent
FLAGS = [
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]

GITHUB = {"GITHUB_CLIENT_ID": "watchword", "GITHUB_CLIENT_SECRET": "secret-of-the-client"}
_names = (f"alice{number}@example.org" for number in count(1))


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Let every test of this folder run in the loop of the browser."""
    for item in items:
        if item.path.is_relative_to(HERE) and isinstance(item, pytest.Function):
            item.add_marker(pytest.mark.asyncio(loop_scope="session"), append=False)


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def site() -> AsyncIterator[Site]:
    """Yield the service that the people of this process visit."""
    started = await Site.start(GITHUB)
    yield started
    await started.stop()


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def browser(chromium: str) -> AsyncIterator[Browser]:
    """Yield a browser that keeps pages for its back button, as people's browsers do."""
    async with async_playwright() as playwright:
        launched = await playwright.chromium.launch(
            executable_path=chromium,
            args=FLAGS,
            ignore_default_args=["--disable-back-forward-cache"],
        )
        yield launched
        await launched.close()


@pytest_asyncio.fixture(loop_scope="session")
async def newcomer(browser: Browser, site: Site) -> AsyncIterator[Newcomer]:
    """Return a way to bring people in; whatever their browsers complained about fails the test."""
    async with visiting(browser, site) as arrive:
        yield arrive


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def props(browser: Browser, site: Site) -> Props:
    """Return what the scenes of the gallery share."""
    async with visiting(browser, site) as arrive:
        return await Props.make(site, arrive)


@asynccontextmanager
async def visiting(browser: Browser, site: Site) -> AsyncIterator[Newcomer]:
    """Bring people in, watch what their browsers load, and send them home."""
    people: list[Person] = []

    async def arrive(at: Site = site, email: str | None = None, **options: Any) -> Person:
        context = await browser.new_context(
            **({"locale": "en-GB", "viewport": PHONE, "reduced_motion": "reduce"} | options)
        )
        context.set_default_timeout(30_000)
        page = await context.new_page()
        person = Person(site=at, context=context, page=page, email=email or next(_names))
        person.watch()
        people.append(person)
        return person

    yield arrive
    for person in people:
        await person.context.close()
    assert [trouble for person in people for trouble in person.troubles] == []


@pytest.fixture(params=[True, False], ids=["scripts", "no-scripts"])
def way(request: pytest.FixtureRequest) -> dict[str, bool]:
    """How the browsers of a story are set up: every story is told with JavaScript and without."""
    return {"java_script_enabled": request.param}


@pytest_asyncio.fixture(loop_scope="session")
async def alice(newcomer: Newcomer, way: dict[str, bool]) -> Person:
    """Return a stranger, once with JavaScript and once without."""
    return await newcomer(**way)


@pytest_asyncio.fixture(loop_scope="session")
async def visitor(newcomer: Newcomer) -> Person:
    """Return somebody with a phone of today."""
    return await newcomer()
