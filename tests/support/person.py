"""Person: somebody in front of a real browser, doing what people do, and all that it loads watched.

opens, types, presses, follows      what a person does with a page
reads_letter, follows_letter        what a person does in the mailbox
troubles                            what no page may do: console errors, foreign requests, lost files
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

from playwright.async_api import (
    BrowserContext,
    ConsoleMessage,
    FrameLocator,
    Locator,
    Page,
    Request,
    Response,
    ViewportSize,
)

from tests.support.site import PATIENCE, Site
from tests.support.world import PASSWORD

PHONE: ViewportSize = {"width": 390, "height": 844}
DESKTOP: ViewportSize = {"width": 1280, "height": 800}
OWN_PICTURES = ("data:", "about:", "blob:")


@dataclass(kw_only=True)  # no slots: Playwright keeps its handlers here
class Person:
    """One browser profile with one page in front of it."""

    site: Site
    context: BrowserContext
    page: Page
    email: str
    requests: list[Request] = field(default_factory=list)
    answers: list[Response] = field(default_factory=list)
    troubles: list[str] = field(default_factory=list)
    friends: tuple[str, ...] = ()  # other sites whose pages they may see

    def watch(self) -> None:
        """Note every request and every complaint of the browser from now on."""
        self.context.on("request", self._on_request)
        self.context.on("response", self._on_response)
        self.context.on("console", self._on_console)
        self.context.on("weberror", lambda error: self.troubles.append(str(error.error)))

    def _on_request(self, request: Request) -> None:
        self.requests.append(request)
        if not request.url.startswith((f"{self.site.url}/", *OWN_PICTURES, *self.friends)):
            self.troubles.append(f"a request to somebody else: {request.url}")

    def _on_response(self, response: Response) -> None:
        self.answers.append(response)
        if response.status >= 400 and response.request.resource_type != "document":
            self.troubles.append(f"{response.status}: {response.url}")

    def _on_console(self, message: ConsoleMessage) -> None:
        page_said_no = message.text.startswith("Failed to load resource")  # judged by _on_response
        if message.type in {"error", "warning"} and not page_said_no:
            self.troubles.append(f"{message.type}: {message.text}")

    # --- pages ---------------------------------------------------------------------

    async def opens(self, path: str) -> Response:
        """Open an address of the site; return the answer."""
        url = path if path.startswith("http") else f"{self.site.url}{path}"
        answer = await self.page.goto(url)
        assert answer is not None
        return answer

    def input(self, name: str) -> Locator:
        """Return the field of a name."""
        return self.page.locator(f'[name="{name}"]:not([type="hidden"])')

    async def types(self, **fields: str) -> None:
        """Fill fields in."""
        for name, value in fields.items():
            await self.input(name).fill(value)

    async def presses(self, label: str) -> None:
        """Press a button that leads to another page."""
        await self.leaves_by(self.page.get_by_role("button", name=label).first)

    async def follows(self, label: str) -> None:
        """Follow a link."""
        await self.leaves_by(self.page.get_by_role("link", name=label).first)

    async def leaves_by(self, way: Locator) -> None:
        """Click what leads to another page, and wait until it is there."""
        async with self.page.expect_navigation():
            await way.click()

    async def heading(self) -> str:
        """Return the title on the card."""
        return await self.page.locator("main h1").inner_text()

    async def text(self) -> str:
        """Return what the card says."""
        return await self.page.locator("main").inner_text()

    @property
    def path(self) -> str:
        """Where the person is, without the site's name."""
        return self.page.url.removeprefix(self.site.url)

    async def html(self, name: str) -> str:
        """Return an attribute of the root element."""
        return await self.page.locator("html").get_attribute(name) or ""

    async def script(self, code: str, argument: Any = None) -> Any:
        """Ask the browser about the page."""
        return await self.page.evaluate(code, argument)

    # --- what people come for ------------------------------------------------------

    async def signs_in(self, password: str = PASSWORD, email: str | None = None) -> None:
        """Sign in on the sign-in page, from wherever the person is."""
        if not self.path.startswith("/login"):
            await self.opens("/login")
        await self.types(email=email or self.email, password=password)
        await self.presses("Sign in")

    # --- letters -------------------------------------------------------------------

    async def reads_letter(self, subject: str, to: str | None = None) -> None:
        """Open the newest letter of a subject in the development mailbox."""
        letter = self.page.get_by_role("link", name=subject)
        for _ in range(PATIENCE):
            await self.opens(f"/dev/mail?to={to or self.email}")
            if await letter.count():
                await self.leaves_by(letter.first)
                return
            await self.page.wait_for_timeout(50)
        raise AssertionError(f"no letter: {subject}")

    async def code(self) -> str:
        """Return the code of the letter in front."""
        return await self.page.locator("main .big-code .code").inner_text()

    def letter(self) -> FrameLocator:
        """Return the letter in front, as its HTML looks."""
        return self.page.frame_locator("iframe.letter")

    async def follows_letter(self, label: str) -> None:
        """Follow a link of the letter in front: it opens a new tab, where the person stays."""
        async with self.context.expect_page() as opened:
            await self.letter().get_by_role("link", name=label).click()
        self.page = await opened.value
        await self.page.wait_for_load_state()


Newcomer = Callable[..., Awaitable[Person]]
