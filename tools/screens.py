"""`python -m tools.screens`: pictures of the pages, taken from the running service.

    docs/screens/<page>-<language>-<theme>-<size>.png

The service starts in a temporary folder; a person registers, signs in, and looks at their account. A
phone is 390 x 844, a desktop 1280 x 800. Times and addresses on the pages are those of the run.
"""

import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, Page, sync_playwright

from tests.support.services import chromium
from tests.support.started import Started, started

ROOT = Path(__file__).parents[1]
FOLDER = ROOT / "docs/screens"
SIZES = {"phone": (390, 844), "desktop": (1280, 800)}
EMAIL, PASSWORD = "alice@example.org", "a quiet harbour at dawn"

# page, language, theme, size: few, but each language, theme and size is seen
WANTED = (
    ("login", "en", "light", "phone"),
    ("login", "en", "dark", "phone"),
    ("login", "fr", "light", "desktop"),
    ("login", "ar", "light", "phone"),
    ("register", "en", "light", "phone"),
    ("register", "ar", "dark", "phone"),
    ("code", "en", "light", "phone"),
    ("code", "fr", "dark", "phone"),
    ("account", "en", "light", "desktop"),
    ("account", "ar", "light", "phone"),
    ("sessions", "en", "light", "phone"),
    ("sessions", "fr", "dark", "desktop"),
    ("sessions", "ar", "dark", "phone"),
)
PATHS = {
    "login": "/login",
    "register": "/register",
    "account": "/account",
    "sessions": "/account/sessions",
}


def register(page: Page, url: str) -> None:
    """Register a person and prove the mailbox by the letter's code."""
    api = f"{url}/api/v1/auth"
    person = {"email": EMAIL, "password": PASSWORD, "firstName": "Alice", "lastName": "Benali"}
    page.request.post(f"{api}/register", data=person, fail_on_status_code=True)
    proof = {"email": EMAIL, "code": newest(page, url)["code"]}
    page.request.post(f"{api}/verify-email", data=proof, fail_on_status_code=True)


def newest(page: Page, url: str) -> dict[str, Any]:
    """Return the newest letter of the development mailbox, once it is there."""
    for _ in range(100):
        answer = page.request.get(f"{url}/dev/mail/newest.json?to={EMAIL}")
        if answer.ok:
            letter: dict[str, Any] = answer.json()
            return letter
        page.wait_for_timeout(100)
    raise RuntimeError("no letter came")


def sign_in(page: Page, url: str) -> None:
    """Sign in by password."""
    page.goto(f"{url}/login")
    page.fill("[name=email]", EMAIL)
    page.fill("[name=password]", PASSWORD)
    page.click("main form button[type=submit]:not(.plain)")
    page.wait_for_url(f"{url}/account*")


def ask_for_code(page: Page, url: str) -> None:
    """Go to where a code is typed."""
    page.goto(f"{url}/login/code")
    page.fill("[name=email]", EMAIL)
    page.click("main form button[type=submit]:not(.plain)")
    page.wait_for_selector("[autocomplete=one-time-code]")


def take(browser: Browser, url: str, page_name: str, language: str, theme: str, size: str) -> Path:
    """Take one picture."""
    width, height = SIZES[size]
    context = browser.new_context(
        viewport={"width": width, "height": height},
        locale=language,
        color_scheme="dark" if theme == "dark" else "light",
        reduced_motion="reduce",
    )
    page = context.new_page()
    if page_name == "code":
        ask_for_code(page, url)
    else:
        if page_name in {"account", "sessions"}:
            sign_in(page, url)
        page.goto(f"{url}{PATHS[page_name]}")
    page.evaluate("document.activeElement?.blur()")
    target = FOLDER / f"{page_name}-{language}-{theme}-{size}.png"
    page.screenshot(path=target)
    context.close()
    return target


def take_all(service: Started, wanted: Sequence[tuple[str, str, str, str]]) -> None:
    """Take the pictures."""
    browser_here = chromium.find()
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=browser_here.path, args=browser_here.flags
        )
        page = browser.new_page(locale="en")
        register(page, service.url)
        page.close()
        for each in wanted:
            target = take(browser, service.url, *each)
            print(f"{target.relative_to(ROOT)}  {target.stat().st_size // 1024} KB")
        browser.close()


def main(arguments: Sequence[str]) -> int:
    """Start the service, take the pictures whose names hold one of the arguments, or all."""
    wanted = [
        each for each in WANTED if not arguments or any(a in "-".join(each) for a in arguments)
    ]
    FOLDER.mkdir(parents=True, exist_ok=True)
    calm = {"RATE_LIMIT_AUTH": "1000/60000", "RATE_LIMIT_OTP": "1000/60000"}
    with tempfile.TemporaryDirectory() as folder, started(Path(folder), **calm) as service:
        take_all(service, wanted)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
