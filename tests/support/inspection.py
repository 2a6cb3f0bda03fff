"""Inspection: what the rules for pages say about the page in front, in one look each.

Every function returns what is wrong, in words; nothing wrong is an empty list.
"""

from importlib.resources import files
from typing import Literal

from playwright.async_api import Page, ViewportSize

from tests.support.person import DESKTOP, PHONE

Theme = Literal["light", "dark"]
AXE = files("axe_playwright_python").joinpath("axe.min.js").read_text("utf-8")
STANDARDS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
VIEWS: dict[str, list[tuple[Theme, ViewportSize]]] = {
    "en": [("light", PHONE), ("dark", DESKTOP)],
    "fr": [("light", DESKTOP)],
    "ar": [("dark", PHONE)],
}
TARGET = 44  # pixels
NARROW = 320  # pixels: a small phone, or a desktop at 400 %

_RUN_AXE = """async (standards) => {
  const found = await axe.run(document, {runOnly: standards, resultTypes: ["violations"]});
  return found.violations
    .filter((each) => ["serious", "critical"].includes(each.impact))
    .map((each) => `${each.id}: ${each.nodes.map((node) => node.html).join(" | ")}`);
}"""

_SMALL_TARGETS = """(least) =>
  [...document.querySelectorAll("a, button, input, select, summary")]
    .filter((each) => each.checkVisibility() && !each.classList.contains("skip"))
    .map((each) => [(each.matches("input, select") && each.closest(".frame")) || each, each])
    .map(([shape, each]) => [shape.getBoundingClientRect(), each])
    .filter(([shape]) => shape.width < least - 0.5 || shape.height < least - 0.5)
    .map(([shape, each]) =>
      `${Math.round(shape.width)}x${Math.round(shape.height)}: ${each.outerHTML.slice(0, 120)}`)
"""

_LOOSE_WORDS = r"""() => {
  const texts = document.createTreeWalker(document.querySelector("main"), NodeFilter.SHOW_TEXT);
  const loose = [];
  while (texts.nextNode()) {
    const text = texts.currentNode;
    const technical = /[\w.+-]+@[\w-]+\.\w+|https?:\/\/|\b\d{6}\b|\+\d{3}/.test(text.textContent);
    const isolated = /[\u2066-\u2068]/.test(text.textContent);
    if (technical && !isolated && !text.parentElement.closest("bdi, pre, code, [dir=ltr]:not(html)"))
      loose.push(text.textContent.trim());
  }
  return loose;
}"""

_BROKEN_REFERENCES = """() =>
  [...document.querySelectorAll("[aria-describedby], [aria-labelledby], label[for], [aria-controls]")]
    .flatMap((each) => ["aria-describedby", "aria-labelledby", "for", "aria-controls"]
      .flatMap((name) => (each.getAttribute(name) || "").split(" ").filter(Boolean)))
    .filter((id) => !document.getElementById(id))
"""


async def accessibility(page: Page, language: str) -> list[str]:
    """Return what axe finds serious: each language in one view, English in both themes."""
    await page.evaluate(AXE)
    found = []
    for theme, size in VIEWS[language]:
        await page.emulate_media(color_scheme=theme)
        await page.set_viewport_size(size)
        faults = await page.evaluate(_RUN_AXE, STANDARDS)
        found += [f"{theme}, {size['width']} px: {fault}" for fault in faults]
    return found


async def targets(page: Page) -> list[str]:
    """Return what is too small for a thumb."""
    await page.set_viewport_size(PHONE)
    return [f"small target {each}" for each in await page.evaluate(_SMALL_TARGETS, TARGET)]


async def overflow(page: Page) -> list[str]:
    """Return how far the page can be scrolled sideways on the narrowest screen."""
    await page.set_viewport_size({"width": NARROW, "height": 640})
    over = await page.evaluate("document.documentElement.scrollWidth - innerWidth")
    return [f"{over} px wider than {NARROW} px"] if over > 0 else []


async def direction(page: Page, language: str) -> list[str]:
    """Return where language and direction are not those that were asked for."""
    wanted = [language, "rtl" if language == "ar" else "ltr"]
    told = await page.evaluate("[document.documentElement.lang, document.documentElement.dir]")
    return [] if told == wanted else [f"lang and dir are {told}"]


async def isolation(page: Page, language: str) -> list[str]:
    """Return addresses, codes and links that a line from right to left tears apart."""
    if language != "ar":
        return []
    return [f"not isolated: {each}" for each in await page.evaluate(_LOOSE_WORDS)]


async def references(page: Page) -> list[str]:
    """Return what is pointed at and is not there."""
    return [f"nothing has the id {each}" for each in await page.evaluate(_BROKEN_REFERENCES)]
