"""Browser: somebody with cookies who opens pages and sends the forms that are on them."""

import html
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

import httpx2

from tests.support.world import BASE, PASSWORD, World

_CSRF = re.compile(r'name="csrf" value="([^"]+)"')


@dataclass
class Browser:
    """A browser without JavaScript; `page` is the last page it got."""

    client: httpx2.AsyncClient
    page: httpx2.Response

    async def open(self, path: str) -> httpx2.Response:
        """Open a page, wherever that leads."""
        self.page = await self.client.get(path, follow_redirects=True)
        return self.page

    async def send(self, path: str, **fields: str) -> httpx2.Response:
        """Send a form that stands on this page, and follow where the answer leads."""
        self.page = await self.post(path, **fields)
        if self.page.is_redirect:
            return await self.open(self.page.headers["location"])
        return self.page

    async def post(self, path: str, **fields: str) -> httpx2.Response:
        """Send a form that stands on this page, and return the bare answer."""
        assert f'action="{path}"' in self.page.text, f"no form for {path} on {self.page.url}"
        return await self.client.post(path, data={**fields, "csrf": self.csrf})

    async def sign_in(
        self, email: str = "alice@example.org", password: str = PASSWORD
    ) -> httpx2.Response:
        """Sign in by password and arrive at the account."""
        await self.open("/login")
        return await self.send("/login", email=email, password=password, return_to="")

    @property
    def csrf(self) -> str:
        """Return the token of this page's forms."""
        found = _CSRF.search(self.page.text)
        assert found, f"no form on {self.page.url}"
        return found[1]

    @property
    def text(self) -> str:
        """Return the page as people read it, roughly: without tags and entities."""
        body = self.page.text.partition("<main")[2].partition("</main>")[0]
        return " ".join(html.unescape(re.sub(r"<[^>]*>", " ", body)).split())

    @property
    def path(self) -> str:
        """Return where the browser is."""
        return self.page.url.path


@asynccontextmanager
async def browser(
    world: World, address: str = "203.0.113.7", user_agent: str = "Firefox/150.0 (X11; Linux)"
) -> AsyncIterator[Browser]:
    """Yield a fresh browser."""
    headers = {"User-Agent": user_agent, "Accept": "text/html"}
    async with world.client(address, headers) as client:
        yield Browser(client, httpx2.Response(200, request=httpx2.Request("GET", BASE)))
